"""Objects by their tags: one GetObjectTagging request each, some at a time, of what everything else has matched."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tui.core.listing import Page
from tui.core.naming import counted
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.searching import Criteria
from tui.stores.base import Store

AT_ONCE = 32
"""GetObjectTagging requests under way."""

ANY = "*"

_SKIPPED = (ProblemKind.DENIED, ProblemKind.NO_SUCH_KEY)
"""What concerns one object: the search goes on without it."""


class TagReader:
    """Asks for the tags of candidates, and counts what it asked for."""

    def __init__(self, store: Store, bucket: str, criteria: Criteria) -> None:
        self._store, self._bucket, self._wanted = store, bucket, criteria.tags
        self._slots = asyncio.Semaphore(AT_ONCE)
        self.read = self.unreadable = 0
        self.why: Problem | None = None
        """Why the first of them could not be read."""

    async def rows(self, page: Page) -> Sequence[int]:
        """The indices of the objects of a page that have all the tags. Raises `ProblemError`."""
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(self._has_tags(page.prefix + name)) for name in page.names]
        for task in asked:
            if isinstance(failed := task.result(), ProblemError):
                raise failed
        return [row for row, task in enumerate(asked) if task.result() is True]

    async def _has_tags(self, key: str) -> bool | ProblemError:
        async with self._slots:
            self.read += 1
            try:
                tags = await self._store.tags(self._bucket, key)
            except ProblemError as error:
                if error.problem.kind not in _SKIPPED:
                    return error
                if error.problem.kind is ProblemKind.DENIED:
                    self.unreadable += 1
                    self.why = self.why or error.problem
                return False
        return all(any(name == key and value in (ANY, has) for key, has in tags) for name, value in self._wanted)


def too_many(count: int, allowed: int, resource: str) -> ProblemError:
    """More requests than were allowed."""
    return ProblemError(
        Problem(
            kind=ProblemKind.INVALID,
            title=f"{counted(count, 'object')} to read the tags of",
            cause=f"each takes one GetObjectTagging request, and {allowed:,} are allowed",
            remedy="narrow the search, or allow more requests",
            resource=resource,
        )
    )
