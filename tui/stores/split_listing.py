"""The keys below a prefix, cut into ranges of about the same work, for several machines that list them side by side."""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import accumulate
from math import ceil, inf
from typing import NamedTuple

from tui.core.listing import Page
from tui.core.location import MAX_KEY_BYTES
from tui.stores.base import Store
from tui.stores.key_ranges import Alphabet, OrderError, is_ascending

LEAST = 1000.0
"""The weight of a range that it pays to cut off: about a second of work."""
_AT_ONCE = 16
"""Requests that are under way."""
_PAGES_PER_RANGE = 3
"""Pages that are read at most for each wanted range: whoever gets the range lists them again."""
_LEAST_PAGES = 100
"""So many may be read for few ranges, too: it takes some to find the end of names that are numbers."""
_UNEVEN = 1.5
"""What weighs so many times as much as it should is split."""
_SPLIT = 8
"""Into so many parts one is split at once, at most."""
_MARKS = 50
"""Places at which a page may be cut."""
_BYTES = 256 * 1024
"""So many bytes take about as long as the requests of one object."""


class WeighedRange(NamedTuple):
    """A range of keys: behind `after`, up to and with `upto` (None: to the end); what it weighs is estimated.

    The weight of an object is 1, and 1 more for every 256 KiB.
    """

    after: str
    upto: str | None
    weight: float


async def cut(
    store: Store, bucket: str, prefix: str, wanted: int, *, after: str = "", upto: str | None = None
) -> list[WeighedRange]:
    """Ranges of keys that cover all below a prefix, or what is behind `after`, up to and with `upto`; in order.

    About as many as are `wanted`, or fewer, as none is to weigh less than `LEAST`. What has the largest estimate is
    split first, as the partitioned listing would split it, and of each part one page is read. A list that is not in
    S3's order is one range. Raises `ProblemError` as `Store.pages` does.
    """
    if wanted < 2 or store.capabilities.directories:
        return [WeighedRange(after, upto, inf)]
    low, high = after[len(prefix) :], upto[len(prefix) :] if upto is not None else None
    sampler = _Sampler(store, bucket, prefix, _Part(low, high))
    try:
        await sampler.run(wanted)
    except OrderError:
        return [WeighedRange(after, upto, inf)]
    cuts = _even(sampler.parts, wanted)
    ends = [prefix + end for end, _ in cuts[:-1]]
    weights = [weight for _, weight in cuts]
    return [WeighedRange(*each) for each in zip([after, *ends], [*ends, upto], weights, strict=True)]


