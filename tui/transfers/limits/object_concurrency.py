"""How many objects of a transfer are under way at once: as many as its line and its servers need to be kept busy."""

from __future__ import annotations

import math

WINDOW = 0.25
"""Seconds over which the rate is measured, at least."""

FORGOTTEN = 0.95
"""What is left of the best rate after each window: the line may have become slower."""


class ObjectConcurrency:
    """A number between `least` and `most`, by Little's law: objects under way = rate × time per object.

    It is twice the best rate that was reached times the shortest time that an object took. So it grows as long as that
    raises the rate: far over a line with a long round trip, hardly over one without, where the processor is the bound.
    The shortest time has little waiting for the processor in it, which would make the number grow by itself.
    """

    def __init__(self, least: int, most: int, now: float) -> None:
        """`now`: seconds of a monotonic clock."""
        self.number = least
        self._least, self._most, self._since = least, most, now
        self._shortest, self._best, self._count = math.inf, 0.0, 0

    def copied(self, seconds: float, now: float) -> bool:
        """An object was copied, which took so long, and ended `now`; returns whether `number` has changed."""
        self._shortest = min(self._shortest, max(seconds, 0.0))
        self._count += 1
        measured = now - self._since
        if measured < max(WINDOW, self._shortest):
            return False
        self._best = max(self._best * FORGOTTEN, self._count / measured)
        self._since, self._count = now, 0
        number = max(self._least, min(self._most, math.ceil(2 * self._best * self._shortest)))
        changed, self.number = number != self.number, number
        return changed
