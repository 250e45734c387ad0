"""How many parts of one object are written while they are read, on lines that are computed."""

from __future__ import annotations

import asyncio

import pytest

from tui.transfers.limits.fair_semaphore import FairSemaphore
from tui.transfers.limits.stream_concurrency import FIRST, StreamConcurrency

MOST = 32


class Clock:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def number_after(seconds: float, part_seconds: float, rate: float) -> int:
    """The number after that time, where a part takes so long at least, and so many a second are possible."""
    clock = Clock()
    streams = StreamConcurrency(FairSemaphore(MOST), MOST, clock)
    while clock.now < seconds:
        reached = min(rate, streams.number / part_seconds)
        clock.now += 1 / reached
        streams.ended(clock.now - max(part_seconds, streams.number / reached), well=True)
    return streams.number


@pytest.mark.parametrize(
    ("part_seconds", "rate", "least", "most"),
    [(0.02, 100, FIRST, 2 * FIRST + 2), (0.13, 1000, MOST, MOST), (0.2, 60, 20, 26)],
    ids=["near", "far", "far and narrow"],
)
def test_as_many_as_the_line_needs(part_seconds: float, rate: float, least: int, most: int) -> None:
    assert least <= number_after(5, part_seconds, rate) <= most


def test_after_a_failure_there_are_fewer() -> None:
    clock = Clock()
    streams = StreamConcurrency(FairSemaphore(MOST), MOST, clock)
    for left in (FIRST // 2, FIRST // 4, 1, 1):
        streams.ended(clock.now, well=False)
        assert streams.number == left


async def test_no_more_than_all_transfers_may_have() -> None:
    shared = FairSemaphore(3)
    streams, now, most = [StreamConcurrency(shared, MOST, Clock()) for _ in range(2)], 0, 0

    async def one(concurrency: StreamConcurrency, transfer: str) -> None:
        nonlocal now, most
        async with concurrency.one(transfer):
            now += 1
            most = max(most, now)
            await asyncio.sleep(0)
            now -= 1

    await asyncio.gather(
        *(one(concurrency, str(number)) for number, concurrency in enumerate(streams) for _ in range(10))
    )
    assert (now, most) == (0, 3)
