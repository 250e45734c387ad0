"""Restores of archived objects."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from tui.answering.handlers import Handlers
from tui.answering.rooms import Rooms
from tui.core.orders import RestorePlan
from tui.features.archive.values import PlanRestore, SubmitRestore
from tui.messages.order_requests import Accepted
from tui.transfers import restorer as planning

HANDLERS = Handlers()


@HANDLERS.feed(PlanRestore)
async def plan_restore(rooms: Rooms, feed: PlanRestore) -> AsyncGenerator[RestorePlan, None]:
    """What a restore would concern."""
    store = await rooms.store(feed.order.selection.connection)
    async with aclosing(planning.plan_restore(feed.order, store)) as plans:
        async for each in plans:
            yield each


@HANDLERS.request(SubmitRestore)
async def submit_restore(rooms: Rooms, request: SubmitRestore) -> Accepted:
    return Accepted(await rooms.transfers.submit(request.order, request.limits))
