"""Snapshots for watchers: when something changed, not too often, and none without a watcher."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import TypeVar

from tui.transfers.tasks import set_within

S = TypeVar("S")

BETWEEN_SNAPSHOTS = 0.1
"""Seconds between two snapshots at least."""

BETWEEN_NUMBERS = 0.5
"""Seconds between two snapshots that differ in nothing but how far things are: nobody reads numbers faster."""

FADING = 1.0
"""Seconds between two snapshots of something that changes by itself, as a rate does that sinks."""


class _Watcher:
    """What one watcher has not seen yet."""

    def __init__(self) -> None:
        self.changed, self.urgent = asyncio.Event(), asyncio.Event()

    def clear(self) -> None:
        """It sees all there is."""
        self.changed.clear()
        self.urgent.clear()


class Changes:
    """Notifies any number of watchers that there is something new."""

    def __init__(self) -> None:
        self._watchers: set[_Watcher] = set()
        self._ended = asyncio.Event()

    def touch(self, *, urgent: bool = False) -> None:
        """Something has changed, `urgent` when it is more than a number. Costs next to nothing without watchers."""
        for watcher in self._watchers:
            watcher.changed.set()
            if urgent:
                watcher.urgent.set()

    def end(self) -> None:
        """Nothing will change any more: watchers get what is new, and their end."""
        self._ended.set()
        self.touch(urgent=True)

    async def pause(self, seconds: float) -> None:
        """Wait for so long, or until the end."""
        await set_within(self._ended, seconds)

    async def watch(self) -> AsyncGenerator[None]:
        """Yields once at the start, and then whenever something changed since the last time."""
        watcher = _Watcher()
        self._watchers.add(watcher)
        try:
            while not self._ended.is_set():
                watcher.clear()
                yield
                await watcher.changed.wait()
            yield
        finally:
            self._watchers.discard(watcher)

    async def snapshots(self, take: Callable[[], S], fades: Callable[[S], bool]) -> AsyncGenerator[S]:
        """What `take` returns, now and whenever it differs from the last one.

        At most ten times a second, and twice a second when nothing urgent has changed. `fades` says of a snapshot that
        it will change without being touched.
        """
        watcher = _Watcher()
        self._watchers.add(watcher)
        last: S | None = None
        try:
            while True:
                watcher.clear()
                ended, snapshot = self._ended.is_set(), take()
                if snapshot != last:
                    last = snapshot
                    yield snapshot
                if ended:
                    return
                await self.pause(BETWEEN_SNAPSHOTS)
                await set_within(watcher.urgent, BETWEEN_NUMBERS - BETWEEN_SNAPSHOTS)
                await set_within(watcher.changed, FADING if fades(snapshot) else None)
        finally:
            self._watchers.discard(watcher)
