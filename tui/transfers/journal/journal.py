"""The journal: what must outlive the engine, in one file. Called from one event loop, which it never blocks."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import msgspec

from tui.core.problem import Problem, ProblemError
from tui.core.transfer import Limits, ObjectResult
from tui.stores.store_values import CompletedPart
from tui.transfers.journal import opening_journal, reading_journal, writer
from tui.transfers.journal.journal_schema import STEPS, SchemaMigration
from tui.transfers.journal.opening_journal import OpenFile, open_file
from tui.transfers.journal.records import KeptResult, OutcomeCounts, PendingDelete, TransferRecord, UploadRecord
from tui.transfers.journal.writer import Demand, Entry, Writer

BACKLOG = 4_000
"""Entries that may wait to be written before `FileAccess.drained` makes its callers wait."""

P = ParamSpec("P")
T = TypeVar("T")


class FileAccess:
    """The open file, the thread that reads it and the thread that writes it.

    While it cannot be written, `trouble` says why, and nothing is lost: all entries stay in line, and writing is tried
    again each second.
    """

    def __init__(self, file: OpenFile, report: Callable[[Problem], None]) -> None:
        self._file, self._report, self._serial = file, report, file.serial
        self._loop = asyncio.get_running_loop()
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="journal-reader")
        self._writer = Writer(file.writing, self._attempted)
        self._writable, self._drained = asyncio.Event(), asyncio.Event()
        self._writable.set()
        self.closed = False
        self.trouble: Problem | None = None
        """Why it cannot be written at the moment."""
        self._writer.start()

    def next_serial(self) -> int:
        self._serial += 1
        return self._serial

    @property
    def aside(self) -> list[Path]:
        """Damaged files that were kept beside this one, as far as they are still there."""
        return [path for path in self._file.aside if path.exists()]

    async def close(self) -> None:
        """Write what is in line and close the file; what cannot be written even now is reported and lost."""
        if self.closed:
            return
        self.closed = True
        left = await asyncio.to_thread(self._writer.stop)
        for entry in left:
            if isinstance(entry, Demand):
                entry.refuse(opening_journal.closed(self._file.path))
        if left and self.trouble:
            self._report(opening_journal.lost(self._file.path, len(left), self.trouble))
        await asyncio.to_thread(self._reader.shutdown)
        await asyncio.to_thread(self._file.close)

    @property
    def backlog(self) -> int:
        return self._writer.backlog

    async def writable(self) -> None:
        await self._writable.wait()

    async def drained(self) -> None:
        """Returns when little waits to be written: await it if you call `finish` and `part` often."""
        while self._writer.backlog >= BACKLOG:
            self._drained.clear()
            await self._drained.wait()

    async def flushed(self) -> None:
        """Returns when everything handed in so far is on disk, however long that takes."""
        await self.demand(lambda _: None, patient=True)

    async def settled(self) -> bool:
        """Returns when everything handed in so far is on disk, or (False) cannot be written for now."""
        if self.trouble or not self._writer.backlog:
            return self.trouble is None
        try:
            await self.demand(lambda _: None, patient=False)
        except ProblemError:
            return False  # `trouble` says why
        return True

    def hand(self, entries: Iterable[Entry]) -> None:
        """Have these written soon, in the order of the calls. Raises `ProblemError` once it is closed."""
        if self.closed:
            raise opening_journal.closed(self._file.path)
        self._writer.hand(entries)

    def demand(self, work: Callable[[sqlite3.Connection], T], *, patient: bool) -> asyncio.Future[T]:
        """Have it done by the writer; the answer comes when it is on disk, a `ProblemError` if it is refused."""
        answer: asyncio.Future[T] = self._loop.create_future()

        def answered(settle: Callable[[], None]) -> None:
            if not answer.done():  # the caller may have been cancelled
                settle()

        def done(value: T) -> None:
            self._loop.call_soon_threadsafe(answered, partial(answer.set_result, value))

        def refused(error: Exception) -> None:
            refusal = error if isinstance(error, ProblemError) else ProblemError(self._problem(error))
            self._loop.call_soon_threadsafe(answered, partial(answer.set_exception, refusal))

        self.hand([Demand(work, done, refused, patient)])
        return answer

    async def read(
        self, query: Callable[Concatenate[sqlite3.Connection, P], T], *arguments: P.args, **options: P.kwargs
    ) -> T:
        """The answer once everything handed in so far is on disk; while that cannot be written, of what is on disk."""
        await self.settled()
        return await self.ask(query, *arguments, **options)

    async def ask(
        self, query: Callable[Concatenate[sqlite3.Connection, P], T], *arguments: P.args, **options: P.kwargs
    ) -> T:
        """The answer of the file as it is on disk now. Raises `ProblemError` if it cannot be read."""
        if self.closed:
            raise opening_journal.closed(self._file.path)
        ask = partial(query, self._file.reading, *arguments, **options)
        try:
            return await self._loop.run_in_executor(self._reader, ask)
        except (sqlite3.Error, msgspec.MsgspecError, ValueError) as error:
            raise opening_journal.cannot_read(self._file.path, error) from error

    def _attempted(self, error: Exception | None) -> None:
        """Called in the writer's thread."""
        self._loop.call_soon_threadsafe(self._note, self._problem(error) if error else None)

    def _note(self, trouble: Problem | None) -> None:
        if trouble and (self.trouble is None or self.trouble.title != trouble.title):
            self._report(trouble)
        self.trouble = trouble
        if trouble:
            self._writable.clear()
        else:
            self._writable.set()
            self._drained.set()

    def _problem(self, error: Exception) -> Problem:
        return opening_journal.cannot_write(self._file.path, error)


