"""The completion report of a job becomes the results of its transfer, and a random sample of its copies is verified."""

from __future__ import annotations

import json
import time
from contextlib import aclosing, suppress

from tui.aws.refusals import kind_of, s3_kind_of
from tui.core.jobs import JobSnapshot
from tui.core.location import Location
from tui.core.naming import counted
from tui.core.orders import BatchAcl, BatchChecksum, BatchCopy, BatchOrder, BatchRestore, BatchTags
from tui.core.problem import Problem, ProblemKind
from tui.core.transfer import ObjectResult, Outcome
from tui.queue.run_state import RunState
from tui.queue.shared import QueueContext
from tui.stores.base import Store
from tui.transfers.batch.choosing import section_of, uris
from tui.transfers.batch.kept import Kept, KeptReading
from tui.transfers.batch.keys import target_prefix
from tui.transfers.batch.reports import ReportRow, read_report_manifest, report_place, report_rows
from tui.transfers.batch.sampling import Sample, SampleSides, verify_sample

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
        self, state: RunState, kept: Kept, job: JobSnapshot, folder: Location, source: Store, target: Store
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

    async def _fresh(self, state: RunState, kept: Kept, unread: list[ReportRow]) -> list[ReportRow]:
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
            title=f"S3 could not do it: {row.code or row.status}",
            cause=row.message,
            remedy="allow it to the role of the job, then retry (r)" if denied else "retry (r)",
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
            drawn = counted(found.drawn, "copy")
            state.progress.fail(
                Problem(
                    kind=ProblemKind.MISMATCH,
                    title=f"unlike their sources: {len(found.differ):,} of {drawn} of the sample",
                    remedy="verify all: xs3-tui verify",
                    resource=found.differ[0],
                )
            )


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
