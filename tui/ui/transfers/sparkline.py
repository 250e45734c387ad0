"""The rate of the last minutes as a line of blocks. Pure."""

from __future__ import annotations

from collections import deque

STEPS = " ▁▂▃▄▅▆▇█"

STEP_SECONDS = 5.0
"""The time that one cell stands for."""

STEPS_KEPT = 60
"""Five minutes."""


class RateHistory:
    """The mean rate in bytes per second of each of the last `STEPS_KEPT` steps.

    Between two notes the rate is what the earlier one said: an engine says nothing while nothing changes.
    """

    def __init__(self) -> None:
        self._steps: deque[float] = deque(maxlen=STEPS_KEPT)
        self._begun = self._noted = 0.0
        self._rate = self._moved = 0.0

    def note(self, now: float, rate: float) -> None:
        """From `now` on (seconds since the epoch) it is `rate`."""
        if not self._noted or now < self._noted or now - self._noted > STEPS_KEPT * STEP_SECONDS:
            self._steps.clear()  # the first, a clock that was set, or nothing of it would be left
            self._begun, self._moved = now, 0.0
        else:
            self._run_to(now)
        self._noted, self._rate = now, rate

    def _run_to(self, now: float) -> None:
        """Account for the time since the last note, and close every step that has ended."""
        while now >= self._begun + STEP_SECONDS:
            end = self._begun + STEP_SECONDS
            self._steps.append((self._moved + self._rate * (end - self._noted)) / STEP_SECONDS)
            self._begun = self._noted = end
            self._moved = 0.0
        self._moved += self._rate * (now - self._noted)

    @property
    def steps(self) -> list[float]:
        """The mean rates, oldest first; the last is that of the step that has not ended."""
        return [*self._steps, self._rate]


def sparkline(rates: list[float], width: int) -> str:
    """The last `width` rates as blocks, right-aligned; the highest of them is a full one, nothing at all a space."""
    shown = rates[-width:] if width > 0 else []
    top = max(shown, default=0.0)
    blocks = (STEPS[max(1, round(rate / top * (len(STEPS) - 1)))] if rate > 0 else STEPS[0] for rate in shown)
    return "".join(blocks).rjust(width)
