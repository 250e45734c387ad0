"""Wakes the watchers of a connection whenever its identity may have changed."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

RENEW_AGAIN = 60.0
"""Seconds between two tries to renew credentials that could not be renewed."""


class Watchers:
    """The watchers of all connections. Used from one event loop."""

    def __init__(self) -> None:
        self._watching: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def watching(self, connection: str) -> Iterator[asyncio.Event]:
        """In this block the event is set whenever the connection may have become another."""
        changed = asyncio.Event()
        self._watching[connection].add(changed)
        try:
            yield changed
        finally:
            self._watching[connection].discard(changed)
            if not self._watching[connection]:
                del self._watching[connection]

    def wake(self, connection: str = "") -> None:
        """A connection (empty: any) may have become another."""
        for name, events in self._watching.items():
            if connection in ("", name):
                for event in events:
                    event.set()
