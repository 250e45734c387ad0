"""A throttle lets through what the rate allows, in turn, and heeds another rate at once."""

import asyncio

from tui.transfers.throttle import BURST_SECONDS, Throttle


async def test_without_a_rate_nobody_waits() -> None:
    await asyncio.wait_for(Throttle().take(1 << 40), 1)


async def test_it_takes_the_time_it_must() -> None:
    loop, throttle = asyncio.get_running_loop(), Throttle(1000)
    began = loop.time()
    for _ in range(5):
        await throttle.take(100)
    assert loop.time() - began >= 0.5 - 0.05


async def test_what_was_not_used_is_saved_but_not_without_end() -> None:
    now = 0.0
    throttle = Throttle(1000, clock=lambda: now)
    throttle.set_rate(1000)
    now = 3600.0
    await asyncio.wait_for(throttle.take(int(1000 * BURST_SECONDS)), 1)
    more = asyncio.create_task(throttle.take(1))
    await asyncio.wait([more], timeout=0.05)
    assert not more.done()
    throttle.set_rate(None)
    await asyncio.wait_for(more, 1)


async def test_another_rate_holds_at_once_for_all_who_wait() -> None:
    throttle = Throttle(1)
    waiting = [asyncio.create_task(throttle.take(1000)) for _ in range(3)]
    await asyncio.wait(waiting, timeout=0.05)
    assert not any(each.done() for each in waiting)
    throttle.set_rate(10_000_000)
    await asyncio.wait_for(asyncio.gather(*waiting), 1)


async def test_who_gives_up_holds_up_nobody() -> None:
    throttle = Throttle(1)
    impatient, patient = asyncio.create_task(throttle.take(1000)), asyncio.create_task(throttle.take(1000))
    await asyncio.wait([impatient], timeout=0.05)
    impatient.cancel()
    await asyncio.wait([impatient])
    throttle.set_rate(None)
    await asyncio.wait_for(patient, 1)
