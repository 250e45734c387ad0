"""Snapshots come on change, at most ten a second, and not at all otherwise."""

import asyncio
import time
from contextlib import aclosing

from tui.transfers.changes import BETWEEN_SNAPSHOTS, Changes


async def test_a_flood_of_changes_becomes_a_few_snapshots_that_end_with_the_last() -> None:
    changes, counted = Changes(), 0

    async def flood() -> None:
        nonlocal counted
        began = time.monotonic()
        while time.monotonic() - began < 5 * BETWEEN_SNAPSHOTS:
            counted += 1
            changes.touch()
            await asyncio.sleep(0)
        changes.end()

    flooding = asyncio.create_task(flood())
    async with aclosing(changes.snapshots(lambda: counted, lambda _: False)) as snapshots:
        seen = [each async for each in snapshots]
    await flooding
    assert counted > 100
    assert 3 <= len(seen) <= 8
    assert seen[-1] == counted


async def test_nothing_is_sent_when_nothing_changed() -> None:
    changes, value, taken = Changes(), 1, 0

    def take() -> int:
        nonlocal taken
        taken += 1
        return value

    async with aclosing(changes.snapshots(take, lambda _: False)) as snapshots:
        assert await anext(snapshots) == 1
        following = asyncio.ensure_future(anext(snapshots))
        changes.touch()  # without a difference
        await asyncio.wait([following], timeout=3 * BETWEEN_SNAPSHOTS)
        assert not following.done()
        before = taken
        await asyncio.wait([following], timeout=3 * BETWEEN_SNAPSHOTS)
        assert taken == before  # it does not even look
        value = 2
        changes.touch()
        assert await following == 2


async def test_what_fades_is_looked_at_without_being_touched() -> None:
    changes, values = Changes(), iter([3, 2, 1, 0])

    async with aclosing(changes.snapshots(lambda: next(values, 0), lambda value: value > 0)) as snapshots:
        assert await anext(snapshots) == 3
        assert await asyncio.wait_for(anext(snapshots), 5) == 2


async def test_who_stops_watching_is_forgotten() -> None:
    changes = Changes()
    snapshots = changes.snapshots(lambda: 1, lambda _: False)
    await anext(snapshots)
    await snapshots.aclose()
    assert not changes._watchers
