"""What became of each object of a transfer: kept within bounds, and followed by those who want to know."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from itertools import takewhile

from tui.model.transfer import ObjectResult, Outcome
from tui.transfers.changes import Changes
from tui.transfers.limits import TransferLimits

Numbered = tuple[int, ObjectResult]


class ResultLog:
    """The latest results of one transfer: so many good ones and so many failures, in the order they came.

    Who follows from the start gets every result, unless it falls so far behind that the oldest are gone.
    """

    def __init__(self, limits: TransferLimits) -> None:
        self._good: deque[Numbered] = deque(maxlen=limits.kept_results)
        self._bad: deque[Numbered] = deque(maxlen=limits.kept_failures)
        self._last = 0
        self._changes = Changes()

    def add(self, result: ObjectResult) -> None:
        """Keep a result and tell those who follow."""
        self._last += 1
        good = result.outcome in (Outcome.COPIED, Outcome.SKIPPED)
        (self._good if good else self._bad).append((self._last, result))
        self._changes.touch()

    def end(self) -> None:
        """No more results will come."""
        self._changes.end()

    async def follow(self) -> AsyncGenerator[ObjectResult]:
        """The results that are there, then each new one, until the end."""
        seen = 0
        async with aclosing(self._changes.watch()) as changes:
            async for _ in changes:
                for number, result in self._since(seen):
                    yield result
                    seen = number

    def _since(self, seen: int) -> list[Numbered]:
        fresh = [*takewhile(lambda each: each[0] > seen, reversed(self._good))]
        fresh += takewhile(lambda each: each[0] > seen, reversed(self._bad))
        return sorted(fresh, key=lambda each: each[0])
