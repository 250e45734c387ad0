"""Reading and writing the journal's file in threads, from one event loop that never blocks."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import msgspec

from tui.core.problem import Problem, ProblemError
from tui.transfers.journal import problems
from tui.transfers.journal.opening import OpenFile
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
        """A number for a new row, larger than all before."""
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
                entry.refuse(problems.closed(self._file.path))
        if left and self.trouble:
            self._report(problems.lost(self._file.path, len(left), self.trouble))
        await asyncio.to_thread(self._reader.shutdown)
        await asyncio.to_thread(self._file.close)

    @property
    def backlog(self) -> int:
        """How many entries are not on disk yet."""
        return self._writer.backlog

    async def writable(self) -> None:
        """Returns when there is no trouble."""
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
            raise problems.closed(self._file.path)
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
            raise problems.closed(self._file.path)
        ask = partial(query, self._file.reading, *arguments, **options)
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
