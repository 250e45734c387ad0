"""The life of a transfer: it runs, is stopped and resumed, waits, is retried, and ends without leftovers.

Whatever stops it (a pause, an identity that cannot be used, the end or the crash of the engine) is the same: its tasks
stop, its uploads are kept, and it is resumed from what the journal has. Only a cancel aborts its uploads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from tui.core.orders import Order, WriteOrder
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import Limits, TransferState
from tui.queue.job_status import JobStatus
from tui.queue.queue_context import OrderStores, QueueContext, open_ends
from tui.queue.receipts import receipt_of, write_receipt
from tui.queue.run import Run
from tui.queue.run_state import Prepared, RunState
from tui.transfers.backoff import Interrupted
from tui.transfers.copy import moves
from tui.transfers.copy.multipart_upload import AbandonedUploads
from tui.transfers.copy.upload_records import TransferUploads
from tui.transfers.journal import TransferRecord
from tui.transfers.object_work import defect
from tui.transfers.progress import Progress
from tui.transfers.tasks import finish


class TransferJob:
    """One transfer. Its controls may be called at any time, and each returns when what it asks for is so."""

    def __init__(self, record: TransferRecord, context: QueueContext, works: Works, *, again: bool) -> None:
        """`again`: the record is from the journal; `load` comes first."""
        self.status = JobStatus(record, context)
        self._context, self._works = context, works
        self._again = again
        self._cancelled = self._stopping = self._forgotten = False
        self._control = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def start(self, ends: OrderStores | None = None) -> None:
        """Begin, or continue, in the background; `ends` if they have just been opened."""
        self._context.shared.limit(self.status.progress.limits, self.status.name)
        self.status.set_state(TransferState.QUEUED)
        self._stopping = False
        self._task = asyncio.create_task(self._live(ends), name=f"transfer-{self.status.name}")

    async def pause(self) -> None:
        """Stop, to continue later. Harmless when it has ended; `ProblemError` for what has no pause."""
        await finish(self._pause())

    async def resume(self) -> None:
        """Continue; one that waits checks at once whether it can."""
        async with self._control:
            if self.status.progress.state is TransferState.PAUSED:
                self.start()
            elif self.status.progress.state is TransferState.WAITING and self._context.retries:
                self._context.retries.health.check_now()

    async def cancel(self) -> None:
        """Stop for good: every upload is aborted, or a note says that it stays behind. Harmless when it has ended."""
        await finish(self._cancel())

    async def retry(self) -> None:
        """Retry what failed or was cancelled, and continue where it was cancelled. `ProblemError`: not ended yet."""
        await finish(self._retry())

    async def suspend(self) -> None:
        """The engine ends: stop, and stay in the journal as a transfer that continues."""
        await finish(self._suspend())

    def forget(self) -> None:
        """It has left the list: a retry that is under way begins nothing any more."""
        self._forgotten = True

    def limit(self, limits: Limits) -> None:
        """Change its bounds at once; raise `ProblemError` for bounds below 1."""
        self._context.shared.limit(limits, self.status.name)
        self.status.progress.limits = limits
        self.status.save()
        self._context.changed()

    async def _pause(self) -> None:
        async with self._control:
            if self.status.ended or self.status.progress.state is TransferState.PAUSED:
                return
            self._works.refuse_pause(self.status)
            await self._stop()
            if not self.status.ended:
                await self._stop_as(TransferState.PAUSED)

    async def _suspend(self) -> None:
        async with self._control:
            await self._stop()
            if not self.status.ended:
                self.status.save()

    async def _cancel(self) -> None:
        async with self._control:
            self._cancelled = True
            try:
                await self._stop()
                if not self.status.ended:
                    await self._works.cancel_job(self.status, self._run_state())
                    await self.status.clear(
                        AbandonedUploads(self._context.open_store, self._context.owner_of, self.status.uploads)
                    )
                    await end(self.status, cancelled=True)
            finally:
                self._cancelled = False

    async def _retry(self) -> None:
        async with self._control:
            if not self.status.ended:
                title = "only ended transfers can be retried"
                raise ProblemError(Problem(ProblemKind.INVALID, title, remedy="wait until it ends, or cancel it"))
            if isinstance(self.status.order, WriteOrder):
                raise ProblemError(Problem(ProblemKind.INVALID, "an object written from a stream cannot be retried"))
            self._again = self.status.retrying = True
            self.status.progress.problem = None
            self.status.results.reopen()
            await self.status.load()
            if self._forgotten:
                raise ProblemError(Problem(ProblemKind.NO_SUCH_KEY, f"no transfer {self.status.name}"))
            self.start()

    async def _stop(self) -> None:
        if self._task and not self._task.done():
            self._stopping = True
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _stop_as(self, state: TransferState, waits_for: Problem | None = None) -> None:
        self._again = True
        self.status.set_state(state, waits_for)
        await self.status.load()

    async def _live(self, ends: OrderStores | None) -> None:
        try:
            while True:
                try:
                    await self._go(ends or await open_ends(self.status.order, self._context.open_or_interrupt))
                    break
                except Interrupted as interruption:
                    ends = None
                    await self._wait_out(interruption)
        except ProblemError as error:
            if error.problem.kind is ProblemKind.NO_PROFILE and self._again:
                await self._stop_as(TransferState.PAUSED, error.problem)
                return
            self.status.fail(error.problem)
        except Exception as error:  # noqa: BLE001  # reason: the transfer's outermost boundary: its watchers must hear of its end
            self.status.fail(defect(error))
        await come_to_end(self.status)

    async def _go(self, ends: OrderStores) -> None:
        if self._again:
            await self._context.journal.writable()
            await self.status.load()
        self.status.progress.identities = (ends.source.label, ends.target.label if ends.target else "")
        prepared = await self._works.prepare(
            self.status.name,
            self.status.order,
            ends,
            self.status.progress,
            self.status.uploads,
            self._context,
            again=self._again,
        )
        self.status.receipt_lines = prepared.receipt_lines
        if self._again:
            self.status.settle(await prepared.settle())
        if prepared.first:
            await prepared.first()
        state = self._run_state()
        if prepared.elsewhere:
            await prepared.elsewhere(state)
        else:
            await Run(state, self.status.order.selection, prepared).carry_out()
        await prepared.work.finish()
        await self.status.clear(
            AbandonedUploads(self._context.open_or_interrupt, self._context.owner_of, self.status.uploads)
        )

    def _run_state(self) -> RunState:
        return RunState(
            transfer=self.status.name,
            progress=self.status.progress,
            cursor=self.status.cursor,
            results=self.status.results,
            context=self._context,
            again=self._again,
            retrying=self.status.retrying,
            cancelled=lambda: self._cancelled,
            save=self.status.save,
        )

    async def _wait_out(self, interruption: Interrupted) -> None:
        """Everything has stopped and released its resources: wait until it can resume."""
        # A task group puts a failure of its tasks before a cancellation, and Python 3.11 leaves `cancelling` at 1
        # after a failure while the group was ending: neither tells whether this task was stopped.
        if self._stopping or self._context.retries is None:
            raise asyncio.CancelledError  # it was stopped in the same moment
        self._context.report(interruption.problem)
        await self._stop_as(TransferState.WAITING, interruption.problem)
        await self._context.retries.health.wait_until_usable(interruption.connection, self._wait_for)
        self.status.set_state(TransferState.QUEUED)

    def _wait_for(self, problem: Problem) -> None:
        """What it waits for may become another: the network is back, and now a code is needed."""
        known = self.status.progress.waits_for
        if known is None or (known.kind, known.needs) != (problem.kind, problem.needs):
            self._context.report(problem)
            self.status.set_state(TransferState.WAITING, problem)


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


async def end(status: JobStatus, *, cancelled: bool) -> None:
    """End it now: every object has its result, the receipt is written, and watchers see the end."""
    try:
        status.settle(await moves.close(status.name, status.context.journal))
    except ProblemError as error:
        status.progress.note(error.problem.sentence())
        status.context.report(error.problem)
    await _leave_receipt(status, cancelled=cancelled)  # it is there when the end is seen
    status.progress.end(cancelled=cancelled)
    status.retrying = False
    status.context.shared.forget(status.name)
    status.context.conflicts.forget(status.name)
    status.save()
    status.results.end()
    status.context.state_changed()
    status.context.changed()


class Prepare(Protocol):
    """Makes an order ready; raises `Interrupted`, and `ProblemError` for what is forbidden or missing."""

    async def __call__(
        self,
        transfer: str,
        order: Order,
        ends: OrderStores,
        progress: Progress,
        uploads: TransferUploads,
        context: QueueContext,
        *,
        again: bool,
    ) -> Prepared:
        """`again`: an earlier run of the transfer was stopped."""


@dataclass(frozen=True, slots=True)
class Works:
    """Functions of any order, whatever its kind."""

    prepare: Prepare
    refuse: Callable[[Order, OrderStores], Awaitable[None]]
    """Raises `ProblemError` for an order that makes no sense, or (READ_ONLY) that the user's settings forbid."""
    refuse_impossible: Callable[[Order, OrderStores, QueueContext], Awaitable[None]]
    """Raises `ProblemError` for one that S3 cannot carry out, as far as that is known beforehand, and `Interrupted`."""
    refuse_pause: Callable[[JobStatus], None]
    """Raises `ProblemError` for a transfer that has no pause."""
    is_in_job: Callable[[JobStatus], bool]
    """Whether S3 goes on with it whatever happens here."""
    cancel_job: Callable[[JobStatus, RunState], Awaitable[None]]
    """Ends what S3 does of a transfer that nothing runs of here any more."""
