"""Two stretches of names merged by column: a value is made only for what is not the same.

Texts are compared by code points, which is the order of their UTF-8.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import compress
from operator import ne

from tui.model.comparing.comparison import ComparedRow, ComparisonState, Counts, Evidence, StateCount
from tui.transfers.comparison.judging import Judge
from tui.transfers.comparison.stretches import Stretch


@dataclass(slots=True)
class Merged:
    """What a step has found: rows in key order, and `same` names that are the same by ETag and no rows."""

    rows: list[ComparedRow] = field(default_factory=list)
    same: int = 0
    same_bytes: int = 0


class Merger:
    """Merges step by step. `every`: rows are made of what is the same, too."""

    def __init__(self, judge: Judge, *, every: bool = False) -> None:
        self._judge, self._every = judge, every

    def step(self, left: Stretch | None, right: Stretch | None) -> Merged:
        """Go on until one of the two is used up (the only one, if the other listing has ended)."""
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
        """The next `count` names are those of both."""
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
            ComparedRow(name, ComparisonState.LEFT, Evidence.LISTED, side, None)
            for name, side in zip(left.names[left.at : end], left.take(range(left.at, end)), strict=True)
        ]
        left.at = end

    def _only_right(self, right: Stretch, end: int, merged: Merged) -> None:
        merged.rows += [
            ComparedRow(name, ComparisonState.RIGHT, Evidence.LISTED, None, side)
            for name, side in zip(right.names[right.at : end], right.take(range(right.at, end)), strict=True)
        ]
        right.at = end


def _moved(rows: Sequence[int], by: int) -> Sequence[int]:
    return range(rows.start + by, rows.stop + by) if isinstance(rows, range) else [row + by for row in rows]


def _alike(left: Stretch, right: Stretch) -> int:
    """How many of the next names are equal one by one; the first two are."""
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


class Counter:
    """Counts names and bytes by state."""

    def __init__(self) -> None:
        self._objects = dict.fromkeys(ComparisonState, 0)
        self._left, self._right = dict.fromkeys(ComparisonState, 0), dict.fromkeys(ComparisonState, 0)

    def add(self, merged: Merged) -> None:
        """Count what a step has found."""
        self._objects[ComparisonState.SAME] += merged.same
        self._left[ComparisonState.SAME] += merged.same_bytes
        self._right[ComparisonState.SAME] += merged.same_bytes
        for state in ComparisonState:  # state by state: a look into a dictionary costs more than the rest of a row
            rows = [row for row in merged.rows if row.state is state]
            if rows:
                self._objects[state] += len(rows)
                self._left[state] += sum([row.left.size for row in rows if row.left])
                self._right[state] += sum([row.right.size for row in rows if row.right])

    @property
    def counts(self) -> Counts:
        """The counts so far, of the states that there are."""
        return {
            state: StateCount(objects, self._left[state], self._right[state])
            for state, objects in self._objects.items()
            if objects
        }