@dataclass(slots=True, eq=False)
class _Part:
    """The names behind `low` up to and with `high` (None: no end is known); one page of them was read.

    `marks`: names of that page, and what all up to each of them weighs; none: there is nothing in it.
    """

    low: str
    high: str | None
    marks: list[tuple[str, float]] = field(default_factory=list)
    first: str = ""
    complete: bool = False
    """Whether the page has all of it."""
    weight: float = inf
    stuck: int = -1
    """What was known of the alphabet when no place to split it was found."""

    def take(self, page: Page | None) -> None:
        if page is not None and (not is_ascending(page) or (page.names and page.names[0] <= self.low)):
            raise OrderError(f"{page.names[:1]} is listed behind {self.low!r}")
        names = page.names if page else []
        count = bisect_right(names, self.high) if self.high is not None else len(names)
        self.complete = page is None or page.last or count < len(names)
        if page and count:
            weights = list(accumulate(1 + size / _BYTES for size in array("q", page.sizes)[:count]))
            self.first = names[0]
            places = range(max(1, count // _MARKS) - 1, count - 1, max(1, count // _MARKS))
            self.marks = [(names[at], weights[at]) for at in (*places, count - 1)]

    def estimate(self, alphabet: Alphabet) -> None:
        seen = self.marks[-1][1] if self.marks else 0.0
        if self.complete or not self.marks:
            self.weight = seen
        elif self.high is None:
            self.weight = inf
        else:
            self.weight = seen * (1 + alphabet.pages_left(self.first, self.marks[-1][0], self.high))


class _Sampler:
    """Reads single pages, until no part weighs much more than it should."""

    def __init__(self, store: Store, bucket: str, prefix: str, whole: _Part) -> None:
        self._store, self._bucket, self._prefix = store, bucket, prefix
        self._alphabet = Alphabet(MAX_KEY_BYTES - len(prefix.encode()))
        self.parts = [whole]

    async def run(self, wanted: int) -> None:
        await self._read(self.parts[0])
        left = max(_LEAST_PAGES, _PAGES_PER_RANGE * wanted)
        while left > 0 and (made := self._split(wanted, min(_AT_ONCE, left))):
            left -= len(made)
            await self._read_all(made)

    async def _read_all(self, parts: Sequence[_Part]) -> None:
        """Raises the first failure, once nothing is read any more."""
        reads = [asyncio.create_task(self._read(each)) for each in parts]
        try:
            await asyncio.gather(*reads)
        finally:
            for read in reads:
                read.cancel()
            await asyncio.gather(*reads, return_exceptions=True)

    def _split(self, wanted: int, most: int) -> list[_Part]:
        """Split the parts that weigh most; returns the new ones, which are to be read."""
        for each in self.parts:
            each.estimate(self._alphabet)
        target = max(LEAST, sum(each.weight for each in self.parts if each.weight < inf) / wanted)
        made = list[_Part]()
        for each in sorted(self.parts, key=lambda part: part.weight, reverse=True):
            if each.weight <= _UNEVEN * target or len(made) >= most:
                break
            if each.complete or each.stuck == self._alphabet.size:
                continue
            pieces = _SPLIT if each.weight == inf else min(_SPLIT, ceil(each.weight / target))
            made += self._split_at(each, self._points(each, min(pieces, most - len(made) + 1)))
        return made

    def _points(self, each: _Part, pieces: int) -> list[str]:
        last = each.marks[-1][0]
        points = self._alphabet.beyond_each(each.first, last, pieces) if each.high is None else []
        points += self._alphabet.between(points[-1] if points else last, each.high, pieces - len(points))
        if not points:
            each.stuck = self._alphabet.size
        return points

    def _split_at(self, each: _Part, points: Sequence[str]) -> list[_Part]:
        made = [_Part(low, high) for low, high in zip(points, [*points[1:], each.high], strict=False)]
        if points:
            each.high = points[0]
            at = self.parts.index(each) + 1
            self.parts[at:at] = made
        return made

    async def _read(self, each: _Part) -> None:
        after = self._prefix + each.low if each.low else ""
        pages = self._store.pages(self._bucket, self._prefix, recursive=True, start_after=after, etags=False)
        async with aclosing(pages):
            each.take(await anext(pages, None))
        if each.marks:
            self._alphabet.learn(each.first, each.marks[-1][0])


def _even(parts: Sequence[_Part], wanted: int) -> list[tuple[str, float]]:
    """Neighbours joined, and pages cut: the last name and the weight of each range; of the last one the name is empty.

    A part that no end is known of is taken to weigh as much as the heaviest of the others.
    """
    known = [each.weight for each in parts if each.weight < inf]
    heaviest = max(known, default=LEAST)
    total = sum(known) + heaviest * (len(parts) - len(known))
    target = max(LEAST, total / wanted)
    cuts = [("", 0.0)]
    for end, weight in _pieces(parts, heaviest):
        if cuts[-1][1] + weight / 2 > target:
            cuts.append((end, weight))
        else:
            cuts[-1] = (end, cuts[-1][1] + weight)
    if len(cuts) > 1 and cuts[-1][1] < LEAST / 2:
        _, weight = cuts.pop()
        cuts[-1] = ("", cuts[-1][1] + weight)
    return cuts


def _pieces(parts: Sequence[_Part], heaviest: float) -> Iterator[tuple[str, float]]:
    """The places where a cut may be, each with the weight of what is between it and the one before."""
    for part in parts:
        before = 0.0
        for name, weight in part.marks[:-1]:
            yield name, weight - before
            before = weight
        yield part.high or "", (heaviest if part.weight == inf else part.weight) - before
