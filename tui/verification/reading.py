"""The content of one pair, read from front to back with a little in advance, and compared."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from msgspec.structs import replace

from tui.core.location import Location
from tui.core.naming import MIB
from tui.core.problem import ProblemError
from tui.model.verifying.verification import Verified, VerifiedState
from tui.stores.base import Store
from tui.stores.store_values import ObjectHead
from tui.transfers.copy.expected_digest import Expected, RunningDigest
from tui.verification.evidence import Reading, Side, verified
from tui.verification.looking import Ends, Unproven, failed

STEP = 4 * MIB
"""Bytes of one request."""

AHEAD = 3
"""Requests of one object that are under way, or answered and not yet used."""

Note = Callable[[int], None]
"""Takes how many bytes were read."""


async def read_and_compare(ends: Ends, unproven: Unproven, note: Note) -> Verified:
    """The verdict on a pair by its content. What goes wrong with it is UNKNOWN and its problem; see `failed`."""
    read = 0

    def count(octets: int) -> None:
        nonlocal read
        read += octets
        note(octets)

    try:
        result = await _compared(ends, unproven, count)
    except ProblemError as error:
        result = failed(unproven.pair, error)
    return replace(result, read=read)


async def _compared(ends: Ends, unproven: Unproven, note: Note) -> Verified:
    pair, seen, reading = unproven.pair, unproven.seen, unproven.reading
    source, target = seen.source, seen.target
    if reading.expected is None:
        return await _both(ends, unproven, note)
    if reading.side is Side.SOURCE and source:
        bodies = in_order(ends.source, pair.source, source, pair.version)
    elif target:
        bodies = in_order(ends.target, pair.target, target)
    else:
        raise AssertionError("what is read is there")
    same = await _fits(bodies, reading.expected, note)
    if not same and not reading.expected.final:
        return await _doubted(ends, unproven, note)
    state = VerifiedState.SAME if same else VerifiedState.DIFFERS
    return seen.said(verified(pair, state, f"{reading.expected.by}, {reading.side.value} read", _size(reading)))


async def _doubted(ends: Ends, unproven: Unproven, note: Note) -> Verified:
    """Digests of parts do not fit: that proves nothing if the parts were of several sizes. The bytes decide."""
    seen = unproven.seen
    if seen.source and seen.target and not seen.source.archived and not seen.target.archived:
        return await _both(ends, unproven, note)
    evidence = "its parts may have been of several sizes"
    return verified(unproven.pair, VerifiedState.UNKNOWN, evidence, _size(unproven.reading))


async def _both(ends: Ends, unproven: Unproven, note: Note) -> Verified:
    pair, source, target = unproven.pair, unproven.seen.source, unproven.seen.target
    if source is None or target is None:
        raise AssertionError("both are there")
    same = True
    async with (
        aclosing(in_order(ends.source, pair.source, source, pair.version)) as ours,
        aclosing(in_order(ends.target, pair.target, target)) as theirs,
    ):
        async for body in ours:
            other = await anext(theirs)
            note(len(body) + len(other))
            if body != other:
                same = False
                break
    state = VerifiedState.SAME if same else VerifiedState.DIFFERS
    return verified(pair, state, "content, both read", source.size)


def _size(reading: Reading) -> int:
    return reading.bytes // 2 if reading.side is Side.BOTH else reading.bytes


async def _fits(bodies: AsyncGenerator[bytes, None], expected: Expected, note: Note) -> bool:
    digest = RunningDigest(expected)
    async with aclosing(bodies):
        async for body in bodies:
            note(len(body))
            await asyncio.to_thread(digest.take, body)
    return digest.fits()


async def in_order(store: Store, place: Location, head: ObjectHead, version: str = "") -> AsyncGenerator[bytes, None]:
    """The content of an object as it was seen, in pieces of `STEP` bytes. Raises `ProblemError`, also if it changed."""
    starts = iter(range(0, head.size, STEP))
    under_way: deque[asyncio.Task[bytes]] = deque()

    def begin() -> None:
        if (start := next(starts, None)) is not None:
            length = min(STEP, head.size - start)
            work = store.read(place.bucket, place.key, etag=head.etag, start=start, length=length, version=version)
            under_way.append(asyncio.create_task(work, name=f"verify-{place.uri}"))

    try:
        for _ in range(AHEAD):
            begin()
        while under_way:
            body = await under_way[0]
            under_way.popleft()
            begin()
            yield body
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
