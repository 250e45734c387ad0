"""How many requests an endpoint is asked at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from hypothesis import given
from hypothesis import strategies as st

from tui.transfers.limits.endpoint_concurrency import ConcurrencyLimit


@asynccontextmanager
async def place(limit: ConcurrencyLimit) -> AsyncIterator[int]:
    token = await limit.enter()
    try:
        yield token
    finally:
        limit.leave()


async def under_way(limit: ConcurrencyLimit, stack: AsyncExitStack, count: int) -> list[int]:
    return [await stack.enter_async_context(place(limit)) for _ in range(count)]


async def test_a_slowdown_halves_what_is_under_way_once_for_all_that_were_sent_before() -> None:
    limit = ConcurrencyLimit(most=100)
    async with AsyncExitStack() as stack:
        tokens = await under_way(limit, stack, 40)
        for token in tokens:
            limit.slow_down(token)
        assert limit.width == 20
    async with AsyncExitStack() as stack:
        [token] = await under_way(limit, stack, 1)
        limit.slow_down(token)
        assert limit.width == 1
        limit.slow_down(token)
        assert limit.width == 1


async def test_it_widens_by_one_for_a_whole_width_of_successes() -> None:
    limit = ConcurrencyLimit(most=5)
    async with AsyncExitStack() as stack:
        for token in await under_way(limit, stack, 4):
            limit.slow_down(token)
    widths = []
    for _ in range(20):
        limit.succeeded()
        widths.append(limit.width)
    assert widths[:9] == [2, 3, 3, 3, 4, 4, 4, 4, 5]
    assert max(widths) == 5


async def test_waiting_requests_are_admitted_in_order() -> None:
    limit = ConcurrencyLimit(most=1)
    order: list[int] = []

    async def one(number: int) -> None:
        async with place(limit):
            order.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(one(number) for number in range(5)))
    assert order == list(range(5))
    assert limit.under_way == 0


@given(st.lists(st.integers(0, 3), max_size=40))
def test_cancelling_loses_no_place(steps: list[int]) -> None:
    async def run() -> None:
        limit, go_on = ConcurrencyLimit(most=2), asyncio.Event()

        async def one() -> None:
            async with place(limit):
                await go_on.wait()

        tasks: list[asyncio.Task[None]] = []
        for step in steps:
            if step == 0 and tasks:
                tasks[len(tasks) // 2].cancel()
            elif step == 1:
                await asyncio.sleep(0)
            else:
                tasks.append(asyncio.create_task(one()))
        go_on.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert limit.under_way == 0
        async with asyncio.timeout(1), place(limit), place(limit):
            assert limit.under_way == 2

    asyncio.run(run())
