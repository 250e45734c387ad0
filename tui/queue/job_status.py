"""The status of a transfer: state, progress, results and uploads, for watchers and for the journal."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from msgspec.structs import replace

from tui.core.problem import Problem
from tui.core.transfer import ObjectResult, Outcome, Transfer, TransferState
from tui.queue.queue_context import QueueContext
from tui.transfers.copy.multipart_upload import AbandonedUploads
from tui.transfers.copy.upload_records import TransferUploads, kept_bytes
from tui.transfers.journal import Cursor, Journal, KeptResult, TransferRecord
from tui.transfers.progress import BETWEEN_SNAPSHOTS, TO_RETRY, ChangeNotifier, Progress

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
        return self.progress.state.ended

    @property
    def needs_engine(self) -> bool:
        """Whether it continues, or will, without the user."""
        return self.progress.state in (TransferState.QUEUED, TransferState.RUNNING, TransferState.WAITING)

    @property
    def open_uploads(self) -> list[str]:
        return [record.upload for record in self.uploads.open if record.upload]

    def snapshot(self) -> Transfer:
        """The transfer as it is now. One whose journal cannot be written waits for that."""
        trouble = self.context.journal.trouble
        if trouble is None or self.progress.state not in (TransferState.QUEUED, *_AT_WORK):
            return self.progress.snapshot()
        return replace(self.progress.snapshot(), state=TransferState.WAITING, waits_for=trouble, rate=0.0, eta=None)

    def record(self) -> TransferRecord:
        record = self.progress.record(self.cursor.position, self.position, retrying=self.retrying)
        return replace(record, decided=self.context.conflicts.decided(self.name))

    def save(self) -> None:
        self.context.journal.save(self.record())

    async def load(self) -> None:
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
        self.progress.set_state(state, waits_for)
        self.save()
        self.context.state_changed()
        self.context.changed()

    def fail(self, problem: Problem) -> None:
        self.progress.fail(problem)
        self.context.report(problem)

    def settle(self, results: Sequence[ObjectResult]) -> None:
        for result in results:
            self.progress.settle(result)
            if result.problem:
                self.context.report(result.problem)
        if results:
            self.save()
            self.results.touch()
            self.context.changed()

    async def clear(self, abandoned: AbandonedUploads) -> None:
        self.progress.arrived(-kept_bytes(self.uploads.unclaimed), moved=False)
        for note in await abandoned.clear(self.uploads.open):
            self.progress.note(note)


@dataclass(slots=True, eq=False)
class OpenPage:
    """A page of a listing: its end, and how many of its objects have no result yet."""

    end: Cursor
    missing: int


class ListingCursor:
    """The pages that were begun, in their order, and the position behind those that are complete."""

    def __init__(self, position: Cursor | None) -> None:
        self.position = position
        self._open: deque[OpenPage] = deque()

    def begin(self) -> tuple[int, str]:
        self._open.clear()
        return (self.position.section, self.position.key) if self.position else (0, "")

    def take(self, section: int, last: str, missing: int) -> OpenPage:
        """A page was listed up to the key `last`; that many of its objects need a result."""
        open_page = OpenPage(Cursor(section, last), missing)
        self._open.append(open_page)
        return open_page

    def hold(self, section: int) -> None:
        """The section could not be listed to its end: whatever comes after it, a resumed listing starts here."""
        self.take(section, "", 1)

    def advance(self, open_page: OpenPage | None = None) -> bool:
        """An object of the open_page has its result; returns whether the cursor has moved."""
        if open_page:
            open_page.missing -= 1
        moved = False
        while self._open and not self._open[0].missing:
            self.position = self._open.popleft().end
            moved = True
        return moved

    def finish(self, sections: int) -> None:
        """Everything is listed and has its result: nothing lies behind."""
        if not self._open:
            self.position = Cursor(sections, "")


class Results:
    """The results of one transfer in the order of finishing. Nothing is kept in memory, however many there are."""

    def __init__(self, transfer: str, journal: Journal) -> None:
        self._transfer, self._journal = transfer, journal
        self._changes = ChangeNotifier()
        self._abandoned = False
        self._retried = 0

    def touch(self) -> None:
        self._changes.touch()

    def end(self) -> None:
        self._retried = 0
        self._changes.end()

    def reopen(self) -> None:
        self._changes = ChangeNotifier()

    def retry(self, upto: int) -> None:
        """What failed or was cancelled up to the result of that number is tried again: its end is yet to come."""
        self._retried = upto

    def abandon(self) -> None:
        """The journal is being closed: all feeds end at once."""
        self._abandoned = True
        self._changes.end()

    async def follow(self) -> AsyncGenerator[list[bytes]]:
        """The results that are there, then the new ones, until the end; each object once, encoded as it was kept."""
        above, retried = 0, self._retried
        async with aclosing(self._changes.watch()) as changes:
            async for _ in changes:
                while some := await self._behind(above):
                    if ended := [each.packed for each in some if not _is_open(each, retried)]:
                        yield ended
                    above = some[-1].number
                    await self._changes.pause(BETWEEN_SNAPSHOTS)  # or the journal is made to write each by itself
        async with aclosing(self._not_come_to(retried)) as left:
            async for packed in left:
                yield packed

    async def _not_come_to(self, retried: int) -> AsyncGenerator[list[bytes]]:
        """What was to be tried again, when the transfer ended before that."""
        above = 0
        while above < retried and (some := await self._behind(above)):
            if left := [each.packed for each in some if _is_open(each, retried)]:
                yield left
            above = some[-1].number

    async def _behind(self, number: int) -> list[KeptResult]:
        return [] if self._abandoned else await self._journal.results.next(self._transfer, number)


def _is_open(kept: KeptResult, retried: int) -> bool:
    return kept.number <= retried and kept.outcome in TO_RETRY
