"""The keys below a prefix, cut into ranges that several machines can list side by side."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from tui.model.location import MAX_KEY_BYTES
from tui.stores.base import Store
from tui.stores.partitioned.key_range import KeyRange, OrderError, is_ascending
from tui.stores.partitioned.schedule import Schedule
from tui.stores.partitioned.splitting import Alphabet

_AT_ONCE = 16
"""Requests that are under way."""
_PAGES_PER_RANGE = 3
"""So many pages are read for each range that is wanted, at most: they are listed again by whoever gets the range."""

Bounds = tuple[str, str | None]
"""A range of keys: behind the first, up to and with the second (None: to the end)."""


async def cut(
    store: Store, bucket: str, prefix: str, wanted: int, *, after: str = "", upto: str | None = None
) -> list[Bounds]:
    """Ranges of keys that cover all below a prefix, or what is behind `after`, up to and with `upto`; in order.

    They are cut where the partitioned listing would split, from samples of one page, and at the ends of the pages that
    were read: as many as are `wanted`, or fewer. A list of one page, and one that is not in S3's
    order, is one range. Raises `ProblemError` as `Store.pages` does.
    """
    async with aclosing(store.pages(bucket, prefix, recursive=True, start_after=after, etags=False)) as pages:
        first = await anext(pages, None)
    if wanted < 2 or first is None or first.last or not is_ascending(first) or store.capabilities.directories:
        return [(after, upto)]
    whole = KeyRange(None, upto[len(prefix) :] if upto is not None else None)
    schedule = Schedule(whole, Alphabet(MAX_KEY_BYTES - len(prefix.encode())), ordered=False, most=10 * wanted)
    schedule.learn(whole, len(whole.take(first, first.names[0]).names))
    sampler = _Sampler(store, bucket, prefix, schedule, first.names[0])
    sampler.ends.add(first.names[-1])
    try:
        await sampler.run(wanted)
    except OrderError:
        return [(after, upto)]
    highs = {each.high for each in schedule.ranges if each.high is not None}
    points = [prefix + each for each in sorted(highs | sampler.ends)]
    points = [each for each in points if upto is None or each < upto]
    points = points[:: max(1, -(-len(points) // wanted))]
    return list(zip([after, *points], [*points, upto], strict=True))


class _Sampler:
    """Reads single pages of ranges until enough of them are known."""

    def __init__(self, store: Store, bucket: str, prefix: str, schedule: Schedule, first: str) -> None:
        self._store, self._bucket, self._prefix, self._schedule, self._first = store, bucket, prefix, schedule, first
        self.ends = set[str]()
        """The last names of the pages that were read."""

    async def run(self, wanted: int) -> None:
        """Have ranges split until there are as many as `wanted`, or no more places to split them are found."""
        schedule, left = self._schedule, _PAGES_PER_RANGE * wanted
        while left > 0 and sum(not each.done for each in schedule.ranges) < wanted:
            some = list[KeyRange]()
            while (free := min(_AT_ONCE, 3 * schedule.useful, left) - len(some)) > 0:
                each = schedule.next_to_read(free)
                if each is None:
                    break
                each.task = asyncio.current_task()  # it is being read
                some.append(each)
            if not some:
                return
            left -= len(some)
            await asyncio.gather(*(self._read(each) for each in some))

    async def _read(self, each: KeyRange) -> None:
        after = self._prefix + (each.low or "")
        pages = self._store.pages(self._bucket, self._prefix, recursive=True, start_after=after, etags=False)
        async with aclosing(pages):
            page = await anext(pages, None)
        each.task = each.brought = None
        if page is None:
            each.done = True
            return
        taken = each.take(page, self._first).names
        self._schedule.learn(each, len(taken))
        self.ends.update(taken[-1:])
