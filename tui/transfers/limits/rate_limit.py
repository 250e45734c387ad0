"""A rate limit: callers wait before they move bytes. The rate may change while they wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tui.transfers.tasks import set_within

BURST_SECONDS = 0.5
"""What was not used may be used later, but never more than this many seconds' worth at once."""


class RateLimit:
    """A token bucket: `take` returns when that many bytes may pass. Waiters are served in their order."""

    def __init__(self, rate: int | None = None, clock: Callable[[], float] | None = None) -> None:
        """`rate` in bytes per second, None: unbounded; `clock` gives seconds that never run backwards."""
        self._rate = rate
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._saved = 0.0
        self._since: float | None = None
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()

    @property
    def bounded(self) -> bool:
        """Whether there is a rate to wait for."""
        return self._rate is not None

    def set_rate(self, rate: int | None) -> None:
        """Change the rate at once, for waiters, too."""
        self._save()
        self._rate = rate
        self._changed.set()

    async def take(self, count: int) -> None:
        """Wait until `count` bytes may pass."""
        async with self._turn:
            left = float(count)
            while self._rate is not None:
                self._save()
                paid = min(left, self._saved)
                self._saved -= paid
                left -= paid
                if left <= 0:
                    return
                await self._wait(min(left, self._rate * BURST_SECONDS) / self._rate)

    async def _wait(self, seconds: float) -> None:
        self._changed.clear()
        await set_within(self._changed, seconds)

    def _save(self) -> None:
        """Add what has become free since the last time."""
        now = self._clock()
        if self._rate is not None and self._since is not None:
            most = self._rate * BURST_SECONDS
            self._saved = min(most, self._saved + (now - self._since) * self._rate)
        self._since = now
