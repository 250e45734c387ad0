"""Renews the credentials of an identity in time, and reports to its watchers how that went."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Any

import msgspec

from tui.accounts.connections import Connections
from tui.accounts.overrides.credentials import expiry_of, renewal_windows
from tui.accounts.watchers import RENEW_AGAIN
from tui.core.identity import Identity
from tui.core.problem import ProblemError

LOOKED_AGAIN = 60.0
"""Seconds after which an end is looked at again: the clock may have been set, or the machine may have slept."""


async def watch_identity(connections: Connections, connection: str) -> AsyncGenerator[Identity, None]:
    """An identity now, whenever its credentials were renewed, and with a `problem` when they cannot be.

    It renews them in time itself. Until then next to nothing is done. Raises `ProblemError` for an
    identity that is not in the settings.
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
        wait = None if error.problem.needs else RENEW_AGAIN  # what is needed comes from the user, which wakes us
        return msgspec.structs.replace(known, problem=error.problem), wait
    return identity, _until_renewal(credentials)


def _until_renewal(credentials: Any) -> float | None:
    """Seconds until credentials can be renewed (again), or are looked at again; None if they do not end."""
    end = expiry_of(credentials)
    if end is None:
        return None
    left = end - time.time()
    advisory, mandatory = renewal_windows(credentials)
    if left > advisory:
        return min(left - advisory, LOOKED_AGAIN)
    return min(RENEW_AGAIN, max(left - mandatory if left > mandatory else left, 0.0))


async def _either(changed: asyncio.Event, seconds: float | None) -> None:
    """Return when there is a change, or so many seconds are over."""
    try:
        async with asyncio.timeout(seconds):
            await changed.wait()
    except TimeoutError:
        return
