"""A job of S3 Batch Operations as work of the queue: list, job, report, sample; then what is too large for it.

Each step is in the journal before the next one begins, so that another engine goes on where this one was killed. The
request that makes the job is written down with its token before it is sent: sent again, it gives the same job.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace as with_changes

from msgspec.structs import replace

from tui.core.jobs import JobSnapshot, JobState
from tui.core.location import Location
from tui.core.naming import GIB, MAX_SINGLE_COPY, counted
from tui.core.orders import BatchOrder
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import Outcome, Tally, TransferState
from tui.queue.job_control import JobControl, Watch, awaits_confirmation, follow, words_of
from tui.queue.object_work import Batch
from tui.queue.run import Run
from tui.queue.run_state import Prepared, RunState, nothing
from tui.queue.shared import QueueContext
from tui.stores.base import Store
from tui.transfers.batch.adopting import keep_order
from tui.transfers.batch.kept import Kept, KeptJob, KeptManifest, KeptRequest
from tui.transfers.batch.refusals import refuse_impossible_job, region_of
from tui.transfers.batch.requests import create_job, folder_of
from tui.transfers.batch.target_acl import target_acl
from tui.transfers.counting import Keep
from tui.transfers.queue.kinds.batch_list import ListWriting, begun
from tui.transfers.queue.kinds.batch_report import ReportReader
from tui.transfers.selection import section_count
from tui.transfers.tasks import finish

LOCAL_RETRY = 100_000
"""So many failed copies are retried by the engine of this machine; more by another job."""

NOTHING = "nothing to do: no object is selected that is not there already"
LARGE = f"above {MAX_SINGLE_COPY // GIB} GiB, copied by this machine after the job: {{}}"


class BatchWork:
    """One transfer. `store` is that of the job's identity, `target` sees copies; `local` copies what the job cannot."""

    def __init__(
        self,
        transfer: str,
        order: BatchOrder,
        source: Store,
        target: Store,
        store: Store,
        local: Prepared | None,
        context: QueueContext,
    ) -> None:
        self._transfer, self._order, self._context = transfer, order, context
        self._source, self._target, self._store, self._local = source, target, store, local
        self._reports = Location(order.options.reports.bucket, folder_of(order, transfer))

    @property
    def _control(self) -> JobControl:
        if self._context.jobs is None:
            raise ProblemError(Problem(kind=ProblemKind.ENGINE, title="this engine makes no jobs"))
        return self._context.jobs

    async def carry_out(self, state: RunState) -> None:
        """See `Prepared.elsewhere`."""
        kept = await Kept.load(self._context.journal, self._transfer)
        if state.retrying and await self._retried_here(state, kept):
            return
        if state.retrying and kept.job and kept.job.snapshot.state.ended and kept.reading.done:
            await kept.begin_again()
        if await self._has_job(state, kept):
            job = await self._to_its_end(state, kept)
            await self._read_report(state, kept, job)
            if job.state is not JobState.COMPLETE:
                state.progress.fail(_gave_up(job))
                return
        await self._copy_large(state, kept)

    async def _retried_here(self, state: RunState, kept: Kept) -> bool:
        """Whether what failed was copied by the engine of this machine: few objects, and a job that has ended well."""
        job = kept.job
        if self._local is None or job is None or not kept.reading.done or job.snapshot.state is not JobState.COMPLETE:
            return False
        counts = await self._context.journal.results.counts(self._transfer)
        if counts.objects.get(Outcome.FAILED, 0) > LOCAL_RETRY:
            return False
        state.progress.elsewhere.see("retried by this machine")
        await Run(with_changes(state, again=True), self._order.selection, self._of_large()).carry_out()
        return True

    async def _has_job(self, state: RunState, kept: Kept) -> bool:
        """Have a job: the one that there is, or a new one. False: there is nothing for one to do."""
        if kept.job:
            return True
        if self._order.adopts:
            await self._adopt(kept)
            return True
        region = self._order.options.region or await region_of(self._order, self._source, self._target)
        if kept.manifest is None:
            with self._context.interrupting(self._order.connection):
                await refuse_impossible_job(self._order, self._store, self._control, region)
            writing = ListWriting(self._transfer, self._order, self._source, self._target, self._store, self._context)
            await kept.keep_manifest(await writing.write(state, kept, self._reports))
        manifest = kept.manifest
        assert manifest is not None
        if not manifest.parameters:
            if not manifest.large:
                state.progress.note(NOTHING)
            return False
        if manifest.large:
            state.progress.note(LARGE.format(counted(manifest.large, "object")))
        await finish(self._create(kept, manifest, region))
        state.save()
        return True

    async def _adopt(self, kept: Kept) -> None:
        order = self._order
        with self._context.interrupting(order.connection):
            account = await self._control.account(order.connection)
            found = await self._control.describe(order.connection, order.options.region, order.adopts)
        await kept.keep_manifest(KeptManifest({}, found.total, 0, None))
        await kept.keep_job(KeptJob(order.adopts, order.options.region, account, found))

    async def _create(self, kept: Kept, manifest: KeptManifest, region: str) -> None:
        """Have the job made, and its id on disk: never cancelled between."""
        order = self._order
        if kept.request is None:
            account = await self._control.account(order.connection)
            token = secrets.token_hex(16)
            asked = create_job(order, self._transfer, account, token, manifest.parameters, await self._acl(), region)
            await keep_order(self._store, self._reports, order)
            await kept.keep_request(KeptRequest(region, account, asked))
        request = kept.request
        assert request is not None
        with self._context.interrupting(order.connection):
            job = await self._control.create(order.connection, request.region, request.parameters)
        await kept.keep_job(KeptJob(job, request.region, request.account, JobSnapshot(job, JobState.NEW)))

    async def _acl(self) -> str:
        return await target_acl(self._order, self._target, await self._context.owner(self._order.connection))

    async def _to_its_end(self, state: RunState, kept: Kept) -> JobSnapshot:
        """Watch the job, and confirm it when the user has."""
        order, known = self._order, kept.job
        assert known is not None
        watch = self._context.watches.setdefault(self._transfer, Watch())

        async def describe() -> JobSnapshot:
            with self._context.interrupting(order.connection):
                return await self._control.describe(order.connection, known.region, known.id)

        try:
            async with aclosing(follow(describe, watch)) as looks:
                async for job in looks:
                    await kept.keep_job(replace(known, snapshot=job))
                    await self._show(state, job)
                    if job.state.ended:
                        return job
        finally:
            self._context.watches.pop(self._transfer, None)
        raise AssertionError("a job is followed to its end")

    async def _show(self, state: RunState, job: JobSnapshot) -> None:
        progress = state.progress
        progress.elsewhere.see(words_of(job), job.total, job.succeeded, job.failed)
        if job.total and not progress.counted:
            progress.count(Tally(job.total, 0, complete=True))
        if awaits_confirmation(job):
            progress.set_state(TransferState.WAITING, _confirm(self._transfer, job))
            self._context.state_changed()
        else:
            begun(state, self._context)
        state.save()
        self._context.changed()

    async def _read_report(self, state: RunState, kept: Kept, job: JobSnapshot) -> None:
        if not kept.reading.done:
            reader = ReportReader(self._transfer, self._order, self._store, self._context)
            await reader.read(state, kept, job, self._reports, self._source, self._target)

    async def _copy_large(self, state: RunState, kept: Kept) -> None:
        """Copy what is above CopyObject's limit by the engine of this machine."""
        manifest = kept.manifest
        if self._local is None or manifest is None or manifest.large == 0:
            state.cursor.finish(section_count(self._order.selection))
            state.save()
            return
        filters = self._order.selection.filters
        least = max(filters.min_size or 0, MAX_SINGLE_COPY + 1)
        if filters.max_size is not None and filters.max_size < least:
            return
        selection = replace(self._order.selection, filters=replace(filters, min_size=least))
        await Run(with_changes(state, again=True), selection, self._of_large()).carry_out()

    def _of_large(self) -> Prepared:
        assert self._local is not None
        return with_changes(self._local, elsewhere=None)


