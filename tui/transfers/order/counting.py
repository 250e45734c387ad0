"""Counting a selection: objects, bytes, and how many of them are at the target already."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from msgspec.structs import replace

from tui.core.naming import MAX_SINGLE_COPY
from tui.core.orders import Selection
from tui.core.problem import ProblemError
from tui.core.transfer import Tally
from tui.stores.base import Store
from tui.transfers.order.archived import tier_refusal
from tui.transfers.order.existing import look_for
from tui.transfers.order.filters import ObjectFilter
from tui.transfers.order.listed_beside import KeysBeside
from tui.transfers.order.selection import (
    Picked,
    SectionPage,
    listed_pages,
    lone_keys,
    outermost,
    section_count,
    section_pages,
)
from tui.transfers.order.sides import Sides
from tui.transfers.tasks import together

HEADS_AT_ONCE = 16
"""Marked keys that are looked at side by side."""


Keep = Callable[[SectionPage], None]
"""Takes a page that was listed to be counted, so that the work need not list it again."""


async def count_listed(store: Store, selection: Selection) -> Tally:
    """What is listed of a selection: `objects` that its filters take, and those `filtered`.

    Of marked keys only the names are judged. Raises `ProblemError` as listings do, and for filters that are none.
    """
    wanted, objects, filtered = ObjectFilter(selection), 0, 0
    async with aclosing(listed_pages(store, selection, ordered=False)) as pages:
        async for page in pages:
            taken = sum(wanted.takes(each.key, each.size, each.modified) for each in page.picked)
            objects, filtered = objects + taken, filtered + len(page.picked) - taken
    return Tally(objects, filtered=filtered, complete=True)


class Count:
    """A running count. `unseen` says, once it is known, why existing objects cannot be counted."""

    def __init__(self, sides: Sides, *, look_at_target: bool) -> None:
        """Raises `ProblemError` for filters that are none."""
        self._sides = sides
        self._look_at_target = look_at_target
        self._filter = ObjectFilter(sides.order.selection)
        self._objects = self._bytes = self._existing = self._filtered = self._unfit = self._archived = 0
        self._large = self._large_bytes = 0
        self.unseen = ""

    @property
    def tally(self) -> Tally:
        """What was counted so far."""
        return Tally(
            self._objects,
            self._bytes,
            self._existing,
            filtered=self._filtered,
            archived=self._archived,
            unfit=self._unfit,
            large=self._large,
            large_bytes=self._large_bytes,
        )

    async def run(self, keep: Keep | None = None) -> AsyncGenerator[Tally]:
        """The growing tally, after each page; the last one is complete. Raises `ProblemError` as listings do.

        `keep` is called for each page of a prefix, in key order, before it is counted.
        """
        keys = lone_keys(self._sides.order.selection)
        for start in range(0, len(keys), HEADS_AT_ONCE):
            batch = keys[start : start + HEADS_AT_ONCE]
            await asyncio.gather(*(self._count_key(key) for key in batch))
            yield self.tally
        for section in range(1, section_count(self._sides.order.selection)):
            async with aclosing(self._count_section(section, keep)) as tallies:
                async for tally in tallies:
                    yield tally
        yield replace(self.tally, complete=True)

    async def _count_key(self, key: str) -> None:
        if not self._filter.takes_name(key):
            self._filtered += 1
            return
        seen, existing = await together(self._look(key), self._exists(key))
        if not self._filter.takes(key, seen.size, seen.modified):
            self._filtered += 1
            return
        self._take(seen)
        self._existing += existing

    def _take(self, picked: Picked) -> None:
        size = picked.size or 0
        self._objects += 1
        self._bytes += size
        self._archived += picked.archived and self._stays_closed(picked)
        if size > MAX_SINGLE_COPY:
            self._large += 1
            self._large_bytes += size

    def _stays_closed(self, picked: Picked) -> bool:
        """Whether the copy does not restore an archived object either."""
        tier = self._sides.order.options.restore
        return tier is None or tier_refusal(tier, picked.storage_class, picked.key) is not None

    async def _look(self, key: str) -> Picked:
        """A marked object; without its size if no identity can see it: the copy will say why."""
        selection = self._sides.order.selection
        for store in self._sides.readers():
            try:
                head = await store.head(selection.base.bucket, key, selection.version)
            except ProblemError:
                continue  # reading is judged by the probes and by the copy itself
            comes = head.restoring and self._sides.order.options.restore is not None
            closed = "" if comes else head.archived
            archive = closed or head.storage_class
            return Picked(key, head.size, head.modified, archived=bool(closed), storage_class=archive)
        return Picked(key)

    async def _exists(self, key: str) -> bool:
        if not self._look_at_target:
            return False
        try:
            target = self._sides.target_key(key)
            found = await look_for(self._sides.writers(), self._sides.target_bucket, target)
        except ProblemError as error:
            self.unseen = error.problem.sentence()
            return False
        if found.unseen:
            self.unseen = found.unseen.sentence()
        return found.head is not None

    async def _count_section(self, section: int, keep: Keep | None) -> AsyncGenerator[Tally]:
        selection, ordered = self._sides.order.selection, self._look_at_target or keep is not None
        beside = self._beside(self._sides.target, outermost(selection.prefixes)[section - 1])
        if keep:
            keep(SectionPage(section, []))  # whatever fails from here on is of this section
        try:
            async with aclosing(section_pages(self._sides.source, selection, section, ordered=ordered)) as pages:
                async for page in pages:
                    if keep:
                        keep(page)
                    await self._count_page(page.picked, beside)
                    yield self.tally
        finally:
            await beside.close()

    async def _count_page(self, picked: Sequence[Picked], beside: KeysBeside) -> None:
        for each in picked:
            if each.unfit:
                self._unfit += self._filter.takes(each.key, each.size, each.modified)
            elif not self._filter.takes(each.key, each.size, each.modified):
                self._filtered += 1
            else:
                self._take(each)
                if self._look_at_target and not self.unseen:
                    self._existing += await self._is_beside(beside, each.key)

    def _beside(self, target: Store, prefix: str) -> KeysBeside:
        return KeysBeside(target, self._sides.target_bucket, self._below_target(prefix))

    async def _is_beside(self, beside: KeysBeside, key: str) -> bool:
        try:
            return await beside.has(self._below_target(key))
        except ProblemError as error:
            self.unseen = error.problem.sentence()
            return False

    def _below_target(self, key: str) -> str:
        order = self._sides.order
        return order.destination.location.key + key[len(order.selection.base.key) :]
