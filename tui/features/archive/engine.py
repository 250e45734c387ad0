"""Restores of archived objects."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from tui.answering.handlers import Handlers
from tui.answering.rooms import Rooms
from tui.core.orders import RestorePlan
from tui.features.archive.values import PlanRestore
from tui.transfers import restorer as planning

HANDLERS = Handlers()


@HANDLERS.feed_from(PlanRestore)
async def plan_restore(rooms: Rooms, feed: PlanRestore) -> AsyncGenerator[RestorePlan, None]:
    return planning.plan_restore(feed.order, await rooms.store(feed.order.selection.connection))
