"""The end of a transfer: nothing is done before it is on disk, and the receipt is there when the end is seen."""

from __future__ import annotations

from tui.core.problem import ProblemError
from tui.transfers.copy import moves
from tui.transfers.queue.job_status import JobStatus
from tui.transfers.queue.receipts import receipt_of, write_receipt
from tui.transfers.tasks import finish


async def come_to_end(status: JobStatus) -> None:
    """Nothing is reported as done before it is on disk."""
    journal = status.context.journal
    while not await journal.settled():
        status.context.changed()
        await journal.writable()
    await finish(end(status, cancelled=False))


async def _leave_receipt(status: JobStatus, *, cancelled: bool) -> None:
    """Write the receipt that was asked for; a second end, after a retry, finds the first one's and says so."""
    if path := receipt_of(status.order):
        try:
            final = status.progress.final(cancelled=cancelled)
            await write_receipt(status.context.journal, final, path, more=status.receipt_lines())
        except ProblemError as error:
            status.progress.note(error.problem.sentence())
            status.context.report(error.problem)


async def _close_pending_deletes(status: JobStatus) -> None:
    """What had almost ended gets its result, though nothing continues it."""
    try:
        status.settle(await moves.close(status.name, status.context.journal))
    except ProblemError as error:
        status.progress.note(error.problem.sentence())
        status.context.report(error.problem)


async def end(status: JobStatus, *, cancelled: bool) -> None:
    """End it now: every object has its result, the receipt is written, and watchers see the end."""
    await _close_pending_deletes(status)
    await _leave_receipt(status, cancelled=cancelled)  # it is there when the end is seen
    status.progress.end(cancelled=cancelled)
    status.retrying = False
    status.context.shared.forget(status.name)
    status.context.conflicts.forget(status.name)
    status.save()
    status.results.end()
    status.context.state_changed()
    status.context.changed()
