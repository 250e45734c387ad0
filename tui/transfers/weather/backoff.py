"""How long to wait before asking again."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits in seconds that double from `first` to at most `longest`."""

    first: float
    longest: float

    def full(self, tries: int) -> float:
        """The wait after so many tries (0: the first one)."""
        return min(self.longest, self.first * 2.0 ** min(tries, 32))

    def jittered(self, tries: int) -> float:
        """Any wait up to the full one, so that those who failed together do not come back together.

        "Full jitter" of the AWS Architecture Blog, "Exponential Backoff And Jitter".
        """
        return random.uniform(0.0, self.full(tries))  # noqa: S311  # nothing secret hangs on it


RETRIES = Backoff(first=0.25, longest=20.0)
"""Between the requests of one call: 8 retries take 26 s on average."""

PROBES = Backoff(first=1.0, longest=30.0)
"""Between two looks whether an identity works again."""
