"""Which ranges of a listing are read next, and where they are split."""

from __future__ import annotations

from collections.abc import Sequence

from tui.stores.partitioned.key_range import KeyRange
from tui.stores.partitioned.splitting import Alphabet

MOST_PAGES = 320
"""Pages that are read ahead: about 50 kB each, or 90 with ETags."""
_MOST_RANGES = 256
_PAGES_OF_A_PART = 3.5
"""So many pages a part should have: of its last one, what is behind its end is read in vain."""


class Schedule:
    """The ranges of one listing in key order.

    `ordered`: the pages are taken in key order, so those that are taken soonest are read first, by splitting the range
    that they are in rather than by reading on far behind it, and each range is read only while not too many pages wait
    before it. `useful` requests have brought keys, `empty` ones, in a range that a split has made, none: there are few
    of these, or nothing is split until there are.
    """

    def __init__(self, whole: KeyRange, alphabet: Alphabet, *, ordered: bool, most: int = MOST_PAGES) -> None:
        """`most` pages are read ahead."""
        self.ranges = [whole]
        self._alphabet, self._ordered, self._most = alphabet, ordered, most
        self.useful = self.empty = 0

    @property
    def waiting(self) -> int:
        """How many pages were read and not yet taken."""
        return sum(len(each.pages) for each in self.ranges)

    def next_to_read(self, free: int) -> KeyRange | None:
        """A range to read a page of, while `free` requests may be sent; None: there is nothing to read now.

        The first range is always read on, so that whoever takes pages in order gets one.
        """
        allowed = self._allowed()
        for each in allowed:
            if each.idle:
                return each
            if self._ordered and (made := self._split(each, free)):
                return made
        if self.ranges and self.ranges[0].idle:
            return self.ranges[0]
        if self._ordered:
            return None
        by_size = sorted(allowed, key=self._pages_left, reverse=True)
        return next((made for each in by_size if (made := self._split(each, free))), None)

    def learn(self, each: KeyRange, rows: int) -> None:
        """A page of a range has come, with so many rows of the range's own."""
        if rows and each.latest:
            self.useful += 1
            self._alphabet.learn(*each.latest)
        elif each.split:
            self.empty += 1

    def drop_read(self) -> None:
        """Forget the ranges that were read to their ends, and whose pages were taken."""
        self.ranges = [each for each in self.ranges if each.pages or each.failure or not each.done]

    def _allowed(self) -> Sequence[KeyRange]:
        """The ranges that may be read on, soonest needed first: none behind one that has failed."""
        if self.waiting >= (self._most * 5 // 4 if self._ordered else self._most):
            return []
        allowed, before = list[KeyRange](), 0
        for each in self.ranges:
            if each.failure or (self._ordered and before >= self._most):
                break
            before += len(each.pages) + (each.task is not None)
            allowed.append(each)
        return allowed

    def _split(self, each: KeyRange, free: int) -> KeyRange | None:
        """Split a range, and return the first of the new ones; None where it cannot be, or it does not pay."""
        if self.empty > 8 + 2 * self.useful // 3 or len(self.ranges) > _MOST_RANGES:
            return None
        left = self._pages_left(each)
        if left < 2 * _PAGES_OF_A_PART or each.whole_by == self._known_of(each):
            return None
        points = self._points(each, int(min(free + 1, left / _PAGES_OF_A_PART)))
        if not points and free + 1 >= left / _PAGES_OF_A_PART:
            each.whole_by = self._known_of(each)
        return self._split_at(each, points) if points else None

    def _split_at(self, split: KeyRange, points: Sequence[str]) -> KeyRange:
        ends = [*points[1:], split.high]
        made = [KeyRange(low, high, split=True) for low, high in zip(points, ends, strict=True)]
        split.high = points[0]
        at = self.ranges.index(split) + 1
        self.ranges[at:at] = made
        return made[0]

    def _pages_left(self, each: KeyRange) -> float:
        """How many pages are left of a range, as far as can be told from its last one."""
        if each.done or each.latest is None or each.low is None:
            return 0.0
        if each.high is None:
            return float("inf")
        if each.measured_by != (known := self._known_of(each)):
            each.measured_by, each.pages_left = known, self._alphabet.pages_left(*each.latest, each.high)
        return each.pages_left - (each.task is not None)

    def _known_of(self, each: KeyRange) -> tuple[object, ...]:
        """What `_pages_left` and `_points` depend on."""
        return (each.latest, each.high, self._alphabet.size)

    def _points(self, each: KeyRange, parts: int) -> list[str]:
        if each.latest is None or each.low is None:
            return []
        points = list[str]()
        if each.high is None:
            points = self._alphabet.beyond_prefixes(*each.latest, parts)
        last = points[-1] if points else each.low
        return points + self._alphabet.between(last, each.high, parts - len(points))
