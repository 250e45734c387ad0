"""Two places as pairs: their listings, merged in the order of the keys."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from tui.core.listing import ObjectSummary
from tui.core.location import Location
from tui.core.orders import Selection
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.model.verifying.verification import VerifyPlaces
from tui.stores.base import Store
from tui.stores.partitioned import every_page
from tui.transfers.selection import ObjectFilter
from tui.transfers.sides import refuse_empty
from tui.verification.looking import Ends
from tui.verification.pairs import Listed, Pair


async def pairs_of_places(ends: Ends, order: VerifyPlaces) -> AsyncGenerator[Pair, None]:
    """All pairs, in key order. Raises `ProblemError` as listings do, and for a place that is one object and one that

    is not.
    """
    if not order.source.is_prefix:
        yield await _one(ends, order)
        return
    if not order.target.is_prefix:
        raise ProblemError(_unlike(order.target))
    wanted = ObjectFilter(Selection(order.source_connection, order.source, filters=order.filters))
    async with aclosing(_merged(ends, order)) as merged:
        async for name, ours, theirs in merged:
            row = ours or theirs
            if row is None or (ours is None and order.one_way):
                continue
            if wanted.takes(order.source.key + name, row.size, row.modified):
                yield Pair(
                    Location(order.source.bucket, order.source.key + name),
                    Location(order.target.bucket, order.target.key + name),
                    listed=_listed(ours),
                    copy_listed=_listed(theirs),
                )


async def _one(ends: Ends, order: VerifyPlaces) -> Pair:
    """A pair of two objects; a target that is a prefix has it by the same name."""
    source, target = order.source, order.target
    if target.is_prefix:
        target = Location(target.bucket, target.key + source.name)
    ours = await ends.source.head(source.bucket, source.key)
    try:
        theirs = await ends.target.head(target.bucket, target.key)
    except ProblemError as error:
        if error.problem.kind is not ProblemKind.NO_SUCH_KEY:
            raise
        return Pair(source, target, listed=Listed(ours.size, ours.etag))
    return Pair(source, target, listed=Listed(ours.size, ours.etag), copy_listed=Listed(theirs.size, theirs.etag))


async def _merged(
    ends: Ends, order: VerifyPlaces
) -> AsyncGenerator[tuple[str, ObjectSummary | None, ObjectSummary | None], None]:
    """Each name below the two prefixes, with what is there at each side. Raises `ProblemError` as `refuse_empty`."""
    base, other = len(order.source.key), len(order.target.key)
    async with (
        aclosing(_rows(ends.source, order.source)) as first,
        aclosing(_rows(ends.target, order.target)) as second,
    ):
        ours, theirs = await anext(first, None), await anext(second, None)
        if ours is None:
            await refuse_empty(ends.source, order.source, needed=True)
        if theirs is None:
            await refuse_empty(ends.target, order.target, needed=False)
        while ours or theirs:
            name = min(([ours.key[base:]] if ours else []) + ([theirs.key[other:]] if theirs else []))
            here = ours if ours and ours.key[base:] == name else None
            there = theirs if theirs and theirs.key[other:] == name else None
            yield name, here, there
            if here:
                ours = await anext(first, None)
            if there:
                theirs = await anext(second, None)


async def _rows(store: Store, place: Location) -> AsyncGenerator[ObjectSummary, None]:
    async with aclosing(every_page(store, place.bucket, place.key)) as pages:
        async for page in pages:
            for row in page.objects():
                yield row


def _listed(row: ObjectSummary | None) -> Listed | None:
    return Listed(row.size, row.etag) if row else None


def _unlike(place: Location) -> Problem:
    return Problem(
        kind=ProblemKind.INVALID,
        title=f"{place.uri} is one object, the first place is not",
        cause="a prefix is compared with a prefix",
        remedy=f"write {place.uri}/",
    )
