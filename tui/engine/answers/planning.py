"""The route card of a copy, and whether S3 can carry it out in a job."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from msgspec.structs import replace

from tui.accounts.control_plane import Service
from tui.engine.rooms import Answers, Feeds, Rooms
from tui.model.orders import CopyOrder
from tui.model.plan import Pace, RouteCard
from tui.model.problem import ProblemError
from tui.protocol.messages.transfers import AskEngines, EnginesAnswer, PlanCopy
from tui.transfers.order.sides import same_service
from tui.transfers.pace import pace_of
from tui.transfers.plan.route_card import plan_copy

TWO_SERVICES = "S3 copies by itself only within one S3 service: the bytes must pass this machine, or workers"
NO_ACCOUNT = "the account number of {} is not known"
NO_CONTROL = "the target's service has no S3 Batch Operations: {}"


async def plan(rooms: Rooms, feed: PlanCopy) -> AsyncGenerator[RouteCard, None]:
    """The route card of a copy."""
    source, target = await rooms.stores(feed.order)
    pace = await _pace(rooms)
    async with aclosing(plan_copy(feed.order, source, target, await rooms.owners(feed.order))) as cards:
        async for card in cards:
            yield replace(card, pace=pace)


async def _pace(rooms: Rooms) -> Pace:
    """As measured by the transfers that the journal has."""
    if rooms.queue is None:
        return Pace()
    async with aclosing(rooms.queue.watch()) as lists:
        return pace_of((await anext(lists)).transfers)


async def ask_engines(rooms: Rooms, request: AskEngines) -> EnginesAnswer:
    """The pace, and where it matters whether both sides are of one service that has jobs."""
    refused = await _refused(rooms, request.order) if request.jobs else None
    return EnginesAnswer(await _pace(rooms), refused)


async def _refused(rooms: Rooms, order: CopyOrder) -> str:
    """Why no job can do it: AWS has jobs, another service is asked to list them."""
    source, target = await rooms.stores(order)
    if not (same_service(source, target) and target.capabilities.copies):
        return TWO_SERVICES
    connection, plane = order.destination.connection, rooms.control_plane
    if await plane.has_own_endpoint(connection, Service.S3_CONTROL):
        return ""
    account = (await rooms.identity(connection)).account
    if not account:
        return NO_ACCOUNT.format(target.label)
    try:
        await plane.read(connection, Service.S3_CONTROL, "ListJobs", AccountId=account, MaxResults=1)
    except ProblemError as error:
        return NO_CONTROL.format(error.problem.sentence())
    return ""


ANSWERS: Answers = {AskEngines: ask_engines}

FEEDS: Feeds = {PlanCopy: plan}
