"""Work on many items: so many at a time, in their order, with nothing left running."""

import asyncio

import pytest

from tui.transfers.tasks import AT_ONCE, in_batches


async def test_results_come_in_the_items_order_and_no_more_than_so_many_run() -> None:
    running = most = 0

    async def work(item: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(1 + item % 5):
            await asyncio.sleep(0)
        running -= 1
        return -item

    items = range(3 * AT_ONCE + 1)
    assert await in_batches(work, items) == [-item for item in items]
    assert most == AT_ONCE
    assert await in_batches(work, []) == []


async def test_an_error_passes_as_it_is_when_the_others_have_ended() -> None:
    ended: list[int] = []

    async def work(item: int) -> None:
        if item == 1:
            raise LookupError(item)
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(item)

    with pytest.raises(LookupError):
        await in_batches(work, range(3))
    assert sorted(ended) == [0, 2]


async def test_an_error_waits_for_those_that_take_a_while_to_end() -> None:
    ended: list[int] = []

    async def work(item: int) -> None:
        if item == 1:
            raise LookupError(item)
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(10):
                await asyncio.sleep(0)
            ended.append(item)

    with pytest.raises(LookupError):
        await in_batches(work, range(3))
    assert sorted(ended) == [0, 2]


async def test_cancelling_ends_what_is_under_way() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work(_: int) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.create_task(in_batches(work, [1]))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
