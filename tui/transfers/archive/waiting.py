"""Waits until everything archived of a selection can be read: one page of its listing at a time, in its order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from tui.core.orders import Selection
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.transfers.archive.restorer import ArchiveState, Restorer, Seen, may_be_archived
from tui.transfers.order.filters import ObjectFilter
from tui.transfers.order.selection import Picked, listed_pages
from tui.transfers.tasks import in_batches

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 600.0
"""Seconds between two looks at an object: at first, and at last; each is twice the one before."""


async def archived_pages(store: Store, selection: Selection) -> AsyncGenerator[list[Picked]]:
    """What its filters let through of a selection and may be archived; raises `ProblemError` as listings do."""
    wanted = ObjectFilter(selection)
    async with aclosing(listed_pages(store, selection)) as pages:
        async for page in pages:
            taken = [each for each in page.picked if wanted.takes(each.key, each.size, each.modified)]
            yield [each for each in taken if not each.unfit and may_be_archived(each)]


Pages = Callable[[], AsyncGenerator[list[Picked]]]
"""Lists what may be archived, page by page."""


async def wait_until_restored(restorer: Restorer, pages: Pages, version: str, tell: Callable[[Problem], None]) -> None:
    """Return when no restore is in progress any more. `tell` is called with what is waited for before each pause.

    What cannot be looked at, and what nobody restores, is not waited for. Each object is looked at until it is ready
    before the next page is: no more than a page is in memory, however many objects there are.
    """
    ready = 0

    async def look(picked: Picked) -> Seen:
        try:
            return await restorer.look(picked.key, version)
        except ProblemError:
            return Seen(ArchiveState.READABLE)  # who reads it next is told what is wrong

    async with aclosing(pages()) as listed:
        async for page in listed:
            waiting, pause = page, FIRST_PAUSE
            while waiting:
                looked = await in_batches(look, waiting)
                left = [each for each, at in zip(waiting, looked, strict=True) if at.state is ArchiveState.RESTORING]
                ready += len(waiting) - len(left)
                pause = FIRST_PAUSE if len(left) < len(waiting) else min(2 * pause, LONGEST_PAUSE)
                waiting = left
                if waiting:
                    tell(_words(ready, len(waiting), time.time() + pause))
                    await asyncio.sleep(pause)


def _words(ready: int, waiting: int, again: float) -> Problem:
    return Problem(
        kind=ProblemKind.ARCHIVED,
        title=f"restore in progress: {ready:,} ready, {waiting:,} or more not yet",
        cause=f"the next look is at {time.strftime('%H:%M', time.localtime(again))}",
    )