class PendingDeletes:
    """The deletes that moves have announced and whose result is not known yet."""

    def __init__(self, file: FileAccess) -> None:
        self._file = file

    async def intend(self, transfer: str, pending: PendingDelete) -> None:
        """Before DeleteObject; on disk when it returns. Its `finish` ends it. Waits while nothing can be written."""
        write = writer.intend_delete(transfer, pending)
        await self._file.demand(lambda db: writer.make(db, write), patient=True)

    def withdraw(self, transfer: str, pending: PendingDelete) -> None:
        """The source is not deleted for now: its object is copied like any other."""
        self._file.hand([writer.keep_source(transfer, pending)])

    async def of(self, transfer: str) -> list[PendingDelete]:
        """Those that have no result: the engine ended, or the transfer was stopped, at that moment."""
        return await self._file.read(reading_journal.pending_deletes, transfer)


class KeptResults:
    """The results of the objects of all transfers."""

    def __init__(self, file: FileAccess) -> None:
        self._file = file

    def finish(self, transfer: str, section: int, key: str, result: ObjectResult) -> None:
        """Keep what became of an object; an earlier result of the same key goes."""
        self._file.hand([writer.finish(self._file.next_serial(), transfer, section, key, result)])

    def correct(self, transfer: str, section: int, key: str, result: ObjectResult) -> None:
        """Keep what is known now of an object that has a result: it is the same one, and not counted again."""
        self.finish(transfer, section, key, result)

    async def finished(self, transfer: str, section: int, keys: Sequence[str]) -> set[str]:
        """Which of these keys (of a page) have a result."""
        return await self._file.read(reading_journal.finished, transfer, section, keys)

    async def counts(self, transfer: str) -> OutcomeCounts:
        return await self._file.read(reading_journal.counts, transfer)

    async def of(
        self, transfer: str, *, failed: bool = False, latest: int | None = None
    ) -> AsyncGenerator[ObjectResult]:
        """The results that are there now, in the order of finishing; `failed`: of failed and cancelled objects only."""
        number, above, last = await self._span(transfer, latest, failed=failed)
        while chunk := await self._file.ask(reading_journal.results, number, above, last, failed=failed):
            for _, result in chunk:
                yield result
            above = chunk[-1][0]

    async def by_key(self, transfer: str) -> AsyncGenerator[list[tuple[str, ObjectResult]]]:
        """The results that are there now with their keys, in chunks, in the order of finishing."""
        _, above, last = await self._span(transfer)
        while rows := await self._file.ask(reading_journal.keyed_results, above, last):
            above = rows[-1][0]
            yield [(key, result) for _, key, result in rows]

    async def _span(self, transfer: str, latest: int | None = None, *, failed: bool = False) -> tuple[int, int, int]:
        """The transfer's number, and the numbers between which its results lie; nothing does for one that is gone."""
        number = await self._file.read(reading_journal.number_of, transfer)
        if number is None:
            return 0, 0, 0
        return number, *await self._file.ask(reading_journal.bounds, number, latest, failed=failed)

    async def one(self, transfer: str, key: str) -> ObjectResult | None:
        return await self._file.read(reading_journal.result_of, transfer, key)

    async def next(self, transfer: str, above: int) -> list[KeptResult]:
        """Some results behind the one of that number (0: the first ones); none: no more for now."""
        _, first, last = await self._span(transfer)
        return await self._file.ask(reading_journal.kept_results, max(above, first), last)

    async def last(self, transfer: str) -> int:
        """The number of the transfer's latest result, 0 if there is none."""
        return (await self._span(transfer))[2]

    async def failed_keys(self, transfer: str) -> AsyncGenerator[list[tuple[int, str]]]:
        """Section and key of the objects that have failed or were cancelled until now, in chunks."""
        number, above, last = await self._span(transfer, failed=True)
        while rows := await self._file.ask(reading_journal.failed_keys, number, above, last):
            above = rows[-1][0]
            yield [(section, key) for _, section, key in rows]


