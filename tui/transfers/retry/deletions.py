"""A batch of deletions: only the keys that failed with a transient error are retried."""

from __future__ import annotations

from collections.abc import Sequence

from tui.core.problem import Problem, ProblemError, RetryAdvice
from tui.stores.base import Store
from tui.transfers.retry.classify import advice_for


class Deletions:
    """One DeleteObjects, retried for the keys that remain."""

    def __init__(self, store: Store, bucket: str, keys: Sequence[str], markers: dict[str, str] | None = None) -> None:
        self._markers = markers
        self._store, self._bucket = store, bucket
        self._left = list(keys)
        self._failed: dict[str, Problem] = {}
        self.answered = False
        """Whether the last request was answered key by key."""

    @property
    def failed(self) -> dict[str, Problem]:
        """What went wrong so far, by key."""
        return self._failed

    async def run(self) -> dict[str, Problem]:
        """Delete what is left; raise the `ProblemError` of a key that is worth another try."""
        self.answered = False
        failed = await self._store.delete_many(self._bucket, self._left, self._markers)
        self.answered = True
        for key in self._left:
            self._failed.pop(key, None)
        self._failed |= failed
        self._left = [key for key, problem in failed.items() if _passes(problem)]
        if self._left:
            raise ProblemError(failed[self._left[0]])
        return self._failed


def _passes(problem: Problem) -> bool:
    return advice_for(problem) in (RetryAdvice.PASSING, RetryAdvice.THROTTLED)
