"""A job of S3 Batch Operations as work of the queue: list, job, report, sample; then what is too large for it.

Each step is in the journal before the next one begins, so that another engine goes on where this one was killed. The
request that makes the job is written down with its token before it is sent: sent again, it gives the same job.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import replace as with_changes

from msgspec.structs import replace

from tui.aws.refusals import kind_of, s3_kind_of
from tui.core.jobs import JobSnapshot, JobState
from tui.core.location import Location
from tui.core.naming import GIB, MAX_SINGLE_COPY, counted
from tui.core.orders import BatchAcl, BatchChecksum, BatchCopy, BatchOrder, BatchRestore, BatchTags
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import ObjectResult, Outcome, Tally, TransferState
from tui.features.batch.completion_report import ReportRow, read_report_manifest, report_place, report_rows
from tui.features.batch.copy_sample import Sample, SampleSides, verify_sample
from tui.features.batch.job_objects import Chooser, ChosenObjects, section_of, uris
from tui.features.batch.job_refusals import refuse_impossible_job, region_of
from tui.features.batch.job_requests import create_job, folder_of, target_acl
from tui.features.batch.job_sources import ready_made
from tui.features.batch.kept_job import (
    KeptJob,
    KeptManifest,
    KeptReading,
    KeptRequest,
    KeptUpload,
    KeptValues,
    keep_order,
)
from tui.features.batch.manifest import ManifestWriter, write_manifest
from tui.features.batch.manifest_keys import target_prefix
from tui.queue.job_control import JobControl, Watch, awaits_confirmation, follow, words_of
from tui.queue.queue_context import QueueContext
from tui.queue.run import Run
from tui.queue.run_state import Prepared, RunState, nothing
from tui.stores.base import Store
from tui.transfers.counting import Keep
from tui.transfers.object_work import Batch
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
            raise ProblemError(Problem(ProblemKind.ENGINE, "this engine creates no jobs"))
        return self._context.jobs

    async def carry_out(self, state: RunState) -> None:
        kept = await KeptValues.load(self._context.journal, self._transfer)
        if state.retrying and await self._retried_here(state, kept):
            return
        if state.retrying and kept.job and kept.job.snapshot.state.ended and kept.reading.done:
            await kept.begin_again()
        if await self._has_job(state, kept):
            job = await self._to_its_end(state, kept)
            if not kept.reading.done:
                reader = ReportReader(self._transfer, self._order, self._store, self._context)
                await reader.read(state, kept, job, self._reports, self._source, self._target)
            if job.state is not JobState.COMPLETE:
                state.progress.fail(_gave_up(job))
                return
        await self._copy_large(state, kept)

    async def _retried_here(self, state: RunState, kept: KeptValues) -> bool:
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

    async def _has_job(self, state: RunState, kept: KeptValues) -> bool:
        """Have a job: the one that there is, or a new one. False: there is nothing for one to do."""
        if kept.job:
            return True
        order = self._order
        if order.adopts:
            with self._context.interrupting(order.connection):
                account = await self._control.account(order.connection)
                found = await self._control.describe(order.connection, order.options.region, order.adopts)
            await kept.keep(KeptManifest({}, found.total, 0, None))
            await kept.keep(KeptJob(order.adopts, order.options.region, account, found))
            return True
        region = order.options.region or await region_of(order, self._source, self._target)
        if kept.manifest is None:
            with self._context.interrupting(order.connection):
                await refuse_impossible_job(order, self._store, self._control, region)
            writing = ListWriting(self._transfer, order, self._source, self._target, self._store, self._context)
            await kept.keep(await writing.write(state, kept, self._reports))
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

    async def _create(self, kept: KeptValues, manifest: KeptManifest, region: str) -> None:
        """Have the job made, and its id on disk: never cancelled between."""
        order = self._order
        if kept.request is None:
            account = await self._control.account(order.connection)
            token = secrets.token_hex(16)
            acl = await target_acl(order, self._target, await self._context.owner(order.connection))
            asked = create_job(order, self._transfer, account, token, manifest.parameters, acl, region)
            await keep_order(self._store, self._reports, order)
            await kept.keep(KeptRequest(region, account, asked))
        request = kept.request
        assert request is not None
        with self._context.interrupting(order.connection):
            job = await self._control.create(order.connection, request.region, request.parameters)
        await kept.keep(KeptJob(job, request.region, request.account, JobSnapshot(job, JobState.NEW)))

    async def _to_its_end(self, state: RunState, kept: KeptValues) -> JobSnapshot:
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
                    await kept.keep(replace(known, snapshot=job))
                    await self._show(state, job, watch)
                    if job.state.ended:
                        return job
        finally:
            self._context.watches.pop(self._transfer, None)
        raise AssertionError("a job is followed to its end")

    async def _show(self, state: RunState, job: JobSnapshot, watch: Watch) -> None:
        progress = state.progress
        progress.elsewhere.see(words_of(job), job.total, job.succeeded, job.failed)
        if job.total and not progress.counted:
            progress.count(Tally(job.total, 0, complete=True))
        if awaits_confirmation(job) and not watch.confirmed:
            progress.set_state(TransferState.WAITING, _confirm(self._transfer, job))
            self._context.state_changed()
        else:
            begun(state, self._context)
        state.save()
        self._context.changed()

    async def _copy_large(self, state: RunState, kept: KeptValues) -> None:
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
        """See `ObjectWork`."""

    async def carry_out(self, batch: Batch) -> None:
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
    work = BatchWork(transfer, order, source, target, store, local, context)
    if local:
        return with_changes(local, elsewhere=work.carry_out, first=None)
    return Prepared(_NoObjects(), source, _not_counted, nothing, elsewhere=work.carry_out)


async def _not_counted(_keep: Keep) -> AsyncGenerator[Tally]:
    """Counted while its manifest is written."""
    yield Tally()


def _gave_up(job: JobSnapshot) -> Problem:
    if job.state is JobState.CANCELLED:
        cause = f"{job.succeeded + job.failed:,} of {counted(job.total, 'object')} done"
        title, remedy = f"the job was cancelled: {job.id}", "retry the transfer to create another job for the rest"
        return Problem(ProblemKind.INVALID, title, cause, remedy)
    cause, remedy = "; ".join(job.failures) or "S3 gave no reason", "correct the cause, then retry the transfer"
    return Problem(ProblemKind.INVALID, f"the job failed: {job.id}", cause, remedy)


def _confirm(transfer: str, job: JobSnapshot) -> Problem:
    title = f"the job waits for your confirmation: {counted(job.total, 'object')}"
    remedy = f"confirm it in the list of transfers, or with xs3-tui batch confirm {transfer}"
    return Problem(ProblemKind.CONFIRMATION, title, job.suspended, remedy, resource=job.id)


class ListWriting:
    """Writes the list of one job. `store` writes it, `source` lists, `target` is listed beside it."""

    def __init__(
        self, transfer: str, order: BatchOrder, source: Store, target: Store, store: Store, context: QueueContext
    ) -> None:
        self._transfer, self._order, self._context = transfer, order, context
        self._source, self._target, self._store = source, target, store

    async def write(self, state: RunState, kept: KeptValues, folder: Location) -> KeptManifest:
        """The list of the job's objects, below `folder`; what was begun before is aborted. Raises `ProblemError`."""
        for left in kept.upload:
            await self._store.abort_upload(left.location.bucket, left.location.key, left.upload)
        made = await ready_made(self._order, self._source, self._store, again=state.retrying)
        for note in made.notes:
            state.progress.note(note)
        if made.manifest:
            return made.manifest
        place = Location(folder.bucket, f"{folder.key}manifest-{kept.attempt}.csv")
        writer = ManifestWriter(self._store, place, self._order.selection.base.bucket, self._order.options.role)
        chooser = Chooser(self._transfer, self._order, self._source, self._target, made.listing)
        known: list[KeptUpload] = []

        async def take(chosen: ChosenObjects) -> ChosenObjects:
            if writer.upload and not known:
                known.append(KeptUpload(place, writer.upload))
                await kept.keep_upload(known)
            return await self._take(state, chosen)

        async def tell(tally: Tally) -> None:
            state.progress.count(tally)
            state.progress.elsewhere.see(f"writing the manifest: {counted(writer.objects, 'object')}")
            begun(state, self._context)

        pages = self._again(chooser) if state.retrying else chooser.pages()
        manifest = await write_manifest(writer, pages, take, tell)
        await kept.keep_upload([])
        if manifest.objects:
            state.progress.note(
                f"the list has {counted(manifest.objects, 'object')} of {counted(manifest.bytes, 'byte')}"
            )
        return manifest

    async def _again(self, chooser: Chooser) -> AsyncGenerator[ChosenObjects]:
        """What has failed, then what was never come to."""
        failed = self._context.journal.results.failed_keys(self._transfer)
        for pages in (chooser.again(failed), chooser.pages()):
            async with aclosing(pages) as chosen_pages:
                async for chosen in chosen_pages:
                    yield chosen

    async def _take(self, state: RunState, chosen: ChosenObjects) -> ChosenObjects:
        """Record what stays as it is; what has a result already is not done again."""
        journal = self._context.journal
        await journal.writable()
        await journal.drained()
        if not chosen.again and (state.again or state.retrying):
            keys = [*(each.key for each in chosen.objects), *(each.key for each in chosen.large)]
            keys += [key for key, _ in chosen.skipped]
            done = await journal.results.finished(self._transfer, chosen.section, keys)
            chosen = with_changes(
                chosen,
                objects=[each for each in chosen.objects if each.key not in done],
                large=[each for each in chosen.large if each.key not in done],
                skipped=[(key, result) for key, result in chosen.skipped if key not in done],
            )
        for key, result in chosen.skipped:
            state.record(chosen.section, key, result)
        return chosen


