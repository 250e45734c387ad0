"""Compare and sync two locations."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from tui.answering.handlers import Handlers
from tui.answering.rooms import Rooms
from tui.core.problem import LeftOutError, Problem, ProblemError
from tui.features.sync.compare import Comparer, as_meant
from tui.features.sync.merged_names import StateCounter
from tui.features.sync.values import Compare, ComparedRow, ComparisonState, ComparisonUpdate, PlanSync, SyncPlan

HANDLERS = Handlers()

MOST_ROWS = 1000
"""Rows of one message."""

LISTS = "to-delete"
"""The directory for lists of what syncs may delete."""

BETWEEN_UPDATES = 0.2
"""Seconds between two messages if there are few rows."""


@HANDLERS.feed(Compare)
async def compare(rooms: Rooms, feed: Compare) -> AsyncGenerator[ComparisonUpdate, None]:
    wanted, places = tuple(feed.wanted), (feed.comparison.left, feed.comparison.right)
    left, right = [await rooms.store(place.connection) for place in places]
    comparison = await as_meant(feed.comparison, left, right)
    rows: list[ComparedRow] = []
    unlisted: Problem | None = None
    counter, sent = StateCounter(), 0.0
    unfit: Mapping[str, int] = {}
    steps = Comparer(comparison, left, right).run(every=ComparisonState.SAME in wanted)
    try:
        async with aclosing(steps) as compared:
            async for step in compared:
                counter, unfit = step.counter, step.unfit
                rows += [row for row in step.rows if row.state in wanted]
                now = time.monotonic()
                if len(rows) >= MOST_ROWS or now - sent >= BETWEEN_UPDATES:
                    sent = now
                    yield ComparisonUpdate(rows, counter.counts)
                    rows = []
    except LeftOutError as error:
        unlisted = error.problem
    except ProblemError:
        yield ComparisonUpdate(rows, counter.counts)  # send the rows from before the failure, too
        raise
    yield ComparisonUpdate(rows, counter.counts, complete=True, unlisted=unlisted, unfit=dict(unfit))


@HANDLERS.feed_from(PlanSync)
async def plan_sync(rooms: Rooms, feed: PlanSync) -> AsyncGenerator[SyncPlan, None]:
    """The plan of a sync. A list beside the journal names what it would delete."""
    from tui.features.sync.plan_sync import plan_sync

    source, target = await rooms.stores(feed.order)
    return plan_sync(feed.order, source, target, await rooms.lists(LISTS))
