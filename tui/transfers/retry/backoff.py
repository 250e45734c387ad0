"""How long to wait between retries, and how many retries an object has."""

from __future__ import annotations

import random
from contextvars import ContextVar
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
        """Any wait up to the full one, so that requests that failed together are not repeated together.

        "Full jitter" of the AWS Architecture Blog, "Exponential Backoff And Jitter".
        """
        return random.uniform(0.0, self.full(tries))  # noqa: S311  # nothing secret hangs on it


RETRIES = Backoff(first=0.25, longest=20.0)
"""Between the requests of one call: 8 retries take 26 s on average."""

PROBES = Backoff(first=1.0, longest=30.0)
"""Between two looks whether an identity works again."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """Retries that a budget starts with: of each single call, and of the whole object."""

    each: int = 8
    whole: int = 64


class Budget:
    """The retries of one object. What succeeds earns one back, so that a large object is not failed for its size."""

    def __init__(self, allowance: Allowance | None = None) -> None:
        self._allowance = allowance or Allowance()
        self._left = self._allowance.whole
        self.used = 0
        """Requests that were made again: `ObjectResult.retries`."""
        self._recreated: set[tuple[str, str]] = set()

    def spend(self, tried: int) -> bool:
        """Take a retry for a call that was retried `tried` times already; False when there is none left."""
        if self._left <= 0 or tried >= self._allowance.each:
            return False
        self._left -= 1
        self.used += 1
        return True

    def earn(self) -> None:
        """A call has succeeded."""
        self._left = min(self._left + 1, self._allowance.whole)

    def recreate(self, bucket: str, key: str) -> None:
        """A multipart upload is begun once more, because the answer to the first request was lost."""
        self._recreated.add((bucket, key))

    def was_recreated(self, bucket: str, key: str) -> bool:
        """Whether the server may have another upload for this key, whose id is unknown; True only once."""
        found = (bucket, key) in self._recreated
        self._recreated.discard((bucket, key))
        return found


budget: ContextVar[Budget | None] = ContextVar("budget", default=None)
"""The budget of the object that the current task is about; without one each call has a budget of its own."""
