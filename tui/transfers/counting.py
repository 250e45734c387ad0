"""Counting a selection: objects, bytes, and how many of them are at the target already."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from tui.model.plan import Tally
from tui.model.problem import ProblemError
from tui.stores.base import Store
from tui.transfers.cancellation import together
from tui.transfers.existing import KeysBeside, look_for
from tui.transfers.selection import lone_keys, outermost
from tui.transfers.sides import Sides

HEADS_AT_ONCE = 16
"""Marked keys that are looked at side by side."""


class Count:
    """A count under way. `unseen` tells, once it is known, why existing objects cannot be counted."""

    def __init__(self, sides: Sides, *, look_at_target: bool) -> None:
        self._sides = sides
        self._look = look_at_target
        self._objects = self._bytes = self._existing = 0
        self.unseen = ""

    @property
    def tally(self) -> Tally:
        """What was counted so far."""
        return Tally(self._objects, self._bytes, self._existing)

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
        yield Tally(self._objects, self._bytes, self._existing, complete=True)

    async def _count_key(self, key: str) -> None:
        size, existing = await together(self._size(key), self._exists(key))
        self._objects += 1
        self._bytes += size
        self._existing += existing

    async def _size(self, key: str) -> int:
        """The size of a marked object; 0 for one that nobody here can see: copying it will say why."""
        for store in self._sides.readers():
            try:
                return (await store.head(self._sides.source_bucket, key)).size
            except ProblemError:
                continue  # reading is judged by the probes and by the copy itself
        return 0

    async def _exists(self, key: str) -> bool:
        if not self._look:
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
                for entry in page.objects():
                    self._objects += 1
                    self._bytes += entry.size
                    if self._look and not self.unseen:
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
