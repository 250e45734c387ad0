"""The removal of a bucket with everything in it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from tui.engine.rooms import Feeds, Rooms
from tui.model.removal.bucket import RemovalPlan
from tui.protocol.messages.places import PlanRemoval
from tui.transfers.removal.removing import plan_removal


async def plan(rooms: Rooms, feed: PlanRemoval) -> AsyncGenerator[RemovalPlan, None]:
    """What the removal would delete."""
    store = await rooms.store(feed.order.selection.connection)
    async with aclosing(plan_removal(feed.order, store)) as plans:
        async for each in plans:
            yield each


FEEDS: Feeds = {PlanRemoval: plan}
