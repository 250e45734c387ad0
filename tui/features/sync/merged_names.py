"""Merges two stretches of names by column: creates values only for names that are not the same.

Names are compared by code points, which is the order of their UTF-8.
"""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_left
from collections import Counter as Times
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress, repeat
from operator import ne

from msgspec.structs import replace

from tui.core.listing import UNKNOWN_INDEX, Page
from tui.core.location import DELIMITER
from tui.core.problem import LeftOutError, Problem, ProblemError, ProblemKind
from tui.features.sync.undecided_pairs import Judge
from tui.features.sync.values import (
    ComparedRow,
    ComparedSide,
    ComparisonEvidence,
    ComparisonState,
    CountsByState,
    StateCount,
)


@dataclass(slots=True)
class Merged:
    """The result of a step: rows in key order; `same` counts names that are equal by ETag and have no rows."""

    rows: list[ComparedRow] = field(default_factory=list)
    same: int = 0
    same_bytes: int = 0


class Merger:
    """Merges step by step. `every`: equal names get rows, too."""

    def __init__(self, judge: Judge, *, every: bool = False) -> None:
        self._judge, self._every = judge, every

    def step(self, left: Stretch | None, right: Stretch | None) -> Merged:
        """Continue until one stretch is used up (the only one, if the other listing has ended)."""
        merged = Merged()
        if right is None or left is None:
            if left is not None:
                self._only_left(left, len(left.names), merged)
            if right is not None:
                self._only_right(right, len(right.names), merged)
            return merged
        while left.left and right.left:
            if left.names[left.at] == right.names[right.at]:
                self._both(left, right, _alike(left, right), merged)
            elif left.names[left.at] < right.names[right.at]:
                self._only_left(left, bisect_left(left.names, right.names[right.at], left.at), merged)
            else:
                self._only_right(right, bisect_left(right.names, left.names[left.at], right.at), merged)
        return merged

    def _both(self, left: Stretch, right: Stretch, count: int, merged: Merged) -> None:
        """The next `count` names are in both stretches."""
        mine, theirs = slice(left.at, left.at + count), slice(right.at, right.at + count)
        sizes, etags = left.sizes[mine], left.etags[mine]
        if self._every or "" in etags:
            differing: Sequence[int] = range(count)
        elif sizes == right.sizes[theirs] and etags == right.etags[theirs]:
            differing = range(0)
        else:
            other = map(ne, zip(sizes, etags, strict=True), zip(right.sizes[theirs], right.etags[theirs], strict=True))
            differing = list(compress(range(count), other))
            differing = differing if len(differing) < count else range(count)
        merged.same += count - len(differing)
        merged.same_bytes += sum(sizes) - sum(sizes[row] for row in differing)
        at, beside = _moved(differing, left.at), _moved(differing, right.at)
        names = [left.names[row] for row in at]
        merged.rows += self._judge.judge_all(names, left.take(at), right.take(beside))
        left.at += count
        right.at += count

    def _only_left(self, left: Stretch, end: int, merged: Merged) -> None:
        merged.rows += [
            ComparedRow(name, ComparisonState.LEFT, ComparisonEvidence.LISTED, side, None)
            for name, side in zip(left.names[left.at : end], left.take(range(left.at, end)), strict=True)
        ]
        left.at = end

    def _only_right(self, right: Stretch, end: int, merged: Merged) -> None:
        merged.rows += [
            ComparedRow(name, ComparisonState.RIGHT, ComparisonEvidence.LISTED, None, side)
            for name, side in zip(right.names[right.at : end], right.take(range(right.at, end)), strict=True)
        ]
        right.at = end


def _moved(rows: Sequence[int], by: int) -> Sequence[int]:
    return range(rows.start + by, rows.stop + by) if isinstance(rows, range) else [row + by for row in rows]


def _alike(left: Stretch, right: Stretch) -> int:
    """How many of the next names are equal one by one; at least one."""
    mine, theirs, i, j = left.names, right.names, left.at, right.at
    most = min(left.left, right.left)
    if mine[i : i + most] == theirs[j : j + most]:
        return most
    least = 1
    while most - least > 1:
        middle = (least + most) // 2
        if mine[i + least : i + middle] == theirs[j + least : j + middle]:
            least = middle
        else:
            most = middle
    return least


class StateCounter:
    """Counts names and bytes by state."""

    def __init__(self) -> None:
        self._objects = dict.fromkeys(ComparisonState, 0)
        self._left, self._right = dict.fromkeys(ComparisonState, 0), dict.fromkeys(ComparisonState, 0)

    def add(self, merged: Merged) -> None:
        self._objects[ComparisonState.SAME] += merged.same
        self._left[ComparisonState.SAME] += merged.same_bytes
        self._right[ComparisonState.SAME] += merged.same_bytes
        for state in ComparisonState:  # state by state, because looking up each row's state is slow
            rows = [row for row in merged.rows if row.state is state]
            if rows:
                self._objects[state] += len(rows)
                self._left[state] += sum([row.left.size for row in rows if row.left])
                self._right[state] += sum([row.right.size for row in rows if row.right])

    @property
    def counts(self) -> CountsByState:
        return {
            state: StateCount(objects, self._left[state], self._right[state])
            for state, objects in self._objects.items()
            if objects
        }