class _NoObjects:
    """Nothing is done object by object."""

    batch_size = 1

    async def finish(self) -> None:
        """See `Work`."""

    async def carry_out(self, batch: Batch) -> None:
        """See `Work`."""
        raise AssertionError(f"no object is done here: {batch.objects[0].key}")


def prepare_job(
    transfer: str,
    order: BatchOrder,
    source: Store,
    target: Store,
    store: Store,
    local: Prepared | None,
    context: QueueContext,
) -> Prepared:
    """Make ready; see `BatchWork`."""
    work = BatchWork(transfer, order, source, target, store, local, context)
    if local:
        return with_changes(local, elsewhere=work.carry_out, first=None)
    return Prepared(_NoObjects(), source, _not_counted, nothing, elsewhere=work.carry_out)


async def _not_counted(_keep: Keep) -> AsyncGenerator[Tally]:
    """Counted while its manifest is written."""
    yield Tally()


def _gave_up(job: JobSnapshot) -> Problem:
    if job.state is JobState.CANCELLED:
        return Problem(
            kind=ProblemKind.INVALID,
            title=f"the job was cancelled: {job.id}",
            cause=f"{job.succeeded + job.failed:,} of {counted(job.total, 'object')} done",
            remedy="retry (r) makes another job of what is left",
        )
    return Problem(
        kind=ProblemKind.INVALID,
        title=f"S3 gave the job up: {job.id}",
        cause="; ".join(job.failures) or "without a reason",
        remedy="mend what it names, then retry (r)",
    )


def _confirm(transfer: str, job: JobSnapshot) -> Problem:
    return Problem(
        kind=ProblemKind.CONFIRMATION,
        title=f"the job waits for your confirmation: {counted(job.total, 'object')}",
        cause=job.suspended,
        remedy=f"confirm it: p in the transfers, or xs3-tui batch confirm {transfer}",
        resource=job.id,
    )
