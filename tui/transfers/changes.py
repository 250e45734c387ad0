"""Snapshots for those who watch: when something changed, not too often, and not at all when nobody looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import TypeVar

S = TypeVar("S")

BETWEEN_SNAPSHOTS = 0.1
"""Seconds between two snapshots at least."""

FADING = 1.0
"""Seconds between two snapshots of something that changes by itself, as a rate does that sinks."""


class Changes:
    """Tells any number of watchers that there is something new."""

    def __init__(self) -> None:
        self._watchers: set[asyncio.Event] = set()
        self._ended = False

    def touch(self) -> None:
        """Something has changed. Costs next to nothing when nobody watches."""
        for watcher in self._watchers:
            watcher.set()

    def end(self) -> None:
        """Nothing will change any more: watchers get what is new, and their end."""
        self._ended = True
        self.touch()

    async def watch(self) -> AsyncGenerator[None]:
        """Yields once at the start, and then whenever something changed since the last time."""
        changed = asyncio.Event()
        self._watchers.add(changed)
        try:
            while not self._ended:
                changed.clear()
                yield
                await changed.wait()
            yield
        finally:
            self._watchers.discard(changed)

    async def snapshots(self, take: Callable[[], S], fades: Callable[[S], bool]) -> AsyncGenerator[S]:
        """What `take` returns, now and whenever it differs from the last one, at most ten times a second.

        `fades` says of a snapshot that it will change without being touched.
        """
        changed = asyncio.Event()
        self._watchers.add(changed)
        last: S | None = None
        try:
            while True:
                changed.clear()
                ended, snapshot = self._ended, take()
                if snapshot != last:
                    last = snapshot
                    yield snapshot
                if ended:
                    return
                await asyncio.sleep(BETWEEN_SNAPSHOTS)
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), FADING if fades(snapshot) else None)
        finally:
            self._watchers.discard(changed)
