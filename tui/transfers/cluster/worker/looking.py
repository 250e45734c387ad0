"""What a worker finds on its own machine: its profiles, and the way to the endpoints. No transfer is needed for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tui.accounts.connections import Connections
from tui.model.identity import Identity
from tui.model.problem import Problem, ProblemError, ProblemKind

SECONDS = 5.0
"""So long is waited for an endpoint."""
_PORTS = {"http": 80, "https": 443}


async def look_around(connections: Sequence[str], endpoints: Sequence[str]) -> dict[str, Any]:
    """The identity of each connection (or what it fails for), and why each endpoint cannot be reached; for msgspec."""
    made = Connections()
    try:
        identities = {each: await _identity(made, each) for each in connections}
    finally:
        await made.close()
    ways = {each: await _unreachable(each) for each in endpoints}
    return msgspec.to_builtins({"identities": identities, "endpoints": ways})  # type: ignore[no-any-return]  # a dict


async def _identity(connections: Connections, name: str) -> Identity | Problem:
    try:
        return await connections.identity(name)
    except ProblemError as error:
        return error.problem


async def _unreachable(endpoint: str) -> Problem | None:
    parts = urlsplit(endpoint)
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or _PORTS.get(parts.scheme, 443))
            writer.close()
    except (OSError, TimeoutError) as error:
        return Problem(
            kind=ProblemKind.UNREACHABLE,
            title=f"{endpoint} cannot be reached",
            cause=str(error) or f"no answer within {SECONDS:g} s",
            remedy="open the way from this worker to the endpoint",
        )
    return None
