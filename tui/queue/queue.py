"""The queue: all transfers of an engine, on one event loop."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial

from msgspec.structs import replace

from tui.core.identity import Owner
from tui.core.orders import Order
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import ConflictAnswer, Limits, ObjectResult, Tally, TransferList, TransferState
from tui.queue.job import TransferJob, Works
from tui.queue.job_control import JobControl
from tui.queue.job_status import JobStatus
from tui.queue.queue_context import ByCluster, PendingConflicts, QueueContext, open_ends
from tui.queue.receipts import refuse_unusable_files, write_receipt
from tui.stores.base import Store
from tui.transfers.backoff import Interrupted
from tui.transfers.copy.multipart_upload import StreamUploads
from tui.transfers.journal import Journal, TransferRecord, UploadRecord
from tui.transfers.limits import SharedLimits, TransferLimits, check_limits
from tui.transfers.progress import ChangeNotifier
from tui.transfers.retries import Retries


class TransferQueue:
    """Carries out transfers, many at once within the limits, the earlier ones first. Used from one event loop."""

    def __init__(
        self,
        open_store: Callable[[str], Awaitable[Store]],
        owner_of: Callable[[str], Awaitable[Owner | None]],
        journal: Journal,
        works: Works,
        retries: Retries | None = None,
        limits: TransferLimits | None = None,
        report: Callable[[Problem], None] = lambda _: None,
        jobs: JobControl | None = None,
        on_change: Callable[[], None] = lambda: None,
        cluster: ByCluster | None = None,
        helped: ByCluster | None = None,
    ) -> None:
        """`open_store` and `owner_of` answer for a connection's id, or raise `ProblemError`; stores are not retried.

        `works`: what is known of each kind of order.

        `jobs` asks S3 Control about jobs of S3 Batch Operations. `report` is called for every problem of an object or a
        transfer when it occurs: for the log. `on_change` is called whenever `needed` or `unfinished` may have changed.
        `cluster`, `helped`: see `QueueContext`.
        """
        self._changes, self.conflicts = ChangeNotifier(), PendingConflicts()
        self._bounds = limits or TransferLimits()
        self._shared = SharedLimits(self._bounds)
        self._limits = Limits()
        self.journal, self._works = journal, works
        self._jobs = TransferJobs()
        self._closed = False
        self.streams = StreamUploads(journal)
        """Of no transfer."""
        self._clearing: asyncio.Task[None] | None = None

        def state_changed() -> None:
            self._changes.touch(urgent=True)
            on_change()

        self._context = QueueContext(
            open_store=open_store,
            owner_of=owner_of,
            journal=journal,
            retries=retries,
            limits=self._bounds,
            shared=self._shared,
            conflicts=self.conflicts,
            changed=self._changes.touch,
            state_changed=state_changed,
            report=report,
            jobs=jobs,
            cluster=cluster,
            helped=helped,
        )

    async def start(self) -> None:
        """Resume what the journal has; what was paused stays so. Raises `ProblemError` if it cannot be read."""
        left = await self.streams.left()
        for record in await self.journal.transfers():
            self._jobs.add(TransferJob(record, self._context, self._works, again=True))
        self._arrange()
        for job in self._jobs.in_order():
            await job.status.load()
        self.set_limits(await self.journal.limits())
        for job in self._jobs.in_order():
            if not job.status.ended and job.status.progress.state is not TransferState.PAUSED:
                job.start()
        if left:
            self._clearing = asyncio.create_task(self._clear(left), name="streams-of-before")

    async def _clear(self, left: list[UploadRecord]) -> None:
        context = self._context
        await self.streams.clear(left, context.open_store, context.owner_of, context.report)

    async def submit(
        self, order: Order, limits: Limits | None = None, done: ObjectResult | None = None, *, name: str = ""
    ) -> str:
        """Begin a transfer, within `limits` of its own; returns its id when it is in the journal, on disk.

        With `done`, what became of its one object, it has ended already. `name`: the id that it had elsewhere; none of
        this queue may have it.

        Raises `ProblemError` for an order that makes no sense or is forbidden, for limits below 1, for connections that
        cannot be opened, and when it cannot be written down.
        """
        limits = limits or Limits()
        check_limits(limits)
        self._jobs.refuse_known(name)
        ends = await open_ends(order, self._context.retrying)
        with suppress(Interrupted):  # its identity cannot be found out now: it waits for that, and is checked then
            await self._works.refuse(order, ends)
            await self._works.refuse_impossible(order, ends, self._context)
        refuse_unusable_files(order)
        record = TransferRecord(
            id=name or secrets.token_hex(4),
            order=order,
            state=TransferState.QUEUED,
            position=self._jobs.next_position(),
            submitted=time.time(),
            limits=limits,
            source_identity=ends.source.label,
            target_identity=ends.target.label if ends.target else "",
        )
        if done:
            tally = Tally(1, done.size or 0, complete=True)
            record = replace(record, state=TransferState.DONE, ended=record.submitted, listed=1, tally=tally)
        await self.journal.add(record)
        job = TransferJob(record, self._context, self._works, again=bool(done))
        if done:
            self.journal.results.finish(record.id, 0, order.selection.keys[0], replace(done, transfer=record.id))
            await job.status.load()
        self._jobs.add(job)
        self._arrange()
        if done:
            self._changes.touch(urgent=True)
        else:
            job.start(ends)
        ended = self._jobs.ended()
        await self._remove(ended[: max(0, len(ended) - self._bounds.kept_transfers + 1)])
        return job.status.name

    async def pause(self, transfers: Sequence[str] = ()) -> None:
        """Stop these, or all that can be; returns when nothing of them runs. Their uploads are kept.

        `ProblemError`: no such id, or one that has no pause.
        """
        jobs = self._jobs.named(transfers)
        await asyncio.gather(*(job.pause() for job in jobs if transfers or not self._works.is_in_job(job.status)))

    async def resume(self, transfers: Sequence[str] = ()) -> None:
        """Resume these, or all that are paused or wait. `ProblemError`: no such id."""
        for job in self._jobs.named(transfers):
            await job.resume()

    async def cancel(self, transfers: Sequence[str] = ()) -> None:
        """Stop these, or all, for good; returns when no upload of them is left. `ProblemError`: no such id."""
        await asyncio.gather(*(job.cancel() for job in self._jobs.named(transfers)))

    async def retry(self, transfer: str) -> None:
        """Try the failed and cancelled objects of an ended transfer again. `ProblemError`: no such id, or not ended."""
        await self._jobs.get(transfer).retry()

    def move(self, transfer: str, before: str = "") -> None:
        """Put a transfer right before another one, or (empty) at the end of the queue. `ProblemError`: no such id."""
        self._jobs.move(transfer, before)
        self._arrange()
        self._changes.touch(urgent=True)

    async def forget(self, transfers: Sequence[str] = ()) -> None:
        """Remove these ended transfers, or all that have ended, from the list and the journal.

        `ProblemError`: no such id, or one has not ended.
        """
        jobs = self._jobs.named(transfers) if transfers else self._jobs.ended()
        if any(not job.status.ended for job in jobs):
            raise ProblemError(
                Problem(ProblemKind.INVALID, "only ended transfers can be removed", remedy="cancel it first")
            )
        await self._remove(jobs)

    def set_limits(self, limits: Limits, transfer: str = "") -> None:
        """Change the bounds of one transfer, or of all together, at once. `ProblemError`: no such id, or below 1.

        Those of all together stay until the engine is closed without a transfer that has not ended.
        """
        if transfer:
            self._jobs.get(transfer).limit(limits)
            return
        self._shared.limit(limits)
        self._limits = limits
        self.journal.save_limits(limits)
        self._changes.touch(urgent=True)

    def status(self, transfer: str) -> JobStatus:
        """Where a transfer is. `ProblemError`: no such id."""
        return self._jobs.get(transfer).status

    @property
    def unfinished(self) -> int:
        return sum(not job.status.ended for job in self._jobs.all())

    @property
    def needed(self) -> bool:
        """Whether something runs, or will, without a user: it runs, is queued, or waits for its connection."""
        return any(job.status.needs_engine for job in self._jobs.all())

    def watch(self, only: str = "") -> AsyncGenerator[TransferList]:
        """All transfers, or one, now and on change, numbers at most twice a second; silent when nothing changes."""
        return self._changes.snapshots(partial(self._snapshot, only), lambda transfers: transfers.rate > 0)

    async def export(self, transfer: str, path: str, *, failed: bool = False) -> int:
        """Write the receipt of a transfer to a file; returns how many objects it names. Raises `ProblemError`."""
        status = self._jobs.get(transfer).status
        return await write_receipt(self.journal, status.snapshot(), path, failed=failed, more=status.receipt_lines())

    @property
    def damaged(self) -> Problem | None:
        """Why transfers and uploads of ours may be unknown: an earlier journal was damaged; None if all are known."""
        return self.journal.damaged

    def active_uploads(self) -> set[str]:
        """The ids of the uploads that transfers and streams need, which have not ended."""
        needed = {upload for job in self._jobs.all() if not job.status.ended for upload in job.status.open_uploads}
        return needed | self.streams.active

    def answer(self, answer: ConflictAnswer) -> None:
        """Decide a conflict; raise `ProblemError` if the answer decides nothing."""
        self.conflicts.answer(answer)
        if answer.for_all:
            for job in self._jobs.all():
                job.status.save()

    async def close(self) -> None:
        """Stop everything, to be resumed from the journal, and close that. Watchers get their end."""
        if self._closed:
            return
        self._closed = True
        if self._clearing:
            self._clearing.cancel()
            await asyncio.wait([self._clearing])
        await asyncio.gather(*(job.suspend() for job in self._jobs.all()))
        for job in self._jobs.all():
            job.status.results.abandon()
        self.conflicts.end()
        self._changes.end()
        if not self.unfinished:
            with suppress(ProblemError):  # a journal that takes nothing more is closed all the same
                self.journal.save_limits(Limits())
        await self.journal.close()

    def _arrange(self) -> None:
        self._shared.arrange([job.status.name for job in self._jobs.in_order()])

    def _snapshot(self, only: str) -> TransferList:
        jobs = [self._jobs.get(only)] if only else self._jobs.in_order()
        transfers = [job.status.snapshot() for job in jobs]
        rate = sum(transfer.rate for transfer in transfers)
        return TransferList(transfers, rate, self._limits, self.journal.damaged)

    async def _remove(self, jobs: Iterable[TransferJob]) -> None:
        for job in jobs:
            job.forget()
            self._jobs.discard(job)
            self._changes.touch(urgent=True)
            await self.journal.remove(job.status.name)


class TransferJobs:
    """All jobs that are not forgotten. An unknown id raises `ProblemError`."""

    def __init__(self) -> None:
        self._by_id: dict[str, TransferJob] = {}
        self._last_position = 0.0

    def add(self, job: TransferJob) -> None:
        self._by_id[job.status.name] = job

    def discard(self, job: TransferJob) -> None:
        self._by_id.pop(job.status.name, None)

    def get(self, transfer: str) -> TransferJob:
        if transfer not in self._by_id:
            raise ProblemError(Problem(ProblemKind.NO_SUCH_KEY, f"no transfer {transfer}"))
        return self._by_id[transfer]

    def refuse_known(self, transfer: str) -> None:
        if transfer in self._by_id:
            title = f"transfer {transfer} is already in the queue"
            remedy = "see xs3-tui transfers; if it has ended, remove it first"
            raise ProblemError(Problem(ProblemKind.INVALID, title, remedy=remedy))

    def named(self, transfers: Sequence[str]) -> list[TransferJob]:
        return [self.get(transfer) for transfer in transfers] or self.in_order()

    def all(self) -> list[TransferJob]:
        return list(self._by_id.values())

    def ended(self) -> list[TransferJob]:
        return sorted((job for job in self.all() if job.status.ended), key=lambda job: job.status.progress.ended or 0.0)

    def in_order(self) -> list[TransferJob]:
        return sorted(self.all(), key=lambda job: job.status.position)

    def next_position(self) -> float:
        """The position of a job at the end of the queue; another one each time, also before the job is added."""
        self._last_position = max(self._last_position, *(job.status.position for job in self.all()), 0.0) + 1
        return self._last_position

    def move(self, transfer: str, before: str) -> None:
        job = self.get(transfer)
        others = [each for each in self.in_order() if each is not job]
        at = others.index(self.get(before)) if before and before != transfer else len(others)
        if before == transfer:
            return
        below = others[at - 1].status.position if at else others[0].status.position - 2 if others else 0.0
        above = others[at].status.position if at < len(others) else below + 2
        job.status.position = (below + above) / 2
        job.status.save()
