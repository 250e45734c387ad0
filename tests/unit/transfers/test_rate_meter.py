"""Rate and time left, by a clock that the test moves."""

import pytest

from tui.transfers.rate_meter import STEP, WINDOW, Meter


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_nothing_has_no_rate_and_no_end(clock: Clock) -> None:
    meter = Meter(clock)
    assert meter.rate() == 0.0
    assert meter.eta(100) is None
    assert meter.eta(0) == 0.0


def test_an_even_flow(clock: Clock) -> None:
    meter = Meter(clock)
    meter.start()
    for _ in range(100):
        clock.now += 0.5
        meter.add(50)
    assert meter.rate() == pytest.approx(100, rel=0.06)
    assert meter.eta(1000) == pytest.approx(10, rel=0.06)


def test_the_first_seconds_count_from_the_start(clock: Clock) -> None:
    meter = Meter(clock)
    meter.start()
    clock.now += 2
    meter.add(200)
    assert meter.rate() == 100


def test_the_first_instant_is_no_infinite_rate(clock: Clock) -> None:
    meter = Meter(clock)
    meter.add(100)
    assert meter.rate() == 100 / STEP


def test_a_stalled_flow_sinks_to_nothing(clock: Clock) -> None:
    meter = Meter(clock)
    meter.start()
    clock.now += 1
    meter.add(1000)
    rates = []
    for _ in range(12):
        clock.now += 1
        rates.append(meter.rate())
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == 0.0
    assert meter.eta(1) is None


def test_it_remembers_no_more_than_its_window(clock: Clock) -> None:
    meter = Meter(clock)
    for _ in range(100_000):
        clock.now += 0.001
        meter.add(1)
    assert meter.rate() == pytest.approx(1000, rel=0.05)
    assert len(meter._steps) <= WINDOW / STEP + 2


def test_a_slow_flow_has_an_end_too(clock: Clock) -> None:
    """Less than a byte a second."""
    meter = Meter(clock)
    meter.start()
    clock.now += 4
    meter.add(2)
    assert meter.rate() == 0.5
    assert meter.eta(10) == 20
