"""How long the engine stays although no client is connected and no work is left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

LONGEST_STAY = 12 * 3600.0
"""Seconds; as long as the longest session of a role."""


class Staying:
    """What clients have asked for. `ended` is called when the time is over."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self._ended = ended
        self._timer: asyncio.TimerHandle | None = None

    def __bool__(self) -> bool:
        """Whether the time is not over yet."""
        return self._timer is not None

    def stay(self, seconds: float) -> None:
        """Stay for this long from now, or for longer if that was asked for before; 0 takes it back."""
        loop, before = asyncio.get_running_loop(), self._timer
        seconds = min(seconds, LONGEST_STAY)
        if before and 0 < seconds < before.when() - loop.time():
            return
        self.close()
        if seconds > 0:
            self._timer = loop.call_later(seconds, self._end)

    def close(self) -> None:
        """Wait no longer."""
        if self._timer:
            self._timer.cancel()
        self._timer = None

    def _end(self) -> None:
        self._timer = None
        self._ended()
