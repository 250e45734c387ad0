"""Presigned links."""

from __future__ import annotations

import asyncio

from tui.answering.handlers import Handlers
from tui.answering.rooms import Rooms
from tui.core.location import Location
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.links.values import MOST_LINKS, LinkMethod, Presign, Presigned

HANDLERS = Handlers()

_AT_ONCE = 8
"""Objects that are looked at concurrently."""


@HANDLERS.request(Presign)
async def presign(rooms: Rooms, request: Presign) -> Presigned:
    """Raises `ProblemError` if the identity cannot sign, or must not write."""
    from tui.features.links.presigning import (  # imported late, so that listing starts without it
        find_region,
        presign,
        prospects,
        refusal,
    )

    identity, options = await rooms.identity(request.connection), request.options
    if problem := refusal(identity, options):
        raise ProblemError(problem)
    if len(request.locations) > MOST_LINKS:
        title = f"at most {MOST_LINKS} links at once"
        raise ProblemError(Problem(ProblemKind.INVALID, title, remedy="mark fewer objects"))
    store = await rooms.store(request.connection)
    connection = await rooms.connections.get(request.connection)
    for bucket in {place.bucket for place in request.locations}:
        if options.method is LinkMethod.PUT and (forbidden := await store.write_refusal(bucket)):
            raise ProblemError(forbidden)
        await find_region(connection, bucket)
    turn = asyncio.Semaphore(_AT_ONCE)

    async def look(place: Location) -> tuple[str, ...]:
        async with turn:
            return await prospects(store, place, options, connection.endpoint)

    async with asyncio.TaskGroup() as group:
        looks = [group.create_task(look(place)) for place in request.locations]
    seen = zip(request.locations, looks, strict=True)
    return Presigned([await presign(connection, identity, place, options, each.result()) for place, each in seen])
