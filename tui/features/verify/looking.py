"""One pair: looked at by heads and records, and read where these do not decide."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from msgspec import Struct
from msgspec.structs import replace

from tui.core.location import Location
from tui.core.naming import MIB
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.verify.pairs import (
    ObjectPair,
    PairHeads,
    ReadingPlan,
    SideToRead,
    by_heads,
    by_listing,
    by_parts,
    by_record,
    has_changed,
    verified,
    what_to_read,
)
from tui.features.verify.values import Verified, VerifiedState
from tui.stores.base import Store
from tui.stores.store_values import ObjectHead
from tui.transfers.copy.expected_digest import Expected, RunningDigest
from tui.transfers.copy.parts import PartLayout, cut_of
from tui.transfers.tasks import together


class VerifiedStores(Struct, frozen=True):
    """The two stores that are compared."""

    source: Store
    target: Store
    blind: list[Problem] = []
    """Why the source cannot be asked at all, once that was seen."""


class Unproven(Struct, frozen=True):
    """A pair that only reading decides about."""

    pair: ObjectPair
    seen: PairHeads
    reading: ReadingPlan


async def look(ends: VerifiedStores, pair: ObjectPair, *, distrust: bool = False) -> Verified | Unproven:
    """What servers and records say of a pair. With `distrust` nothing that they say proves that it is the same.

    What goes wrong with this pair is UNKNOWN and its problem; raises `ProblemError` for what would go wrong with all.
    """
    if pair.recorded is None and (known := by_listing(pair, distrust=distrust)):
        return known
    try:
        return await _looked(ends, pair, distrust=distrust)
    except ProblemError as error:
        return failed(pair, error)


def failed(pair: ObjectPair, error: ProblemError) -> Verified:
    """The result of a pair that something went wrong with; raises what would go wrong with every other, too."""
    problem = error.problem
    if problem.kind.meaning.ends_after is not None and problem.kind is not ProblemKind.NO_SUCH_BUCKET:
        raise error
    return Verified(
        pair.source.uri, pair.target.uri, VerifiedState.UNKNOWN, _short(problem), pair.size, problem=problem
    )


async def _looked(ends: VerifiedStores, pair: ObjectPair, *, distrust: bool) -> Verified | Unproven:
    if pair.recorded:
        target = await _head(ends.target, pair.target)
        if target is None:
            return verified(pair, VerifiedState.MISSING, "")
        known = by_record(pair, pair.recorded, target)
        if known and known.state is VerifiedState.SAME:
            return await _as_recorded(ends, pair, known, target, distrust=distrust)
        if known:
            return known
        source = await _source(ends.source, pair)
    else:
        source, target = await together(_head(ends.source, pair.source), _head(ends.target, pair.target))
        if source is None or target is None:  # it went since it was listed
            return verified(pair, VerifiedState.EXTRA if source is None else VerifiedState.MISSING, "")
    return await _compared(ends, pair, PairHeads(source, target), distrust=distrust)


async def _as_recorded(
    ends: VerifiedStores, pair: ObjectPair, known: Verified, target: ObjectHead, *, distrust: bool
) -> Verified | Unproven:
    """The copy is what was recorded: whether its source is, too, is said besides, as far as it can be seen."""
    source = await _source_if_seen(ends, pair)
    changed = bool(source and has_changed(pair, source, target))
    seen = PairHeads(None if changed else source, target, changed=changed)
    if _stands(known, distrust=distrust):
        return seen.said(known)
    return await _compared(ends, pair, seen, distrust=distrust)


async def _compared(ends: VerifiedStores, pair: ObjectPair, seen: PairHeads, *, distrust: bool) -> Verified | Unproven:
    """What the heads of both say, or what is to be read."""
    source, target = seen.source, seen.target
    if source and target:
        known = by_heads(pair, source, target)
        if known and _stands(known, distrust=distrust):
            return known
    ours, theirs = await together(_cut(ends.source, pair.source, source), _cut(ends.target, pair.target, target))
    return _to_read(pair, replace(seen, source_cut=ours, target_cut=theirs))


def _to_read(pair: ObjectPair, seen: PairHeads) -> Verified | Unproven:
    if pair.recorded and seen.source is None and (known := by_parts(pair, pair.recorded, seen)):
        return known
    reading = what_to_read(pair, seen)
    if isinstance(reading, str):
        return verified(pair, VerifiedState.UNKNOWN, reading, seen.target.size if seen.target else None)
    return Unproven(pair, seen, reading)


def _stands(known: Verified, *, distrust: bool) -> bool:
    """Whether it needs no reading: what differs is not read to see it once more."""
    return not distrust or known.state is not VerifiedState.SAME or not known.size


async def _head(store: Store, place: Location, version: str = "") -> ObjectHead | None:
    try:
        return await store.head(place.bucket, place.key, version)
    except ProblemError as error:
        if error.problem.kind is ProblemKind.NO_SUCH_KEY:
            return None
        raise


async def _source_if_seen(ends: VerifiedStores, pair: ObjectPair) -> ObjectHead | None:
    """The source where the copy is proven without it: what goes wrong with it does not count."""
    if ends.blind:
        return None
    try:
        return await _source(ends.source, pair)
    except ProblemError as error:
        if error.problem.kind.meaning.unusable:
            ends.blind.append(error.problem)
        return None


async def _source(store: Store, pair: ObjectPair) -> ObjectHead | None:
    """The source; that of a recorded copy may be gone, and the identity may have lost its access to it."""
    try:
        return await _head(store, pair.source, pair.version)
    except ProblemError as error:
        if pair.recorded and error.problem.kind in (ProblemKind.DENIED, ProblemKind.NO_SUCH_BUCKET):
            return None
        raise


async def _cut(store: Store, place: Location, head: ObjectHead | None) -> PartLayout:
    """How an object was cut; not known where the server does not say."""
    if head is None:
        return PartLayout()
    if head.parts <= 1:
        return cut_of(head)
    return cut_of(head, await store.part_size(place.bucket, place.key, etag=head.etag))


def _short(problem: Problem) -> str:
    return problem.title


STEP = 4 * MIB
"""Bytes of one request."""

AHEAD = 3
"""Requests of one object that are under way, or answered and not yet used."""

Note = Callable[[int], None]
"""Takes how many bytes were read."""


async def read_and_compare(ends: VerifiedStores, unproven: Unproven, note: Note) -> Verified:
    """The verdict on a pair by its content. What goes wrong with it is UNKNOWN and its problem; see `failed`."""
    read = 0

    def count(octets: int) -> None:
        nonlocal read
        read += octets
        note(octets)

    try:
        result = await _compared_by_reading(ends, unproven, count)
    except ProblemError as error:
        result = failed(unproven.pair, error)
    return replace(result, read=read)


async def _compared_by_reading(ends: VerifiedStores, unproven: Unproven, note: Note) -> Verified:
    pair, seen, reading = unproven.pair, unproven.seen, unproven.reading
    source, target = seen.source, seen.target
    if reading.expected is None:
        return await _both(ends, unproven, note)
    if reading.side is SideToRead.SOURCE and source:
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


async def _doubted(ends: VerifiedStores, unproven: Unproven, note: Note) -> Verified:
    """Digests of parts do not fit: that proves nothing if the parts were of several sizes. The bytes decide."""
    seen = unproven.seen
    if seen.source and seen.target and not seen.source.archived and not seen.target.archived:
        return await _both(ends, unproven, note)
    evidence = "its parts may have been of several sizes"
    return verified(unproven.pair, VerifiedState.UNKNOWN, evidence, _size(unproven.reading))


async def _both(ends: VerifiedStores, unproven: Unproven, note: Note) -> Verified:
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


def _size(reading: ReadingPlan) -> int:
    return reading.bytes // 2 if reading.side is SideToRead.BOTH else reading.bytes


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
