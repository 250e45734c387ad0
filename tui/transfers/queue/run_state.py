"""What one run of a transfer knows and changes, wherever its objects are carried out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tui.core.transfer import ObjectResult
from tui.transfers.progress import Progress
from tui.transfers.queue.context import QueueContext
from tui.transfers.queue.cursor import ListingCursor, OpenPage
from tui.transfers.queue.results import Results


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
        """Bytes have arrived; see `Progress.arrived`."""
        self.progress.arrived(count, moved)
        self.context.changed()
