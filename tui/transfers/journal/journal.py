"""The journal as the queue calls it: from one event loop, which it never blocks."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import msgspec

from tui.model.problem import Problem, ProblemError
from tui.model.transfer import ObjectResult
from tui.stores.base import Part
from tui.transfers.journal import problems, reading, writes
from tui.transfers.journal.opening import OpenFile, open_file
from tui.transfers.journal.records import Counts, Departure, TransferRecord, UploadRecord
from tui.transfers.journal.schema import STEPS, Step
from tui.transfers.journal.writer import Demand, Entry, Writer

BACKLOG = 4_000
"""Entries that may wait to be written before `Journal.drained` holds its callers."""

P = ParamSpec("P")
T = TypeVar("T")


class Journal:
    """What must outlive the engine, in one file. Made by `open`.

    Calls that are not awaited are written soon (within some 50 ms), in the order of the calls; those that are awaited
    return when it is on disk. While it cannot be written, `trouble` says why, nothing is lost and everything stays in
    line: it is tried again each second.
    """

    def __init__(self, file: OpenFile, report: Callable[[Problem], None]) -> None:
        self._file, self._report, self._serial = file, report, file.serial
        self._loop = asyncio.get_running_loop()
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="journal-reader")
        self._writer = Writer(file.writing, self._attempted)
        self._writable, self._drained = asyncio.Event(), asyncio.Event()
        self._writable.set()
        self._closed = False
        self.trouble: Problem | None = None
        """Why it cannot be written at the moment."""
        self._writer.start()

    @classmethod
    async def open(cls, path: Path, report: Callable[[Problem], None], steps: Sequence[Step] = STEPS) -> Journal:
        """Open the journal at `path`, or make it, with its directory.

        `report` is told of every trouble when it begins, and of a damaged file that was moved aside. Raises
        `ProblemError` (JOURNAL): another process has it, no rights, a newer schema, another program's file.
        """
        told: list[Problem] = []
        file = await asyncio.to_thread(open_file, path, told.append, steps)
        for problem in told:
            report(problem)
        return cls(file, report)

    async def close(self) -> None:
        """Write what is in line and let go of the file; what cannot be written even now is reported and lost."""
        if self._closed:
            return
        self._closed = True
        left = await asyncio.to_thread(self._writer.stop)
        for entry in left:
            if isinstance(entry, Demand):
                entry.refuse(problems.closed(self._file.path))
        if left and self.trouble:
            self._report(problems.lost(self._file.path, len(left), self.trouble))
        await asyncio.to_thread(self._reader.shutdown)
        await asyncio.to_thread(self._file.close)

    # whether it can be written

    @property
    def backlog(self) -> int:
        """How many entries are not on disk yet."""
        return self._writer.backlog

    async def writable(self) -> None:
        """Returns when there is no trouble."""
        await self._writable.wait()

    async def drained(self) -> None:
        """Returns when little waits to be written: to be awaited by those who call `finish` and `part` often."""
        while self._writer.backlog >= BACKLOG:
            self._drained.clear()
            await self._drained.wait()

    async def flushed(self) -> None:
        """Returns when everything that was said so far is on disk, however long that takes."""
        await self._demand(lambda _: None, patient=True)

    async def settled(self) -> bool:
        """Returns when everything said so far is on disk, or (False) cannot be written for now."""
        if self.trouble or not self._writer.backlog:
            return self.trouble is None
        try:
            await self._demand(lambda _: None, patient=False)
        except ProblemError:
            return False  # the trouble is told elsewhere
        return True

    # transfers

    async def add(self, record: TransferRecord) -> None:
        """Keep a new transfer. Raises `ProblemError` at once if it cannot be written; nothing is kept then."""
        if self.trouble:
            raise ProblemError(self.trouble)
        write = writes.add(record)
        try:
            await self._demand(lambda db: writes.make(db, write), patient=False)
        except asyncio.CancelledError:  # nobody was told that it was taken
            if not self._closed:
                self._hand([writes.remove(record.id)])
            raise

    def save(self, record: TransferRecord) -> None:
        """Keep where a transfer stands (not its order); a removed one stays removed. The oldest ended ones go."""
        self._hand([writes.save(record)] if record.ended is None else [writes.save(record), writes.RETIRE])

    async def transfers(self) -> list[TransferRecord]:
        """All transfers in the order of the queue."""
        return await self._read(reading.transfers)

    async def remove(self, transfer: str) -> None:
        """Remove a transfer with all that belongs to it; on disk when it returns. No transfer, no error."""
        self._hand([writes.remove(transfer)])
        await self.flushed()

    # objects

    def finish(self, transfer: str, section: int, key: str, result: ObjectResult) -> None:
        """Keep what became of an object; an earlier result of the same key goes."""
        self._serial += 1
        self._hand([writes.finish(self._serial, transfer, section, key, result)])

    async def finished(self, transfer: str, section: int, keys: Sequence[str]) -> set[str]:
        """Which of these keys (of a page) have a result."""
        return await self._read(reading.finished, transfer, section, keys)

    async def counts(self, transfer: str) -> Counts:
        """Objects and bytes by outcome."""
        return await self._read(reading.counts, transfer)

    async def results(
        self, transfer: str, *, failed: bool = False, latest: int | None = None
    ) -> AsyncGenerator[ObjectResult]:
        """The results that are there now, in the order of finishing; `failed`: of failed and cancelled objects only."""
        number = await self._read(reading.number_of, transfer)
        if number is None:
            return
        above, last = await self._ask(reading.bounds, number, latest, failed=failed)
        while chunk := await self._ask(reading.results, number, above, last, failed=failed):
            for _, result in chunk:
                yield result
            above = chunk[-1][0]

    async def next_results(self, transfer: str, above: int) -> list[tuple[int, ObjectResult]]:
        """Some results behind the one of that number (0: the first ones), each with its own; none: no more for now."""
        number = await self._read(reading.number_of, transfer)
        if number is None:
            return []
        first, last = await self._ask(reading.bounds, number, None, failed=False)
        return await self._ask(reading.results, number, max(above, first), last, failed=False)

    async def last_result(self, transfer: str) -> int:
        """The number of the transfer's latest result, 0 if there is none."""
        number = await self._read(reading.number_of, transfer)
        return 0 if number is None else (await self._ask(reading.bounds, number, None, failed=False))[1]

    async def failed_keys(self, transfer: str) -> AsyncGenerator[list[tuple[int, str]]]:
        """Section and key of the objects that have failed or were cancelled until now, in chunks."""
        number = await self._read(reading.number_of, transfer)
        if number is None:
            return
        above, last = await self._ask(reading.bounds, number, None, failed=True)
        while rows := await self._ask(reading.failed_keys, number, above, last):
            above = rows[-1][0]
            yield [(section, key) for _, section, key in rows]

    async def forget_failed(self, transfer: str) -> int:
        """Remove the results of failed and cancelled objects; returns how many, when that is on disk."""
        forgotten = 0
        while some := await self._demand(lambda db: writes.forget_failures(db, transfer), patient=True):
            forgotten += some
        return forgotten

    # sources of moves that are about to go

    async def depart(self, transfer: str, departure: Departure) -> None:
        """Before DeleteObject; on disk when it returns. Its `finish` ends it. Waits while nothing can be written."""
        write = writes.depart(transfer, departure)
        await self._demand(lambda db: writes.make(db, write), patient=True)

    def stay(self, transfer: str, departure: Departure) -> None:
        """The source is not deleted for now: its object is gone on with like any other."""
        self._hand([writes.stay(transfer, departure)])

    async def departures(self, transfer: str) -> list[Departure]:
        """Those that have no result: the engine has ended, or was put down, in that very moment."""
        return await self._read(reading.departures, transfer)

    # uploads

    async def intend(self, upload: UploadRecord) -> int:
        """Before CreateMultipartUpload; returns the row, on disk. Waits while the journal cannot be written.

        The row of a transfer that was removed is 0, and what is said of it is not kept.
        """
        row = 0

        def write(connection: sqlite3.Connection) -> int:
            nonlocal row
            row = writes.intend(connection, upload)
            return row

        try:
            return await self._demand(write, patient=True)
        except asyncio.CancelledError:  # nobody knows the row
            if not self._closed:
                self._hand([Demand(lambda db: writes.make(db, writes.ended(row)), _unheard, _unheard, patient=True)])
            raise

    async def begun(self, row: int, upload_id: str) -> None:
        """After CreateMultipartUpload; on disk when it returns. Waits while the journal cannot be written."""
        write = writes.begun(row, upload_id)
        await self._demand(lambda db: writes.make(db, write), patient=True)

    def part(self, row: int, part: Part, evidence: str) -> None:
        """Keep a finished part, with the checksum of what was read for it (empty: unknown)."""
        self._hand([writes.part(row, part, evidence)])

    def ended(self, row: int) -> None:
        """The upload is completed or aborted."""
        self._hand([writes.ended(row)])

    async def uploads(self, transfer: str) -> list[UploadRecord]:
        """The transfer's uploads that have not ended, with their parts."""
        return await self._read(reading.uploads, transfer)

    async def known_uploads(self, bucket: str) -> set[str]:
        """The ids of our uploads in a bucket that have not ended."""
        return await self._read(reading.known_uploads, bucket)

    # to and from the threads

    def _hand(self, entries: Iterable[Entry]) -> None:
        if self._closed:
            raise problems.closed(self._file.path)
        self._writer.hand(entries)

    def _demand(self, work: Callable[[sqlite3.Connection], T], *, patient: bool) -> asyncio.Future[T]:
        """Have it done by the writer; the answer comes when it is on disk, a `ProblemError` if it is refused."""
        answer: asyncio.Future[T] = self._loop.create_future()

        def answered(settle: Callable[[], None]) -> None:
            if not answer.done():  # whoever asked may have been cancelled
                settle()

        def done(value: T) -> None:
            self._loop.call_soon_threadsafe(answered, partial(answer.set_result, value))

        def refused(error: Exception) -> None:
            refusal = error if isinstance(error, ProblemError) else ProblemError(self._problem(error))
            self._loop.call_soon_threadsafe(answered, partial(answer.set_exception, refusal))

        self._hand([Demand(work, done, refused, patient)])
        return answer

    async def _read(
        self, question: Callable[Concatenate[sqlite3.Connection, P], T], *arguments: P.args, **options: P.kwargs
    ) -> T:
        """Ask when everything said so far is on disk; in times of trouble, ask for what is."""
        await self.settled()
        return await self._ask(question, *arguments, **options)

    async def _ask(
        self, question: Callable[Concatenate[sqlite3.Connection, P], T], *arguments: P.args, **options: P.kwargs
    ) -> T:
        if self._closed:
            raise problems.closed(self._file.path)
        ask = partial(question, self._file.reading, *arguments, **options)
        try:
            return await self._loop.run_in_executor(self._reader, ask)
        except (sqlite3.Error, msgspec.MsgspecError, ValueError) as error:
            raise problems.cannot_read(self._file.path, error) from error

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
        return problems.cannot_write(self._file.path, error)


def _unheard(_: object) -> None:
    """Nobody waits for it any more."""
