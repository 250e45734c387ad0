"""How many objects are under way at once, on lines and servers that are computed."""

import pytest

from tui.model.s3_limits import KIB, MIB
from tui.transfers.limits.object_concurrency import EXPECTED, WINDOW, ObjectConcurrency

LEAST, MOST = 32, 256


def number_after(seconds: float, round_trip: float, rate: float) -> int:
    """The number after that time, where an object takes a round trip, and only so many a second can be copied."""
    now = 0.0
    concurrency = ObjectConcurrency(LEAST, MOST, now)
    while now < seconds:
        reached = min(rate, concurrency.number / round_trip)
        now += 1 / reached
        concurrency.copied(max(round_trip, concurrency.number / reached), now, KIB)
    return concurrency.number


@pytest.mark.parametrize(
    ("round_trip", "rate", "least", "most"),
    [
        (0.002, 1000, LEAST, 2 * LEAST + 3),
        (0.02, 500, LEAST, 2 * LEAST + 3),
        (0.05, 1000, 50, 110),
        (0.1, 800, 80, 170),
        (0.2, 4000, MOST, MOST),
    ],
)
def test_it_keeps_the_line_busy_and_little_more(round_trip: float, rate: float, least: int, most: int) -> None:
    assert least <= number_after(10, round_trip, rate) <= most


def test_a_long_line_is_filled_within_two_seconds() -> None:
    assert number_after(2, 0.1, 4000) == MOST


def test_objects_that_wait_for_the_processor_are_no_reason_for_more_of_them() -> None:
    assert number_after(60, 0.04, 700) <= 2 * LEAST + 3


def test_it_becomes_fewer_where_the_line_becomes_slower() -> None:
    concurrency = ObjectConcurrency(LEAST, MOST, 0.0)
    now = 0.0
    for _ in range(2000):
        now += 1 / 2000
        concurrency.copied(0.05, now, KIB)
    assert concurrency.number > 150
    for _ in range(3000):
        now += 1 / 100
        concurrency.copied(0.05, now, KIB)
    assert concurrency.number == LEAST


def test_a_clock_that_is_set_back_does_no_harm() -> None:
    concurrency = ObjectConcurrency(LEAST, MOST, 0.0)
    assert not concurrency.copied(-5.0, 1.0, KIB)
    assert concurrency.number == LEAST


def first_round(size: int, *, seconds: float = 0.05) -> ObjectConcurrency:
    """After the objects that are begun together have ended, before there is a window to measure a rate in."""
    concurrency = ObjectConcurrency(LEAST, MOST, 0.0)
    for number in range(LEAST):
        concurrency.copied(1.0 if number == 0 else seconds, WINDOW / 2, size)
    return concurrency


def test_the_first_small_objects_say_how_many_a_long_line_needs() -> None:
    assert first_round(16 * KIB).number == EXPECTED * 0.05
    assert first_round(16 * KIB, seconds=0.002).number == LEAST, "the first one, which learns, has no say"


def test_large_objects_are_long_under_way_for_their_size() -> None:
    assert first_round(64 * MIB).number == LEAST
