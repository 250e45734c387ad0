"""How fast it goes, and how long it will take."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

WINDOW = 10.0
"""Seconds that the rate looks back."""

STEP = 0.25
"""Seconds whose bytes are counted together: it bounds what a meter remembers."""


class BusyTime:
    """Seconds in which something was done: pauses, questions and waits do not count."""

    def __init__(self, seconds: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        """`seconds` are those of earlier runs; `clock` as in `Meter`."""
        self.seconds = seconds
        self._clock = clock
        self._step = -1

    def note(self) -> None:
        """Something was done now: all of this `STEP` counts."""
        step = int(self._clock() / STEP)
        if step != self._step:
            self._step = step
            self.seconds += STEP


class Meter:
    """Bytes per second over a moving window. Rates of an idle meter sink to 0 within the window."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds that never run backwards."""
        self._clock = clock
        self._steps: deque[tuple[float, int]] = deque()
        self._began: float | None = None

    def add(self, count: int) -> None:
        """Count bytes that have arrived now."""
        now = self._clock()
        if self._began is None:
            self._began = now
        if self._steps and now - self._steps[-1][0] < STEP:
            began, counted = self._steps[-1]
            self._steps[-1] = (began, counted + count)
        else:
            self._steps.append((now, count))

    def start(self) -> None:
        """Work begins now: time without a byte counts, too."""
        if self._began is None:
            self._began = self._clock()

    def rate(self) -> float:
        """Bytes per second over the last `WINDOW` seconds, or since the start if that is shorter."""
        now = self._clock()
        while self._steps and now - self._steps[0][0] > WINDOW:
            self._steps.popleft()
        if self._began is None or not self._steps:
            return 0.0
        span = max(min(WINDOW, now - self._began), STEP)
        return sum(count for _, count in self._steps) / span

    def eta(self, remaining: int) -> float | None:
        """Seconds until `remaining` bytes have arrived at this rate; None if that is not known."""
        if remaining <= 0:
            return 0.0
        rate = self.rate()
        return remaining / rate if rate > 0 else None
