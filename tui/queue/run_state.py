"""The state of one run of a transfer, whoever carries it out."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from tui.core.transfer import ObjectResult, Tally
from tui.queue.job_status import ListingCursor, OpenPage, Results
from tui.queue.queue_context import QueueContext
from tui.stores.base import Store
from tui.transfers.counting import Keep, TargetBeside
from tui.transfers.object_work import ObjectWork
from tui.transfers.progress import Progress
from tui.transfers.selection import SectionPage, SelectedObject


@dataclass(frozen=True, slots=True)
class RunState:
    """One run.

    `again`: an earlier run was stopped, so its results are looked up. `retrying`: what failed or was cancelled is tried
    again. `cancelled` says, when the run's tasks are stopped, whether that is for good. `save` is called when the
    journal should keep the transfer's record again.
    """

    transfer: str
    progress: Progress
    cursor: ListingCursor
    results: Results
    context: QueueContext
    again: bool
    retrying: bool
    cancelled: Callable[[], bool]
    save: Callable[[], None]

    def record(self, section: int, key: str, result: ObjectResult, open_page: OpenPage | None = None) -> None:
        """An object has come to its end: in the journal, in the numbers, and for watchers.

        `open_page`: the page of the listing that it is from, which the cursor passes when all of it has results.
        """
        self.context.journal.results.finish(self.transfer, section, key, result)
        news = self.progress.add(result)
        self.results.touch()
        if result.problem:
            self.context.report(result.problem)
        if (open_page and self.cursor.advance(open_page)) or news:
            self.save()
        self.context.changed()

    def arrived(self, count: int, moved: bool = True) -> None:
        self.progress.arrived(count, moved)
        self.context.changed()


@dataclass(frozen=True, slots=True)
class Prepared:
    """The work on a transfer, the store its objects are listed by, and a count of them that may be begun.

    `settle`, before the work continues after an interruption, finds out what became of those that had almost ended.
    """

    work: ObjectWork
    source: Store
    count: Callable[[Keep], AsyncGenerator[Tally]]
    settle: Callable[[], Awaitable[list[ObjectResult]]]
    beside: TargetBeside | None = None
    """Looks up in the target's listing what matters at the keys that the objects get."""
    pages: Callable[[int, str], AsyncGenerator[SectionPage]] | None = None
    """The objects of a section behind a key, where they are not just listed; None: `section_pages` of `source`."""
    meant: Callable[[SelectedObject], bool] | None = None
    """Which of the objects that the filters let through get a result; None: all."""
    receipt_lines: Callable[[], Sequence[object]] = list
    """What the receipt says besides the results, so far."""
    first: Callable[[], Awaitable[None]] | None = None
    """What is waited for before any object is begun."""
    sections: int | None = None
    """How many sections there are, where these are not those of the selection."""
    elsewhere: Callable[[RunState], Awaitable[None]] | None = None
    """Carries all of it out where it is not done object by object in this process: in jobs of S3, by workers.

    It records a result for every object, raises `Interrupted` and cancellation, and finds in `RunState.again` and the
    journal's states what an earlier run has begun.
    """
    partly: bool = False
    """Whether others have objects of it, too: the end of its pages says nothing of how many there are."""
    keeps: bool = True
    """Whether `count` hands on what it lists, so that the work need not list it again."""


async def nothing() -> list[ObjectResult]:
    """Nothing is known of what had almost ended: an object that is still there is treated like any other."""
    return []
