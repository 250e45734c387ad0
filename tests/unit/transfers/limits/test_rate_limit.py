"""A throttle lets through what the rate allows, in turn, and a new rate applies at once."""

import asyncio

import pytest

from tui.transfers.limits.rate_limit import BURST_SECONDS, RateLimit


async def test_nothing_waits_without_a_rate() -> None:
    await asyncio.wait_for(RateLimit().take(1 << 40), 10)


class Timed(RateLimit):
    """One whose time passes only while it is waited for, so that a busy machine changes nothing."""

    def __init__(self, rate: int) -> None:
        self.now = 100.0
        super().__init__(rate, lambda: self.now)

    async def _wait(self, seconds: float) -> None:
        assert seconds <= BURST_SECONDS
        self.now += max(seconds, 1e-9)  # what is smaller would be lost in the sum


@pytest.mark.parametrize(("rate", "count", "seconds"), [(1000, 100, 0.5), (1000, 5000, 25.0), (10, 1, 0.5)])
async def test_it_takes_the_time_it_must_and_no_more(rate: int, count: int, seconds: float) -> None:
    throttle = Timed(rate)
    for _ in range(5):
        await throttle.take(count)
    assert throttle.now - 100.0 == pytest.approx(seconds)


async def test_what_was_not_used_is_saved_but_not_without_end() -> None:
    now = 0.0
    throttle = RateLimit(1000, clock=lambda: now)
    throttle.set_rate(1000)
    now = 3600.0
    await asyncio.wait_for(throttle.take(int(1000 * BURST_SECONDS)), 10)
    more = asyncio.create_task(throttle.take(1))
    await asyncio.wait([more], timeout=0.05)
    assert not more.done()
    throttle.set_rate(None)
    await asyncio.wait_for(more, 10)


async def test_another_rate_applies_at_once_to_all_waiters() -> None:
    throttle = RateLimit(1)
    waiting = [asyncio.create_task(throttle.take(1000)) for _ in range(3)]
    await asyncio.wait(waiting, timeout=0.05)
    assert not any(each.done() for each in waiting)
    throttle.set_rate(10_000_000)
    await asyncio.wait_for(asyncio.gather(*waiting), 10)


async def test_a_cancelled_waiter_delays_no_other() -> None:
    throttle = RateLimit(1)
    impatient, patient = asyncio.create_task(throttle.take(1000)), asyncio.create_task(throttle.take(1000))
    await asyncio.wait([impatient], timeout=0.05)
    impatient.cancel()
    await asyncio.wait([impatient])
    throttle.set_rate(None)
    await asyncio.wait_for(patient, 10)
