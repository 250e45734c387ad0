"""One pair, looked at without reading content."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from tui.core.location import Location
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.model.verifying.verification import Verified, VerifiedState
from tui.stores.base import Store
from tui.stores.store_values import ObjectHead
from tui.transfers.copy.parts import Cut, cut_of
from tui.transfers.tasks import together
from tui.verification.evidence import (
    Reading,
    Seen,
    by_heads,
    by_listing,
    by_parts,
    by_record,
    has_changed,
    verified,
    what_to_read,
)
from tui.verification.pairs import Pair


class Ends(Struct, frozen=True):
    """The two stores that are compared."""

    source: Store
    target: Store
    blind: list[Problem] = []
    """Why the source cannot be asked at all, once that was seen."""


class Unproven(Struct, frozen=True):
    """A pair that only reading decides about."""

    pair: Pair
    seen: Seen
    reading: Reading


async def look(ends: Ends, pair: Pair, *, distrust: bool = False) -> Verified | Unproven:
    """What servers and records say of a pair. With `distrust` nothing that they say proves that it is the same.

    What goes wrong with this pair is UNKNOWN and its problem; raises `ProblemError` for what would go wrong with all.
    """
    if pair.recorded is None and (known := by_listing(pair, distrust=distrust)):
        return known
    try:
        return await _looked(ends, pair, distrust=distrust)
    except ProblemError as error:
        return failed(pair, error)


def failed(pair: Pair, error: ProblemError) -> Verified:
    """The result of a pair that something went wrong with; raises what would go wrong with every other, too."""
    problem = error.problem
    if problem.kind.meaning.ends_after is not None and problem.kind is not ProblemKind.NO_SUCH_BUCKET:
        raise error
    return Verified(
        pair.source.uri, pair.target.uri, VerifiedState.UNKNOWN, _short(problem), pair.size, problem=problem
    )


async def _looked(ends: Ends, pair: Pair, *, distrust: bool) -> Verified | Unproven:
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
    return await _compared(ends, pair, Seen(source, target), distrust=distrust)


async def _as_recorded(
    ends: Ends, pair: Pair, known: Verified, target: ObjectHead, *, distrust: bool
) -> Verified | Unproven:
    """The copy is what was recorded: whether its source is, too, is said besides, as far as it can be seen."""
    source = await _source_if_seen(ends, pair)
    changed = bool(source and has_changed(pair, source, target))
    seen = Seen(None if changed else source, target, changed=changed)
    if _stands(known, distrust=distrust):
        return seen.said(known)
    return await _compared(ends, pair, seen, distrust=distrust)


async def _compared(ends: Ends, pair: Pair, seen: Seen, *, distrust: bool) -> Verified | Unproven:
    """What the heads of both say, or what is to be read."""
    source, target = seen.source, seen.target
    if source and target:
        known = by_heads(pair, source, target)
        if known and _stands(known, distrust=distrust):
            return known
    ours, theirs = await together(_cut(ends.source, pair.source, source), _cut(ends.target, pair.target, target))
    return _to_read(pair, replace(seen, source_cut=ours, target_cut=theirs))


def _to_read(pair: Pair, seen: Seen) -> Verified | Unproven:
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


async def _source_if_seen(ends: Ends, pair: Pair) -> ObjectHead | None:
    """The source where the copy is proven without it: what goes wrong with it does not count."""
    if ends.blind:
        return None
    try:
        return await _source(ends.source, pair)
    except ProblemError as error:
        if error.problem.kind.meaning.unusable:
            ends.blind.append(error.problem)
        return None


async def _source(store: Store, pair: Pair) -> ObjectHead | None:
    """The source; that of a recorded copy may be gone, and the identity may have lost its access to it."""
    try:
        return await _head(store, pair.source, pair.version)
    except ProblemError as error:
        if pair.recorded and error.problem.kind in (ProblemKind.DENIED, ProblemKind.NO_SUCH_BUCKET):
            return None
        raise


async def _cut(store: Store, place: Location, head: ObjectHead | None) -> Cut:
    """How an object was cut; not known where the server does not say."""
    if head is None:
        return Cut()
    if head.parts <= 1:
        return cut_of(head)
    return cut_of(head, await store.part_size(place.bucket, place.key, etag=head.etag))


def _short(problem: Problem) -> str:
    return problem.title