Takes = Callable[[str], bool]
"""Whether to compare this name."""


class Stretch:
    """The rows of one page that are not compared yet: those from `at` on."""

    __slots__ = ("_classes", "_kinds", "at", "etags", "modified", "names", "sizes")

    def __init__(self, page: Page) -> None:
        self.names = page.names
        self.sizes, self.modified = array("q", page.sizes), array("q", page.modified)
        self.etags = page.etags or [""] * len(page.names)
        self._classes, self._kinds = page.classes, array("H", page.class_index)
        self.at = 0

    @property
    def left(self) -> int:
        return len(self.names) - self.at

    def take(self, rows: Sequence[int]) -> Iterator[ComparedSide]:
        if isinstance(rows, range):
            part = slice(rows.start, rows.stop)
            sizes, modified, etags = self.sizes[part], self.modified[part], self.etags[part]
            return map(ComparedSide, sizes, modified, etags, self._classes_of(self._kinds[part]))
        return (
            ComparedSide(self.sizes[row], self.modified[row], self.etags[row], known)
            for row, known in zip(rows, self._classes_of([self._kinds[row] for row in rows]), strict=False)
        )

    def _classes_of(self, kinds: Sequence[int]) -> Iterable[str]:
        """Their storage classes; an endless iterator if all are the same."""
        known = {kind: self._classes[kind] if kind != UNKNOWN_INDEX else "STANDARD" for kind in set(kinds)}
        return repeat(*known.values()) if len(known) == 1 else map(known.__getitem__, kinds)


class PlaceListing:
    """The listing of one location. Reads the next page while the present one is compared."""

    def __init__(self, pages: AsyncGenerator[Page, None], takes: Takes | None, *, markers: bool, what: str) -> None:
        """`markers`: compare names that end in ``/``, and the prefix itself, as objects."""
        self._pages, self._takes, self._markers, self._what = pages, takes, markers, what
        self._next: asyncio.Task[Page | None] | None = None
        self._last: str | None = None
        self.unfit = Times[str]()
        """What was listed so far and is not an object, by its kind: ``a socket``."""
        self.stretch: Stretch | None = None
        """The next rows to compare; None: there are no more."""
        self.left_out: LeftOutError | None = None
        """What could not be listed; set once the listing has ended."""
        self.is_empty = True
        """Whether nothing was listed, even without the filters."""

    async def fill(self) -> None:
        """Get rows, if there are more. Raises `ProblemError` as listings do, and for a listing that is out of order."""
        while self.stretch is None or not self.stretch.left:
            try:
                page = await (self._next or self._read())
            except LeftOutError as error:
                self.left_out, page = error, None  # everything else was listed
            if page is None:
                self.stretch = None
                return
            self._next = self._read()
            self.stretch = Stretch(self._meant(page))

    async def close(self) -> None:
        if self._next:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)
        await self._pages.aclose()

    def _read(self) -> asyncio.Task[Page | None]:
        async def read() -> Page | None:
            return await anext(self._pages, None)

        return asyncio.create_task(read())

    def _meant(self, page: Page) -> Page:
        names = page.names
        self.is_empty = self.is_empty and not names and not page.unfit
        self.unfit.update(what for name, what in page.unfit if not self._takes or self._takes(name))
        if names:
            if names != sorted(names) or (self._last is not None and names[0] <= self._last):
                texts = "the server does not list in key order", "a comparison needs both lists in key order"
                remedy, operation = "compare smaller prefixes", "ListObjectsV2"
                raise ProblemError(Problem(ProblemKind.SERVER, *texts, remedy, operation, resource=self._what))
            self._last = names[-1]
        keep = [True] * len(names)
        if not self._markers and (not all(names) or DELIMITER in {name[-1] for name in names}):
            sizes = array("q", page.sizes)
            keep = [
                bool(size) or not (not name or name[-1] == DELIMITER) for name, size in zip(names, sizes, strict=True)
            ]
        if self._takes:
            takes = self._takes
            keep = [kept and takes(name) for kept, name in zip(keep, names, strict=True)]
        return page if all(keep) else _only(page, keep)


def _only(page: Page, keep: list[bool]) -> Page:

    def column(code: str, values: bytes) -> bytes:
        return array(code, compress(array(code, values), keep)).tobytes()

    return replace(
        page,
        names=list(compress(page.names, keep)),
        sizes=column("q", page.sizes),
        modified=column("q", page.modified),
        class_index=column("H", page.class_index),
        owner_index=column("H", page.owner_index),
        etags=list(compress(page.etags, keep)),
    )
