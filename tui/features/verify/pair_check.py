"""Checks one pair: by HeadObject and records, and by reading if these do not decide."""

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
from tui.features.verify import pair_evidence, pairs
from tui.features.verify.values import Verified, VerifiedState
from tui.stores.base import Store
from tui.stores.store_values import ObjectHead
from tui.transfers.copy.expected_digest import RunningDigest
from tui.transfers.copy.parts import PartLayout, cut_of
from tui.transfers.sides import head_or_none
from tui.transfers.tasks import together


class VerifiedStores(Struct, frozen=True):
    """The two stores that are compared."""

    source: Store
    target: Store
    blind: list[Problem] = []
    """Why no source can be requested, once this has happened."""


class Unproven(Struct, frozen=True):
    """A pair that only reading can decide."""

    pair: pairs.ObjectPair
    seen: pair_evidence.PairHeads
    reading: pair_evidence.ReadingPlan


async def look(ends: VerifiedStores, pair: pairs.ObjectPair, *, distrust: bool = False) -> Verified | Unproven:
    """The verdict on a pair by responses and records. With `distrust` these cannot prove that it is the same.

    A problem of this pair makes it UNKNOWN. Raises `ProblemError` for a problem that would fail every pair.
    """
    if pair.recorded is None and (known := pair_evidence.by_listing(pair, distrust=distrust)):
        return known
    try:
        return await _looked(ends, pair, distrust=distrust)
    except ProblemError as error:
        return failed(pair, error)


def failed(pair: pairs.ObjectPair, error: ProblemError) -> Verified:
    """The result of a pair with a problem; raises a problem that would fail every pair."""
    problem, (source, target) = error.problem, (pair.source.uri, pair.target.uri)
    if problem.kind.meaning.ends_after is not None and problem.kind is not ProblemKind.NO_SUCH_BUCKET:
        raise error
    return Verified(source, target, VerifiedState.UNKNOWN, problem.title, pair.size, problem=problem)


async def _looked(ends: VerifiedStores, pair: pairs.ObjectPair, *, distrust: bool) -> Verified | Unproven:
    if pair.recorded:
        target = await head_or_none(ends.target, pair.target)
        if target is None:
            return pair_evidence.verified(pair, VerifiedState.MISSING, "")
        known = pair_evidence.by_record(pair, pair.recorded, target)
        if known and known.state is not VerifiedState.SAME:
            return known
        if known:  # a change of the source is only a remark, if it can be seen
            source = await _source_if_seen(ends, pair)
            changed = bool(source and pair_evidence.has_changed(pair, source, target))
            seen = pair_evidence.PairHeads(None if changed else source, target, changed=changed)
            done = _stands(known, distrust=distrust)
            return seen.said(known) if done else await _compared(ends, pair, seen, distrust=distrust)
        source = await _source(ends.source, pair)
    else:
        source, target = await together(head_or_none(ends.source, pair.source), head_or_none(ends.target, pair.target))
        if source is None or target is None:  # deleted since it was listed
            return pair_evidence.verified(pair, VerifiedState.EXTRA if source is None else VerifiedState.MISSING, "")
    return await _compared(ends, pair, pair_evidence.PairHeads(source, target), distrust=distrust)


async def _compared(
    ends: VerifiedStores, pair: pairs.ObjectPair, seen: pair_evidence.PairHeads, *, distrust: bool
) -> Verified | Unproven:
    """The verdict of both heads, or what to read."""
    source, target = seen.source, seen.target
    known = pair_evidence.by_heads(pair, source, target) if source and target else None
    if known and _stands(known, distrust=distrust):
        return known
    ours, theirs = await together(_cut(ends.source, pair.source, source), _cut(ends.target, pair.target, target))
    seen = replace(seen, source_cut=ours, target_cut=theirs)
    if pair.recorded and seen.source is None and (known := pair_evidence.by_parts(pair, pair.recorded, seen)):
        return known
    reading = pair_evidence.what_to_read(pair, seen)
    if isinstance(reading, str):
        return pair_evidence.verified(pair, VerifiedState.UNKNOWN, reading, seen.target.size if seen.target else None)
    return Unproven(pair, seen, reading)


def _stands(known: Verified, *, distrust: bool) -> bool:
    """Whether the verdict needs no reading. A difference needs none."""
    return not distrust or known.state is not VerifiedState.SAME or not known.size


async def _source_if_seen(ends: VerifiedStores, pair: pairs.ObjectPair) -> ObjectHead | None:
    """The source of a copy that is proven without it; its problems do not count."""
    if ends.blind:
        return None
    try:
        return await _source(ends.source, pair)
    except ProblemError as error:
        if error.problem.kind.meaning.unusable:
            ends.blind.append(error.problem)
        return None


async def _source(store: Store, pair: pairs.ObjectPair) -> ObjectHead | None:
    """The source. If the copy was recorded, the source may be deleted, or the identity may have lost access to it."""
    try:
        return await head_or_none(store, pair.source, pair.version)
    except ProblemError as error:
        if pair.recorded and error.problem.kind in (ProblemKind.DENIED, ProblemKind.NO_SUCH_BUCKET):
            return None
        raise


async def _cut(store: Store, place: Location, head: ObjectHead | None) -> PartLayout:
    """The parts of an object; empty if the server does not report them."""
    if head is None:
        return PartLayout()
    size = await store.part_size(place.bucket, place.key, etag=head.etag) if head.parts > 1 else 0
    return cut_of(head, size)


STEP = 4 * MIB
"""Bytes of one request."""

AHEAD = 3
"""Requests for one object that are running, or whose answers are not used yet."""

Note = Callable[[int], None]
"""Gets the number of bytes that were read."""


async def read_and_compare(ends: VerifiedStores, unproven: Unproven, note: Note) -> Verified:
    """The verdict on a pair by its content; problems as in `failed`."""
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
    if reading.side is pair_evidence.SideToRead.SOURCE and source:
        bodies = in_order(ends.source, pair.source, source, pair.version)
    elif target:
        bodies = in_order(ends.target, pair.target, target)
    else:
        raise AssertionError("what is read is there")
    digest = RunningDigest(reading.expected)
    async with aclosing(bodies):
        async for body in bodies:
            note(len(body))
            await asyncio.to_thread(digest.take, body)
    same = digest.fits()
    if not same and not reading.expected.final:  # digests of parts of various sizes cannot be compared, either
        if source and target and not source.archived and not target.archived:
            return await _both(ends, unproven, note)
        return pair_evidence.verified(pair, VerifiedState.UNKNOWN, "its parts may differ in size", _size(reading))
    state = VerifiedState.SAME if same else VerifiedState.DIFFERS
    return seen.said(
        pair_evidence.verified(pair, state, f"{reading.expected.by}, {reading.side.value} read", _size(reading))
    )


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
    return pair_evidence.verified(pair, state, "content, both read", source.size)


def _size(reading: pair_evidence.ReadingPlan) -> int:
    return reading.bytes // 2 if reading.side is pair_evidence.SideToRead.BOTH else reading.bytes


async def in_order(store: Store, place: Location, head: ObjectHead, version: str = "") -> AsyncGenerator[bytes, None]:
    """The content of one version of an object in pieces of `STEP` bytes. Raises `ProblemError`, also if it changed."""
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
