"""Where a transfer is: its state, progress, results and uploads, as watchers see them and the journal keeps them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import aclosing

from msgspec.structs import replace

from tui.core.problem import Problem
from tui.core.transfer import ObjectResult, Outcome, Transfer, TransferState
from tui.transfers.copy.multipart_upload import AbandonedUploads
from tui.transfers.copy.upload_records import TransferUploads, kept_bytes
from tui.transfers.journal import TransferRecord
from tui.transfers.progress import Progress
from tui.transfers.queue.context import QueueContext
from tui.transfers.queue.cursor import ListingCursor
from tui.transfers.queue.results import Results

_AT_WORK = (TransferState.RUNNING, TransferState.ASKING)


class JobStatus:
    """The state of one transfer between the steps of its job."""

    def __init__(self, record: TransferRecord, context: QueueContext) -> None:
        self.name, self.order, self.position = record.id, record.order, record.position
        self.context = context
        self.progress = Progress(record, context.limits)
        self.results = Results(record.id, context.journal)
        self.cursor = ListingCursor(record.cursor)
        self.uploads = TransferUploads(record.id, context.journal)
        self.retrying = record.retrying
        """Whether its failed and cancelled objects are being tried again."""
        self.receipt_lines: Callable[[], Sequence[object]] = list
        """What its work has to say in the receipt besides the results, as long as this engine knows it."""
        if record.decided:
            context.conflicts.decide(record.id, record.decided)
        if self.ended:
            self.results.end()

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.progress.state.ended

    @property
    def needs_engine(self) -> bool:
        """Whether it continues, or will, without the user."""
        return self.progress.state in (TransferState.QUEUED, TransferState.RUNNING, TransferState.WAITING)

    @property
    def open_uploads(self) -> list[str]:
        """The ids of its uploads that have not ended."""
        return [record.upload for record in self.uploads.open if record.upload]

    def snapshot(self) -> Transfer:
        """The transfer as it is now. One whose journal cannot be written waits for that."""
        trouble = self.context.journal.trouble
        if trouble is None or self.progress.state not in (TransferState.QUEUED, *_AT_WORK):
            return self.progress.snapshot()
        return replace(self.progress.snapshot(), state=TransferState.WAITING, waits_for=trouble, rate=0.0, eta=None)

    def record(self) -> TransferRecord:
        """What the journal keeps of it."""
        record = self.progress.record(self.cursor.position, self.position, retrying=self.retrying)
        return replace(record, decided=self.context.conflicts.decided(self.name))

    def save(self) -> None:
        """Have the journal keep it as it is now."""
        self.context.journal.save(self.record())

    async def load(self) -> None:
        """Load what the journal has."""
        journal = self.context.journal
        uploads = await journal.uploads.of(self.name)
        if journal.trouble:
            known = {record.row: record for record in self.uploads.open}  # their ids may not be written yet
            uploads = [record if record.upload else known.get(record.row, record) for record in uploads]
        self.uploads = TransferUploads(self.name, journal, uploads)
        counts = await journal.results.counts(self.name)
        self.progress.load(counts, kept_bytes(uploads), retrying=self.retrying)
        if self.retrying:
            self.results.retry(await journal.results.last(self.name))
        elif counts.objects.get(Outcome.FAILED) and not self.progress.problem:
            self.progress.problem = await self._first_problem()  # met after the record was kept last
        self.context.changed()

    async def _first_problem(self) -> Problem | None:
        async with aclosing(self.context.journal.results.of(self.name, failed=True)) as results:
            async for result in results:
                if result.problem:
                    return result.problem
        return None

    def set_state(self, state: TransferState, waits_for: Problem | None = None) -> None:
        """Change the state, in the journal and for watchers; `waits_for`: why it waits."""
        self.progress.set_state(state, waits_for)
        self.save()
        self.context.state_changed()
        self.context.changed()

    def fail(self, problem: Problem) -> None:
        """Something went wrong with the whole transfer."""
        self.progress.fail(problem)
        self.context.report(problem)

    def settle(self, results: Sequence[ObjectResult]) -> None:
        """Count results that were found out after an interruption."""
        for result in results:
            self.progress.settle(result)
            if result.problem:
                self.context.report(result.problem)
        if results:
            self.save()
            self.results.touch()
            self.context.changed()

    async def clear(self, abandoned: AbandonedUploads) -> None:
        """Abort what is still open: its bytes are not at the target."""
        self.progress.arrived(-kept_bytes(self.uploads.unclaimed), moved=False)
        for note in await abandoned.clear(self.uploads.open):
            self.progress.note(note)