def begun(state: RunState, context: QueueContext) -> None:
    """Watchers hear that the transfer runs, and of its numbers."""
    if state.progress.state is not TransferState.RUNNING:
        state.progress.begin()
        context.state_changed()
    context.changed()


BY_S3 = "S3's completion report"
NO_REPORT = "S3 has written no completion report"

_OPERATIONS = {
    BatchCopy: ("CopyObject", Outcome.COPIED),
    BatchTags: ("PutObjectTagging", Outcome.CHANGED),
    BatchAcl: ("PutObjectAcl", Outcome.CHANGED),
    BatchRestore: ("RestoreObject", Outcome.REQUESTED),
    BatchChecksum: ("ComputeObjectChecksum", Outcome.COMPUTED),
}


class ReportReader:
    """Reads one report."""

    def __init__(self, transfer: str, order: BatchOrder, store: Store, context: QueueContext) -> None:
        """`store` is that of the job's identity, which wrote the place of the reports."""
        self._transfer, self._order, self._store, self._context = transfer, order, store, context
        self._prefix = target_prefix(copy) if (copy := order.copy) else ""
        self._operation, self._done = _OPERATIONS[type(order.operation)]
        self._section = section_of(order)

    async def read(
        self, state: RunState, kept: KeptValues, job: JobSnapshot, folder: Location, source: Store, target: Store
    ) -> None:
        """All of it. Rows that were read before an interruption are read again for the sample, and recorded once.

        Raises `ProblemError` for a report that cannot be read.
        """
        place = report_place(folder.key.rstrip("/"), folder.bucket, job.id)
        manifest = await read_report_manifest(self._store, place)
        if manifest is None:
            if job.succeeded + job.failed:
                state.progress.note(f"{NO_REPORT} at {place.uri}: {job.succeeded:,} succeeded, {job.failed:,} failed")
            state.progress.elsewhere.leave_unnamed(job.succeeded)
            kept.keep_reading(KeptReading(done=True))
            return
        sample, before = Sample(self._transfer), kept.reading
        named = 0
        for number, file in enumerate(manifest.results):
            rows = 0
            async with aclosing(report_rows(self._store, manifest, file)) as chunks:
                async for chunk in chunks:
                    named += sum(row.succeeded for row in chunk)
                    unread = _unread(chunk, number, rows, before)
                    await self._record(state, await self._fresh(state, kept, unread), sample, chunk)
                    rows += len(chunk)
                    if unread:
                        kept.keep_reading(KeptReading(number, rows))
        if self._order.options.failed_only:
            state.progress.elsewhere.leave_unnamed(job.succeeded - named)
        await self._verify(state, sample, source, target)
        kept.keep_reading(KeptReading(len(manifest.results), 0, done=True))
        state.save()

    async def _fresh(self, state: RunState, kept: KeptValues, unread: list[ReportRow]) -> list[ReportRow]:
        """Those that have no result: the engine may have been killed between the results and how far it had read.

        In the report of a later job all have one, of the job before.
        """
        if not state.again or kept.attempt:
            return unread
        done = set[tuple[int, str]]()
        for section in {self._section(row.key) for row in unread}:
            keys = [row.key for row in unread if self._section(row.key) == section]
            finished = await self._context.journal.results.finished(self._transfer, section, keys)
            done |= {(section, key) for key in finished}
        return [row for row in unread if (self._section(row.key), row.key) not in done]

    async def _record(self, state: RunState, fresh: list[ReportRow], sample: Sample, all_rows: list[ReportRow]) -> None:
        journal = self._context.journal
        await journal.writable()
        await journal.drained()
        for row in all_rows:
            if row.succeeded and isinstance(self._order.operation, BatchCopy):
                sample.offer(row.key, row.version)
        for row in fresh:
            state.record(self._section(row.key), row.key, self._result(row))

    def _result(self, row: ReportRow) -> ObjectResult:
        source, there = uris(self._order, self._prefix, row.key)
        now = time.time()
        return ObjectResult(
            transfer=self._transfer,
            source=source,
            target=there,
            outcome=self._done if row.succeeded else Outcome.FAILED,
            size=None,
            evidence=BY_S3 if row.succeeded else "",
            problem=None if row.succeeded else self._problem(row, source),
            version=row.version,
            checksum=_checksum(row) if row.succeeded and isinstance(self._order.operation, BatchChecksum) else "",
            began=now,
            ended=now,
        )

    def _problem(self, row: ReportRow, source: str) -> Problem:
        kind = s3_kind_of(row.code) or kind_of(row.code, row.status)
        denied = kind is ProblemKind.DENIED
        return Problem(
            kind=kind,
            title=f"{self._operation} failed: {row.code or row.status}",
            cause=row.message,
            remedy=("allow it in the policies of the job's role, then " if denied else "") + "retry the transfer",
            operation=self._operation,
            resource=source,
            identity=self._order.options.role,
            status=row.status,
            code=row.code,
        )

    async def _verify(self, state: RunState, sample: Sample, source: Store, target: Store) -> None:
        operation = self._order.operation
        if not isinstance(operation, BatchCopy) or not sample.keys:
            return
        there = operation.destination
        owner = await self._context.owner(there.connection)
        sides = SampleSides(
            source, target, self._order.selection.base.bucket, there.location.bucket, self._prefix, owner
        )
        found = await verify_sample(sample, sides)
        for note in found.notes():
            state.progress.note(note)
        if found.differ:
            title = f"{len(found.differ):,} of {counted(found.drawn, 'copy')} in the sample differ from their sources"
            remedy = "verify every copy: xs3-tui verify"
            state.progress.fail(Problem(ProblemKind.MISMATCH, title, remedy=remedy, resource=found.differ[0]))


def _unread(chunk: list[ReportRow], file: int, rows: int, before: KeptReading) -> list[ReportRow]:
    """The rows of a chunk, which is behind so many rows of its file, that were not read before."""
    if file != before.files:
        return chunk if file > before.files else []
    return chunk[max(0, before.rows - rows) :]


def _checksum(row: ReportRow) -> str:
    """``ALGORITHM:base64`` of the result of ComputeObjectChecksum; empty for one that is not understood."""
    with suppress(ValueError, KeyError, TypeError):
        found = json.loads(row.message)
        return f"{found['checksumAlgorithm']}:{found['checksum_base64']}"
    return ""
