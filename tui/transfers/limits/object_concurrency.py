"""How many objects of a transfer are under way at once: as many as its line and its servers need to be kept busy."""

from __future__ import annotations

import math

WINDOW = 0.25
"""Seconds over which the rate is measured, at least."""

FORGOTTEN = 0.95
"""What is left of the best rate after each window: the line may have become slower."""


EXPECTED = 3000.0
"""Objects a second that are expected before a rate is measured: as many as one processor copies over a fast line."""

SMALL = 1024 * 1024
"""Bytes up to which the time that an object takes is that of its requests."""


class ObjectConcurrency:
    """A number between `least` and `most`, by Little's law: objects under way = rate × time per object.

    It is twice the best rate that was reached times the shortest time that an object took. So it grows as long as that
    raises the rate: far over a line with a long round trip, hardly over one without, where the processor is the bound.
    The shortest time has little waiting for the processor in it, which would make the number grow by itself.

    Before a rate is known, the shortest time of the first `least` small objects says how many are needed for the
    `EXPECTED` one.
    """

    def __init__(self, least: int, most: int, now: float) -> None:
        """`now`: seconds of a monotonic clock."""
        self.number = least
        self._least, self._most, self._since = least, most, now
        self._shortest, self._best, self._count = math.inf, 0.0, 0
        self._small = 0

    def copied(self, seconds: float, now: float, size: int | None = None) -> bool:
        """An object of so many bytes, or (None) a part, was copied, which took so long, and ended `now`.

        Returns whether `number` has changed.
        """
        self._shortest = min(self._shortest, max(seconds, 0.0))
        self._count += 1
        measured = now - self._since
        if measured < max(WINDOW, self._shortest):
            self._small += size is not None and size <= SMALL
            return self._small == self._least and self._guess()
        self._best = max(self._best * FORGOTTEN, self._count / measured)
        self._since, self._count = now, 0
        return self._set(2 * self._best * self._shortest)

    def _guess(self) -> bool:
        self._small += 1  # once
        return self._set(EXPECTED * self._shortest)

    def _set(self, wanted: float) -> bool:
        number = max(self._least, min(self._most, math.ceil(wanted)))
        changed, self.number = number != self.number, number
        return changed
