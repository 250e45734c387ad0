"""Slots among the objects under way, given up while an object waits for the user."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tui.transfers.limits.fair_semaphore import FairSemaphore


class Slots:
    """The slots of one transfer. Objects that wait for a decision have none, but only so many may wait."""

    def __init__(self, semaphore: FairSemaphore, transfer: str, most_waiting: int) -> None:
        self._semaphore, self._transfer, self._most_waiting = semaphore, transfer, most_waiting
        self._room = asyncio.Event()
        self._room.set()
        self.busy = 0
        """Objects that have a slot."""
        self.waiting = 0
        """Objects that wait for a decision."""

    async def take(self) -> Slot:
        """A slot for a new object, when one is free and not too many wait for decisions."""
        await self._room.wait()
        slot = Slot(self)
        await slot.take()
        return slot

    async def acquire(self) -> None:
        """Wait for a slot."""
        await self._semaphore.acquire(self._transfer)
        self.busy += 1

    def release(self) -> None:
        """A slot is free again."""
        self.busy -= 1
        self._semaphore.release(self._transfer)

    def wait_more(self, change: int) -> None:
        """An object begins (1) or ends (-1) to wait for a decision."""
        self.waiting += change
        if self.waiting < self._most_waiting:
            self._room.set()
        else:
            self._room.clear()


class Slot:
    """One object's slot."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._held = False

    async def take(self) -> None:
        """Wait for it."""
        await self._slots.acquire()
        self._held = True

    def leave(self) -> None:
        """Give it back, if it is held."""
        if self._held:
            self._held = False
            self._slots.release()

    @asynccontextmanager
    async def given_up(self) -> AsyncGenerator[None]:
        """Others may have the slot during the block; afterwards it is waited for again."""
        self.leave()
        self._slots.wait_more(1)
        try:
            yield
        finally:
            self._slots.wait_more(-1)
        await self.take()
