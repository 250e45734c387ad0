"""How many parts of one object are written while they are read: as many as its line needs to be kept busy."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from tui.transfers.limits.fair_semaphore import FairSemaphore
from tui.transfers.limits.object_concurrency import ObjectConcurrency

FIRST = 8
"""At first: enough for a line without latency."""


class StreamConcurrency:
    """Bounds the streams of one object, among those that all transfers share. See `ObjectConcurrency` for how many."""

    def __init__(self, shared: FairSemaphore, most: int, clock: Callable[[], float]) -> None:
        """`clock` gives seconds that never run backwards."""
        self._shared, self._most, self._clock = shared, most, clock
        self._first = min(FIRST, most)
        self._measured = ObjectConcurrency(self._first, most, clock())
        self._own = FairSemaphore(self._first)

    @property
    def number(self) -> int:
        """Parts that may be under way at once."""
        return self._measured.number

    @asynccontextmanager
    async def one(self, transfer: str) -> AsyncGenerator[None]:
        """Have one stream for the duration of the block; call `ended` in it."""
        async with self._own.hold(transfer), self._shared.hold(transfer):
            yield

    def ended(self, began: float, *, well: bool) -> None:
        """A part ended that began at a time of the clock: after one that failed it starts again with the fewest."""
        now = self._clock()
        if not well:
            least = max(1, min(self._first, self._measured.number // 2))
            self._measured = ObjectConcurrency(least, self._most, now)
        elif not self._measured.copied(now - began, now):
            return
        self._own.resize(self._measured.number, one_each=False)
