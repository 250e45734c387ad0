"""The one thread that writes: many calls, one commit, and nothing lost or reported as written while the disk fails."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any, Generic, TypeVar

from tui.transfers.journal.sweeping import sweep
from tui.transfers.journal.writes import Write, make_together

LINGER = 0.03
"""Seconds that a commit waits for more entries, while no caller waits for it."""

RETRY = 1.0
"""Seconds between two attempts while the journal cannot be written."""

AT_ONCE = 2_000
"""Entries of one commit at most, so that what is waited for does not wait long."""

BETWEEN_SWEEPS = 0.005
"""Seconds that pass between two steps of removing old rows, so that they take only part of the disk's time."""

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Demand(Generic[T]):
    """Something that is waited for. `answer` and `refuse` are called in the writer's thread, one of them, once.

    A `patient` one stays in line while the journal cannot be written; another is refused at once, and not done.
    """

    work: Callable[[sqlite3.Connection], T]
    answer: Callable[[T], None]
    refuse: Callable[[Exception], None]
    patient: bool
    _result: list[T] = field(default_factory=list)

    def attempt(self, connection: sqlite3.Connection) -> None:
        """Do it, within the transaction."""
        self._result = [self.work(connection)]

    def committed(self) -> None:
        """It is on disk."""
        self.answer(self._result[0])


Entry = Write | Demand[Any]


class Writer:
    """Writes what it is handed, in that order. All methods may be called from any thread.

    `on_change` is called in the writer's thread after each attempt, before anybody is answered: with None after a good
    one, or with the error.
    """

    def __init__(self, connection: sqlite3.Connection, on_change: Callable[[Exception | None], None]) -> None:
        self._connection, self._on_change = connection, on_change
        self._inbox: deque[Entry] = deque()
        self._batch: list[Entry] = []
        """Taken out of the inbox and not on disk yet; the writer's thread alone changes it."""
        self._urgent = self._closing = False
        self._bell = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    @property
    def backlog(self) -> int:
        """How many entries are not on disk yet."""
        return len(self._inbox) + len(self._batch)

    def hand(self, entries: Iterable[Entry]) -> None:
        """Take these, to be written together or in several commits, but in order."""
        with self._bell:
            for entry in entries:
                self._inbox.append(entry)
                self._urgent = self._urgent or isinstance(entry, Demand)
            self._bell.notify()

    def stop(self) -> list[Entry]:
        """Write what can be written now and end; blocks. Returns what could not be."""
        with self._bell:
            self._closing = True
            self._bell.notify()
        self._thread.join()
        return [*self._batch, *self._inbox]

    def _run(self) -> None:
        """Until it is stopped and everything is written, or stopped and the disk still refuses."""
        error: Exception | None = None
        sweeping = True
        while True:
            closing = self._wait(error, sweeping=sweeping)
            self._take()
            if closing and not self._batch:
                return
            error, sweeping = self._attempt(probe=error is not None)
            if closing and error:
                return

    def _wait(self, error: Exception | None, *, sweeping: bool) -> bool:
        """Sleep until there is something to do; returns whether the end has come."""
        with self._bell:
            if error:
                self._bell.wait_for(lambda: self._closing, RETRY)
            else:
                self._bell.wait_for(lambda: self._inbox or self._closing, BETWEEN_SWEEPS if sweeping else None)
                self._bell.wait_for(self._hurried, LINGER if self._inbox else 0)
            return self._closing

    def _hurried(self) -> bool:
        return self._urgent or self._closing or len(self._inbox) >= AT_ONCE

    def _take(self) -> None:
        with self._bell:
            room = AT_ONCE - len(self._batch)
            # counted twice for a moment, never not at all: the backlog is read without the lock
            taken = list(islice(self._inbox, max(0, room)))
            self._batch = self._batch + taken
            for _ in taken:
                self._inbox.popleft()
            self._urgent = any(isinstance(entry, Demand) for entry in self._inbox)

    def _attempt(self, *, probe: bool) -> tuple[Exception | None, bool]:
        """Write the batch; returns what went wrong, and whether there is more to sweep."""
        try:
            self._commit(probe=probe)
        except Exception as error:  # noqa: BLE001  # reason: the thread's outermost boundary: a defect, too, must leave everything in line and be told
            self._roll_back()
            self._on_change(error)
            self._refuse_impatient(error)
            return error, False
        written, self._batch = self._batch, []
        self._on_change(None)
        for entry in written:
            if isinstance(entry, Demand):
                entry.committed()
        return None, self._sweep()

    def _commit(self, *, probe: bool) -> None:
        if not self._batch and not probe:
            return
        self._connection.execute("BEGIN IMMEDIATE")
        if probe:
            self._write_something()
        for run in _runs(self._batch):
            if isinstance(run, Demand):
                run.attempt(self._connection)
            else:
                make_together(self._connection, run)
        self._connection.execute("COMMIT")

    def _write_something(self) -> None:
        """Only writing shows whether the trouble is over."""
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        self._connection.execute(f"PRAGMA user_version = {int(version)}")

    def _sweep(self) -> bool:
        """A failure here loses no record: it is tried again after the next commit."""
        try:
            return sweep(self._connection)
        except sqlite3.Error:
            self._roll_back()
            return False

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error:
                return  # SQLite has rolled back by itself

    def _refuse_impatient(self, error: Exception) -> None:
        kept: list[Entry] = []
        for entry in self._batch:
            if isinstance(entry, Demand) and not entry.patient:
                entry.refuse(error)
            else:
                kept.append(entry)
        self._batch = kept


def _runs(entries: list[Entry]) -> Iterator[list[Write] | Demand[Any]]:
    """Neighbouring writes of one text together, demands one by one."""
    for text, run in groupby(entries, key=lambda entry: (entry.sql, entry.shared) if type(entry) is Write else None):
        if text is None:
            yield from (entry for entry in run if isinstance(entry, Demand))
        else:
            yield [entry for entry in run if isinstance(entry, Write)]
