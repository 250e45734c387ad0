"""Whether something that a server need not know is worth trying, by how it went so far."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

MOST_FAILURES = 8
"""In a row, after which it is not tried for a while: the network may be down, or the server busy."""
WHILE = 60.0
"""Seconds."""


class Trial:
    """One thing that is tried with one server."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """`clock` gives seconds that never run backwards."""
        self._clock = clock
        self._failures, self._refused, self._again = 0, False, 0.0

    @property
    def is_over(self) -> bool:
        """Whether it is not to be tried now."""
        return self._refused or self._clock() < self._again

    def succeeded(self) -> None:
        """It has worked."""
        self._failures = 0

    def failed(self, *, for_good: bool = False) -> None:
        """It has not; `for_good`: nor would it at any other time."""
        self._failures += 1
        self._refused = self._refused or for_good
        if self._failures >= MOST_FAILURES:
            self._failures, self._again = 0, self._clock() + WHILE
