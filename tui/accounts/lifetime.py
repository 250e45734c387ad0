"""How long identities last: their credentials are renewed in time, and who watches is told how it went."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from tui.accounts.credentials import expiry_of, renewal_windows
from tui.model.identity import Identity
from tui.model.problem import ProblemError

if TYPE_CHECKING:
    from tui.accounts.connections import Connections

AGAIN = 60.0
"""Seconds between two tries to renew credentials that could not be renewed."""


class Watchers:
    """Wakes who watches connections. Used from one event loop."""

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


async def watch_identity(connections: Connections, connection: str) -> AsyncGenerator[Identity, None]:
    """An identity now, whenever its credentials were renewed, and with a `problem` when they cannot be.

    It renews them in time itself. Between two moments that matter nothing is done. Raises `ProblemError` for an
    identity that the settings do not hold.
    """
    told: Identity | None = None
    with connections.watchers.watching(connection) as changed:
        while True:
            changed.clear()
            identity, wait = await _look(connections, connection)
            if identity != told:
                told = identity
                yield identity
            await _either(changed, wait)


async def _look(connections: Connections, connection: str) -> tuple[Identity, float | None]:
    """The identity with its credentials as fresh as need be, and after how many seconds to look again; None: never."""
    try:
        credentials = await connections.fresh(connection)
        identity = msgspec.structs.replace(await connections.identity(connection), expires=expiry_of(credentials))
    except ProblemError as error:
        known = await connections.last_known(connection)
        wait = None if error.problem.needs else AGAIN  # what is needed comes from the user, which wakes us
        return msgspec.structs.replace(known, problem=error.problem), wait
    return identity, _until_renewal(credentials)


def _until_renewal(credentials: Any) -> float | None:
    """Seconds until credentials can be renewed (again); None if they do not end."""
    end = expiry_of(credentials)
    if end is None:
        return None
    left = end - time.time()
    advisory, mandatory = renewal_windows(credentials)
    if left > advisory:
        return left - advisory
    return min(AGAIN, max(left - mandatory if left > mandatory else left, 0.0))


async def _either(changed: asyncio.Event, seconds: float | None) -> None:
    """Return when there is a change, or so many seconds are over."""
    try:
        async with asyncio.timeout(seconds):
            await changed.wait()
    except TimeoutError:
        return
