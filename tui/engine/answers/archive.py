"""Restores of archived objects."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from tui.engine.rooms import Feeds, Rooms
from tui.model.archive.restoring import RestorePlan
from tui.protocol.messages.links import PlanRestore
from tui.transfers.archive.planning import plan_restore


async def plan(rooms: Rooms, feed: PlanRestore) -> AsyncGenerator[RestorePlan, None]:
    """What a restore would concern."""
    store = await rooms.store(feed.order.selection.connection)
    async with aclosing(plan_restore(feed.order, store)) as plans:
        async for each in plans:
            yield each


FEEDS: Feeds = {PlanRestore: plan}
