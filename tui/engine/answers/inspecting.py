"""What is known about an object or bucket, and why a request was denied."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING

from tui.engine.rooms import Answers, Feeds, Rooms
from tui.model.facts import Fact, FactName, Finding
from tui.model.location import Location
from tui.protocol.messages.inspecting import Explain, Explanation, Inspect, InspectorUpdate

if TYPE_CHECKING:
    from tui.inspection.context import Context


async def inspect(rooms: Rooms, feed: Inspect) -> AsyncGenerator[InspectorUpdate, None]:
    """Facts as they arrive, and what follows from them."""
    async with aclosing(_inspected(rooms, feed.location, feed.connection, feed.other)) as updates:
        async for fact, findings in updates:
            yield InspectorUpdate(fact, findings)


async def _inspected(
    rooms: Rooms, location: Location, connection: str, other: str | None
) -> AsyncGenerator[tuple[Fact, list[Finding]], None]:
    from tui.inspection.inspect import inspect  # no list waits for this room to be imported

    mine, theirs = await rooms.store(connection), await rooms.store(other) if other else None
    known = await context(rooms, connection, other)
    find_path = partial(rooms.paths.find, identities=known.identities)
    async with aclosing(inspect(location, mine, theirs, known, find_path)) as updates:
        async for update in updates:
            yield update


async def context(rooms: Rooms, connection: str, other: str | None) -> Context:
    """What rules need to know besides the facts."""
    from tui.inspection.context import Context

    return Context(
        mine=await rooms.identity(connection),
        other=await rooms.identity(other) if other else None,
        book=rooms.addresses.book,
        now=time.time(),
    )


async def explain(rooms: Rooms, request: Explain) -> Explanation:
    """Gather what is known about the place of a denial, and say what follows for the request that was denied."""
    from tui.inspection.diagnosis import explain_denial

    if not request.problem.permission:
        return Explanation([])  # a refusal without an IAM action says all there is
    facts: dict[FactName, Fact] = {}
    async with aclosing(_inspected(rooms, request.location, request.connection, request.other)) as updates:
        async for fact, _ in updates:
            facts[fact.name] = fact
    known = await context(rooms, request.connection, request.other)
    return Explanation(explain_denial(request.problem, list(facts.values()), request.location, known))


ANSWERS: Answers = {Explain: explain}
FEEDS: Feeds = {Inspect: inspect}
