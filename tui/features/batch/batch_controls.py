"""What the user does to a job of S3 Batch Operations, whether its transfer runs, waits or is stopped."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from functools import partial

from msgspec.structs import replace

from tui.core.jobs import JobState
from tui.core.location import Location
from tui.core.orders import BatchOrder, Order
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import TransferState
from tui.features.batch.batch_work import ReportReader
from tui.features.batch.job_refusals import pause_problem, refuse_impossible_job, region_of
from tui.features.batch.job_requests import folder_of
from tui.features.batch.kept_job import KeptJob, KeptValues
from tui.queue.job_control import JobControl, Watch, follow, words_of
from tui.queue.job_status import JobStatus
from tui.queue.queue_context import OrderStores, QueueContext, open_ends
from tui.queue.run_state import RunState
from tui.transfers.backoff import Interrupted

CANCEL_SECONDS = 60.0
"""So long a cancelled transfer waits for the end of its job, whose last tasks may take a while."""

WHY = "by xs3-tui"


def refuse_pause(status: JobStatus) -> None:
    """Raise `ProblemError` for a transfer whose job runs: there is no pause."""
    if is_in_job(status):
        raise ProblemError(pause_problem())


def is_in_job(status: JobStatus) -> bool:
    """Whether its job is watched now, so that S3 goes on whatever happens here."""
    return isinstance(status.order, BatchOrder) and status.name in status.context.watches


async def refuse_impossible(order: Order, ends: OrderStores, context: QueueContext) -> None:
    """Raise `ProblemError` for a job that S3 cannot make, as far as that is known beforehand, and `Interrupted`."""
    if isinstance(order, BatchOrder) and context.jobs and not order.adopts:
        store = await context.open_or_interrupt(order.connection)
        with context.interrupting(order.connection):
            region = order.options.region or await region_of(order, ends.source, ends.target or ends.source)
            await refuse_impossible_job(order, store, context.jobs, region)


async def confirm(status: JobStatus) -> None:
    """Have a job begin that waits for it. Raises `ProblemError`: it does not wait."""
    job, order, control = await _job(status)
    await control.update(order.connection, job.region, job.id, JobState.READY, f"confirmed {WHY}")
    if watch := status.context.watches.get(status.name):
        watch.confirmed = True
        if status.progress.state is TransferState.WAITING:
            status.set_state(TransferState.RUNNING)
        watch.soon()


async def set_priority(status: JobStatus, priority: int) -> None:
    """Change the priority of a job. Raises `ProblemError`."""
    job, order, control = await _job(status)
    await control.set_priority(order.connection, job.region, job.id, priority)
    _look(status)


async def cancel_job(status: JobStatus, state: RunState) -> None:
    """Cancel the job of a transfer that nothing runs of any more, and record what it has done until then.

    What cannot be done is noted: the job may go on then.
    """
    order, context = status.order, status.context
    if not isinstance(order, BatchOrder) or context.jobs is None:
        return
    kept = await KeptValues.load(context.journal, status.name)
    try:
        known = kept.job or await _found(kept, order, context.jobs, status.name)
        if known is None:
            return
        await _cancel(kept, known, order, context, state)
    except (ProblemError, Interrupted) as error:
        status.progress.note(f"its job may still run: {error.problem.sentence()}")
        context.report(error.problem)


async def _found(kept: KeptValues, order: BatchOrder, control: JobControl, transfer: str) -> KeptJob | None:
    """The job that may have been made right before the engine was killed, by its tag."""
    request = kept.request
    if request is None:
        return None
    found = await control.find(order.connection, request.region, transfer)
    return KeptJob(found.id, request.region, request.account, found) if found else None


async def _cancel(kept: KeptValues, known: KeptJob, order: BatchOrder, context: QueueContext, state: RunState) -> None:
    control = context.jobs
    assert control is not None
    job = await control.describe(order.connection, known.region, known.id)
    if not job.state.ended and job.state is not JobState.CANCELLING:
        await control.update(order.connection, known.region, known.id, JobState.CANCELLED, f"cancelled {WHY}")
    describe = partial(control.describe, order.connection, known.region, known.id)
    try:
        async with asyncio.timeout(CANCEL_SECONDS), aclosing(follow(describe, Watch())) as looks:
            async for job in looks:
                state.progress.elsewhere.see(words_of(job), job.total, job.succeeded, job.failed)
                context.changed()
    except TimeoutError:
        state.progress.note(f"its job is still being cancelled: {known.id}")
        return
    await kept.keep(replace(known, snapshot=job))
    if not kept.reading.done:
        ends = await open_ends(order, context.open_or_interrupt)
        store = await context.open_or_interrupt(order.connection)
        folder = Location(order.options.reports.bucket, folder_of(order, state.transfer))
        reader = ReportReader(state.transfer, order, store, context)
        await reader.read(state, kept, job, folder, ends.source, ends.target or ends.source)


async def _job(status: JobStatus) -> tuple[KeptJob, BatchOrder, JobControl]:
    order, control = status.order, status.context.jobs
    if not isinstance(order, BatchOrder) or control is None:
        raise _none(status.name, "S3 Batch Operations does not run it")
    job = (await KeptValues.load(status.context.journal, status.name)).job
    if job is None:
        raise _none(status.name, "its list of objects is still being written")
    if status.progress.state.ended or job.snapshot.state.ended:
        raise _none(status.name, "its job has ended")
    return job, order, control


def _look(status: JobStatus) -> None:
    if watch := status.context.watches.get(status.name):
        watch.soon()


def _none(transfer: str, why: str) -> ProblemError:
    return ProblemError(Problem(ProblemKind.INVALID, f"{transfer} has no job to change", cause=why))
