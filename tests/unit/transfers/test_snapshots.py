"""Snapshots come on change, of numbers at most two a second, and not at all otherwise."""

import asyncio
import time
from contextlib import aclosing

import pytest

from tui.transfers.snapshots import BETWEEN_NUMBERS, BETWEEN_SNAPSHOTS, Changes


async def test_a_flood_of_changes_becomes_a_few_snapshots_that_end_with_the_last() -> None:
    changes, counted = Changes(), 0

    async def flood() -> None:
        nonlocal counted
        began = time.monotonic()
        while time.monotonic() - began < 3 * BETWEEN_NUMBERS:
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
        await asyncio.wait([following], timeout=3 * BETWEEN_NUMBERS)
        assert not following.done()
        before = taken
        await asyncio.wait([following], timeout=3 * BETWEEN_NUMBERS)
        assert taken == before  # it does not even look
        value = 2
        changes.touch()
        assert await following == 2


async def test_what_is_urgent_does_not_wait_for_the_next_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.transfers.snapshots.BETWEEN_NUMBERS", 3600.0)
    changes, value = Changes(), 1
    async with aclosing(changes.snapshots(lambda: value, lambda _: False)) as snapshots:
        assert await anext(snapshots) == 1
        value = 2
        following = asyncio.ensure_future(anext(snapshots))
        await asyncio.sleep(0)
        changes.touch()  # a number: in an hour
        await asyncio.wait([following], timeout=3 * BETWEEN_SNAPSHOTS)
        assert not following.done()
        changes.touch(urgent=True)
        assert await asyncio.wait_for(following, 10) == 2


async def test_numbers_come_twice_a_second() -> None:
    changes, value, loop = Changes(), 1, asyncio.get_running_loop()
    async with aclosing(changes.snapshots(lambda: value, lambda _: False)) as snapshots:
        assert await anext(snapshots) == 1
        value, began = 2, loop.time()
        following = asyncio.ensure_future(anext(snapshots))
        await asyncio.sleep(0)
        changes.touch()
        assert await following == 2
        assert loop.time() - began >= BETWEEN_NUMBERS - 0.01


async def test_what_fades_is_looked_at_without_being_touched() -> None:
    changes, values = Changes(), iter([3, 2, 1, 0])

    async with aclosing(changes.snapshots(lambda: next(values, 0), lambda value: value > 0)) as snapshots:
        assert await anext(snapshots) == 3
        assert await asyncio.wait_for(anext(snapshots), 5) == 2


async def test_a_watcher_that_stops_is_forgotten() -> None:
    changes = Changes()
    snapshots = changes.snapshots(lambda: 1, lambda _: False)
    await anext(snapshots)
    await snapshots.aclose()
    assert not changes._watchers
