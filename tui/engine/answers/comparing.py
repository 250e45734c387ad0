"""Two places compared, and synchronised."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from tui.engine.rooms import Answers, Feeds, Rooms
from tui.model.comparing.comparison import ComparedRow, ComparisonState, ComparisonUpdate
from tui.protocol.messages.comparing import Compare
from tui.transfers.comparison.compare import Comparer
from tui.transfers.comparison.merging import Counter

MOST_ROWS = 1000
"""Rows that are sent at once."""

BETWEEN_UPDATES = 0.2
"""Seconds between two messages while there are few rows."""


async def compare(rooms: Rooms, feed: Compare) -> AsyncGenerator[ComparisonUpdate, None]:
    """Rows of the wanted states, and the counts of all."""
    comparison, wanted = feed.comparison, frozenset(feed.wanted)
    left, right = await rooms.store(comparison.left.connection), await rooms.store(comparison.right.connection)
    rows: list[ComparedRow] = []
    counter, sent = Counter(), 0.0
    steps = Comparer(comparison, left, right).run(every=ComparisonState.SAME in wanted)
    async with aclosing(steps) as compared:
        async for step in compared:
            rows += [row for row in step.rows if row.state in wanted]
            now = time.monotonic()
            if len(rows) >= MOST_ROWS or now - sent >= BETWEEN_UPDATES:
                sent = now
                yield ComparisonUpdate(rows, step.counter.counts)
                rows = []
            counter = step.counter
    yield ComparisonUpdate(rows, counter.counts, complete=True)


ANSWERS: Answers = {}
FEEDS: Feeds = {Compare: compare}
