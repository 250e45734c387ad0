"""What a worker finds on its own machine: its profiles, and the way to the endpoints. No transfer is needed for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tui.aws.connections import Connections
from tui.core.identity import Identity
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.transfers.cluster.client.messages import Around

SECONDS = 5.0
"""So long is waited for an endpoint."""
_PORTS = {"http": 80, "https": 443}


async def look_around(connections: Sequence[str], endpoints: Sequence[str]) -> dict[str, Any]:
    """What there is `Around` this worker, as builtins: Dask pickles no types of ours."""
    made, identities, refusals = Connections(), dict[str, Identity](), dict[str, Problem]()
    try:
        for each in connections:
            try:
                identities[each] = await made.identity(each)
            except ProblemError as error:
                refusals[each] = error.problem
    finally:
        await made.close()
    ways = [await _unreachable(each) for each in endpoints]
    found = Around(identities, refusals, [each for each in ways if each])
    return msgspec.to_builtins(found)  # type: ignore[no-any-return]  # a dict


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