class KeptStates:
    """What such transfers need to go on after an interruption: values of bytes, by name. Never a secret."""

    def __init__(self, file: FileAccess) -> None:
        self._file = file

    def set(self, transfer: str, name: str, value: bytes) -> None:
        """Keep a value, in place of an earlier one of that name; it is on disk soon, in the order of the calls."""
        self._file.hand([writer.set_state(transfer, name, value)])

    async def demand(self, transfer: str, name: str, value: bytes) -> None:
        """The same, on disk when it returns. Waits while the journal cannot be written."""
        write = writer.set_state(transfer, name, value)
        await self._file.demand(lambda db: writer.make(db, write), patient=True)

    def drop(self, transfer: str, name: str) -> None:
        self._file.hand([writer.drop_state(transfer, name)])

    async def of(self, transfer: str) -> dict[str, bytes]:
        """All values of a transfer by name, in the order of the names' characters."""
        return await self._file.read(reading_journal.states, transfer)


class KeptUploads:
    """The multipart uploads of all transfers that have not ended."""

    def __init__(self, file: FileAccess) -> None:
        self._file = file

    async def intend(self, upload: UploadRecord) -> int:
        """Before CreateMultipartUpload; returns the row, on disk. Waits while the journal cannot be written.

        The row of a transfer that was removed is 0, and its records are not kept.
        """
        row = 0

        def write(connection: sqlite3.Connection) -> int:
            nonlocal row
            row = writer.intend(connection, upload)
            return row

        try:
            return await self._file.demand(write, patient=True)
        except asyncio.CancelledError:  # the row is unknown to the caller
            if not self._file.closed:
                self._file.hand(
                    [Demand(lambda db: writer.make(db, writer.ended(row)), _unheard, _unheard, patient=True)]
                )
            raise

    async def begun(self, row: int, upload_id: str) -> None:
        """After CreateMultipartUpload; on disk when it returns. Waits while the journal cannot be written."""
        write = writer.begun(row, upload_id)
        await self._file.demand(lambda db: writer.make(db, write), patient=True)

    def part(self, row: int, part: CompletedPart, evidence: str) -> None:
        """Keep a finished part, with the checksum of what was read for it (empty: unknown)."""
        self._file.hand([writer.part(row, part, evidence)])

    def ended(self, row: int) -> None:
        self._file.hand([writer.ended(row)])

    async def of(self, transfer: str) -> list[UploadRecord]:
        return await self._file.read(reading_journal.uploads, transfer)

    async def known_ids(self, bucket: str) -> set[str]:
        return await self._file.read(reading_journal.known_uploads, bucket)


def _unheard(_: object) -> None:
    """Nobody waits for it any more."""


class Journal(FileAccess):
    """The transfers, their `results`, `uploads`, `deletes` (sources of moves) and `states`. Made by `open`.

    Calls that are not awaited are written soon (within some 50 ms), in the order of the calls; those that are awaited
    return when it is on disk. See `FileAccess` for what happens while the file cannot be written.
    """

    def __init__(self, file: OpenFile, report: Callable[[Problem], None]) -> None:
        super().__init__(file, report)
        self.results, self.uploads, self.deletes = KeptResults(self), KeptUploads(self), PendingDeletes(self)
        self.states = KeptStates(self)

    @classmethod
    async def open(
        cls, path: Path, report: Callable[[Problem], None], steps: Sequence[SchemaMigration] = STEPS
    ) -> Journal:
        """Open the journal at `path`, or make it, with its directory.

        `report` is called for every trouble when it begins, and for a damaged file that was moved aside. Raises
        `ProblemError` (JOURNAL): another process has it open, no rights, a newer schema, another program's file.
        """
        found: list[Problem] = []
        file = await asyncio.to_thread(open_file, path, found.append, steps)
        for problem in found:
            report(problem)
        return cls(file, report)

    @property
    def damaged(self) -> Problem | None:
        """That damaged journals are kept beside this one, whose contents are not known here; None if there are none."""
        return opening_journal.kept_aside(aside) if (aside := self.aside) else None

    async def add(self, record: TransferRecord) -> None:
        """Keep a new transfer. Raises `ProblemError` at once if it cannot be written; nothing is kept then."""
        if self.trouble:
            raise ProblemError(self.trouble)
        write = writer.add(record)
        try:
            await self.demand(lambda db: writer.make(db, write), patient=False)
        except asyncio.CancelledError:  # the caller does not know that it was kept
            if not self.closed:
                self.hand([writer.remove(record.id)])
            raise

    def save(self, record: TransferRecord) -> None:
        """Keep the status of a transfer (not its order); a removed one stays removed. The oldest ended ones go."""
        self.hand([writer.save(record)] if record.ended is None else [writer.save(record), writer.RETIRE])

    async def transfers(self) -> list[TransferRecord]:
        return await self.read(reading_journal.transfers)

    def save_limits(self, limits: Limits) -> None:
        """Keep the limits of all transfers together, in place of the earlier ones."""
        self.hand([writer.save_limits(limits)])

    async def limits(self) -> Limits:
        return await self.read(reading_journal.limits)

    async def remove(self, transfer: str) -> None:
        """Remove a transfer with all that belongs to it; on disk when it returns. No transfer, no error."""
        self.hand([writer.remove(transfer)])
        await self.flushed()
