"""Counting a selection: objects, bytes, and how many of them are at the target already."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from msgspec.structs import replace

from tui.model.plan import Tally
from tui.model.problem import ProblemError
from tui.stores.base import Store
from tui.transfers.cancellation import together
from tui.transfers.existing import KeysBeside, look_for
from tui.transfers.filters import ObjectFilter
from tui.transfers.selection import Picked, lone_keys, look_at, outermost
from tui.transfers.sides import Sides

HEADS_AT_ONCE = 16
"""Marked keys that are looked at side by side."""


class Count:
    """A count under way. `unseen` tells, once it is known, why existing objects cannot be counted."""

    def __init__(self, sides: Sides, *, look_at_target: bool) -> None:
        """Raises `ProblemError` for filters that are none."""
        self._sides = sides
        self._look_at_target = look_at_target
        self._filter = ObjectFilter(sides.order.selection)
        self._objects = self._bytes = self._existing = self._filtered = self._unfit = 0
        self.unseen = ""

    @property
    def tally(self) -> Tally:
        """What was counted so far."""
        return Tally(self._objects, self._bytes, self._existing, filtered=self._filtered, unfit=self._unfit)

    async def run(self) -> AsyncGenerator[Tally]:
        """The growing tally, after each page; the last one is complete. Raises `ProblemError` as listings do."""
        keys = lone_keys(self._sides.order.selection)
        for start in range(0, len(keys), HEADS_AT_ONCE):
            batch = keys[start : start + HEADS_AT_ONCE]
            await asyncio.gather(*(self._count_key(key) for key in batch))
            yield self.tally
        for prefix in outermost(self._sides.order.selection.prefixes):
            async with aclosing(self._count_prefix(prefix)) as tallies:
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
        self._objects += 1
        self._bytes += seen.size or 0
        self._existing += existing

    async def _look(self, key: str) -> Picked:
        """A marked object; without its size if nobody here can see it: copying it will say why."""
        selection = self._sides.order.selection
        for store in self._sides.readers():
            try:
                return await look_at(store, selection, key)
            except ProblemError:
                continue  # reading is judged by the probes and by the copy itself
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

    async def _count_prefix(self, prefix: str) -> AsyncGenerator[Tally]:
        beside = self._beside(self._sides.target, prefix)
        pages = self._sides.source.pages(self._sides.source_bucket, prefix, recursive=True)
        try:
            async for page in pages:
                self._unfit += sum(self._filter.takes(page.prefix + name, 0, 0.0) for name, _ in page.unfit)
                for entry in page.objects():
                    if not self._filter.takes(entry.key, entry.size, entry.modified):
                        self._filtered += 1
                        continue
                    self._objects += 1
                    self._bytes += entry.size
                    if self._look_at_target and not self.unseen:
                        self._existing += await self._is_beside(beside, entry.key)
                yield self.tally
        finally:
            await beside.close()
            await pages.aclose()

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
