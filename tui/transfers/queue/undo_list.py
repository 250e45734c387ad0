"""The transfers of a queue as what can be taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from tui.model.orders import RevertOrder
from tui.model.transfer import TransferState
from tui.model.versions.undo import UndoEntry
from tui.transfers.journal import Journal
from tui.transfers.queue.job import Job
from tui.transfers.versions.revert import WROTE, revert_order, why_not

_TOOK_NOTHING_BACK = (TransferState.CANCELLED, TransferState.FAILED)


async def undo_list(jobs: Sequence[Job], journal: Journal) -> AsyncGenerator[UndoEntry]:
    """Those that wrote or deleted something, the latest first; each result is looked at, none is kept."""
    undoing = {
        job.status.order.transfer: job.status.name
        for job in jobs
        if isinstance(job.status.order, RevertOrder) and job.status.progress.state not in _TOOK_NOTHING_BACK
    }
    for job in sorted(jobs, key=lambda one: one.status.progress.submitted, reverse=True):
        order = revert_order(job.status.name, job.status.order)
        if order is None:
            continue
        objects, reasons = 0, Counter[str]()
        async with aclosing(journal.results.of(job.status.name)) as results:
            async for result in results:
                if result.outcome in WROTE:
                    objects += 1
                    reasons[why_not(result)] += 1
        if objects:
            possible = reasons.pop("", 0)
            why = next((why for why, _ in reasons.most_common(1)), "")
            undone = undoing.get(job.status.name, "")
            yield UndoEntry(job.status.snapshot(), order, objects, possible, why, undone)
