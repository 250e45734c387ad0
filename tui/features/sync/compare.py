"""Compares all objects below two locations, in key order. The memory does not grow with the number of keys."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from tui.core.location import Location
from tui.core.orders import Selection
from tui.core.problem import LeftOutError, Problem, ProblemError, ProblemKind
from tui.features.sync.merged_names import Merged, Merger, PlaceListing, StateCounter
from tui.features.sync.undecided_pairs import Judge, PlaceStore, Settler
from tui.features.sync.values import ComparedRow, ComparedSide, Comparison, ComparisonState
from tui.stores.base import Store
from tui.stores.partitioned import every_page
from tui.stores.store_values import ObjectHead
from tui.transfers.local_disk import is_disk
from tui.transfers.selection import ObjectFilter
from tui.transfers.sides import object_at, refuse_empty
from tui.transfers.tasks import together

AHEAD = 64
"""Pages of each location that are read ahead, about 90 kB each."""


@dataclass(frozen=True, slots=True)
class ComparedStep:
    """A step: its names that are not simply the same, in key order, and the counts so far.

    `unfit` counts what the left location has that is not an object, by its kind: ``a socket``.
    """

    rows: list[ComparedRow]
    counter: StateCounter
    unfit: Mapping[str, int]


class Comparer:
    """A comparison of two stores, which can run again from any name."""

    def __init__(self, comparison: Comparison, left: Store, right: Store, *, syncs: bool = False) -> None:
        """Raises `ProblemError` for a comparison that makes no sense.

        Locations that are not prefixes are two single objects. `syncs`: the left one is the source of a copy and must
        exist.
        """
        self._comparison, self._syncs = comparison, syncs
        mine, theirs = comparison.left.location, comparison.right.location
        if not mine.bucket or not theirs.bucket:
            raise _senseless("a list of buckets cannot be compared", "open a bucket, prefix or directory on each side")
        if mine == theirs and left.endpoint == right.endpoint:
            raise _senseless("LEFT and RIGHT are the same place", "choose two places")
        self._left, self._right = PlaceStore(left, mine), PlaceStore(right, theirs)
        self._filter = ObjectFilter(Selection("", Location(), filters=comparison.filters))
        self._disk = is_disk(left) or is_disk(right)

    async def run(self, after: str = "", *, every: bool = False) -> AsyncGenerator[ComparedStep]:
        """Compare step by step, after a name. `every`: also return rows of equal objects.

        Without `every`, only equal objects that needed requests have rows. Raises `ProblemError` as listings do, after
        the steps that could be compared; a `LeftOutError` comes after everything that could be listed.
        """
        judge, counter = Judge(etags=not self._disk, times=self._disk, by=self._comparison.by), StateCounter()
        if not self._left.location.is_prefix:
            yield await self._objects(judge, counter)
            return
        merger = Merger(judge, every=every or self._filter.asks_more)
        settler = Settler(self._left, self._right, judge)
        mine, theirs = self._listed(self._left, after), self._listed(self._right, after)
        try:
            await self._refuse_empty(mine, theirs, after)
            while True:
                await mine.fill()
                await theirs.fill()
                if mine.stretch is None and theirs.stretch is None:
                    if mine.unfit:
                        yield ComparedStep([], counter, mine.unfit)  # also if the location has nothing else
                    if errors := [listed.left_out for listed in (mine, theirs) if listed.left_out]:
                        raise LeftOutError(errors[0].problem, sum(error.count for error in errors))
                    return
                merged = merger.step(mine.stretch, theirs.stretch)
                meant = [row for row in merged.rows if self._is_meant(row)] if self._filter.asks_more else merged.rows
                step = Merged(await settler.settle(meant) if meant else meant, merged.same, merged.same_bytes)
                counter.add(step)
                yield ComparedStep(step.rows, counter, mine.unfit)
        finally:
            await mine.close()
            await theirs.close()

    async def _objects(self, judge: Judge, counter: StateCounter) -> ComparedStep:
        """Two single objects, under the name of the left one."""
        name = self._left.location.name
        left, right = await together(self._left.head(name), self._right.head(name))
        row = judge.judge(name, _compared(left), _compared(right))
        settler = Settler(self._left, self._right, judge)
        step = Merged(await settler.settle([row]))
        counter.add(step)
        return ComparedStep(step.rows, counter, {})

    async def _refuse_empty(self, mine: PlaceListing, theirs: PlaceListing, after: str) -> None:
        """Raise `ProblemError`, before the first step, if a location is an object, or missing but needed."""
        await mine.fill()
        await theirs.fill()
        if after:
            return
        if mine.is_empty:
            await refuse_empty(self._left.store, self._left.location, needed=self._syncs)
        if theirs.is_empty and (not self._syncs or is_disk(self._right.store)):  # a key may be a prefix, too
            await refuse_empty(self._right.store, self._right.location, needed=False)

    def _listed(self, side: PlaceStore, after: str) -> PlaceListing:
        where = side.location
        pages = every_page(
            side.store, where.bucket, where.key, start_after=side.key(after) if after else "", ahead=AHEAD
        )
        filters = self._comparison.filters
        takes = self._filter.takes_name if filters.include or filters.exclude else None
        return PlaceListing(pages, takes, markers=not self._disk, what=where.uri)

    def _is_meant(self, row: ComparedRow) -> bool:
        side = row.left or row.right
        return side is None or not self._filter.why_not(side.size, side.modified)


def _compared(head: ObjectHead) -> ComparedSide:
    return ComparedSide(head.size, int(head.modified), head.etag)


def copied(row: ComparedRow) -> bool:
    """Whether a sync from left to right copies this name.

    If nothing proves a difference, it copies an object whose left side is newer, or may be: written in the same second.
    This concerns files and objects of equal sizes whose ETags cannot be compared.
    """
    match row.state:
        case ComparisonState.LEFT | ComparisonState.DIFFERS:
            return True
        case ComparisonState.UNKNOWN:
            return row.left_is_newer or row.is_of_one_second
        case ComparisonState.RIGHT | ComparisonState.SAME:
            return False


def _senseless(title: str, remedy: str) -> ProblemError:
    return ProblemError(Problem(kind=ProblemKind.INVALID, title=title, remedy=remedy))


async def as_meant(comparison: Comparison, left: Store, right: Store) -> Comparison:
    """Two objects if both locations name one; else ``a/b`` means all below ``a/b/``. Raises nothing."""
    mine, theirs = comparison.left, comparison.right
    if not mine.location.is_prefix and not theirs.location.is_prefix:
        both = await together(object_at(left, mine.location), object_at(right, theirs.location))
        if all(both):
            return comparison
    left_place, right_place = (replace(place, location=place.location.as_prefix) for place in (mine, theirs))
    return replace(comparison, left=left_place, right=right_place)
