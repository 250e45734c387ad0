"""Places among the objects under way, given up while an object waits for the user."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tui.transfers.gates import FairGate


class Places:
    """The places of one transfer. Objects that wait for a decision hold none, but only so many may wait."""

    def __init__(self, gate: FairGate, transfer: str, most_waiting: int) -> None:
        self._gate, self._transfer, self._most_waiting = gate, transfer, most_waiting
        self._room = asyncio.Event()
        self._room.set()
        self.busy = 0
        """Objects that have a place."""
        self.waiting = 0
        """Objects that wait for a decision."""

    async def take(self) -> Place:
        """A place for a new object, when one is free and not too many wait for decisions."""
        await self._room.wait()
        place = Place(self)
        await place.take()
        return place

    async def acquire(self) -> None:
        """Wait for a place."""
        await self._gate.acquire(self._transfer)
        self.busy += 1

    def release(self) -> None:
        """A place is free again."""
        self.busy -= 1
        self._gate.release(self._transfer)

    def wait_more(self, change: int) -> None:
        """An object begins (1) or ends (-1) to wait for a decision."""
        self.waiting += change
        if self.waiting < self._most_waiting:
            self._room.set()
        else:
            self._room.clear()


class Place:
    """One object's place."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._held = False

    async def take(self) -> None:
        """Wait for it."""
        await self._places.acquire()
        self._held = True

    def leave(self) -> None:
        """Give it back, if it is held."""
        if self._held:
            self._held = False
            self._places.release()

    @asynccontextmanager
    async def given_up(self) -> AsyncGenerator[None]:
        """Others may have the place during the block; afterwards it is waited for again."""
        self.leave()
        self._places.wait_more(1)
        try:
            yield
        finally:
            self._places.wait_more(-1)
        await self.take()
