"""The one thread that writes: many calls, one commit, and nothing lost or reported as written while the disk fails."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby, islice
from typing import Any, Generic, NamedTuple, TypeVar

from tui.core.transfer import Limits, ObjectResult
from tui.stores.store_values import CompletedPart
from tui.transfers.journal.journal_schema import OBJECT_BITS
from tui.transfers.journal.records import (
    PendingDelete,
    TransferRecord,
    UploadRecord,
    pack_key,
    pack_limits,
    pack_order,
    pack_result,
    pack_status,
)

ROWS_PER_STEP = 500
"""Rows removed in one step: a few milliseconds."""

PAGES_PER_STEP = 250
"""Free pages given back to the file system in one step."""

PAGES_KEPT = 2_500
"""Free pages (of 4 KiB) that stay in the file for what comes next."""


def sweep(connection: sqlite3.Connection) -> bool:
    """Take one step, in a transaction of its own; returns whether there is more to do. Raises ``sqlite3.Error``."""
    found = connection.execute("SELECT number FROM removed LIMIT 1").fetchone()
    if not found:
        (free,) = connection.execute("PRAGMA freelist_count").fetchone()
        if free > PAGES_KEPT + PAGES_PER_STEP:
            # not by `execute`: it leaves a statement without columns after its first page
            connection.executescript(f"PRAGMA incremental_vacuum({PAGES_PER_STEP})")
        return bool(free > PAGES_KEPT + PAGES_PER_STEP)
    (number,) = found
    connection.execute("BEGIN IMMEDIATE")
    if not _remove_objects(connection, number):
        connection.execute("DELETE FROM uploads WHERE transfer = ?", found)
        connection.execute("DELETE FROM departures WHERE transfer = ?", found)
        connection.execute("DELETE FROM states WHERE transfer = ?", found)
        connection.execute("DELETE FROM counts WHERE transfer = ?", found)
        connection.execute("DELETE FROM removed WHERE number = ?", found)
    connection.execute("COMMIT")
    return True


def _remove_objects(connection: sqlite3.Connection, transfer: int) -> int:
    first, last = transfer << OBJECT_BITS, (transfer + 1) << OBJECT_BITS
    gone = connection.execute(
        "DELETE FROM objects WHERE number IN (SELECT number FROM objects WHERE number >= ? AND number < ? LIMIT ?)",
        (first, last, ROWS_PER_STEP),
    )
    return gone.rowcount


KEPT_TRANSFERS = 200
"""Ended transfers that are kept, the latest; older ones go with all that belongs to them."""

ROWS_AT_ONCE = 50
"""Rows that one statement writes at most: there is a text of it for each number of rows."""

SqlValue = str | bytes | int | float | None


class JournalWrite(NamedTuple):
    """A statement that need not be answered. Equal texts in a row are made together.

    `shared`: values behind those of the rows, the same for all writes that are made together; `many` makes the
    statement that writes so many rows at once.
    """

    sql: str
    values: tuple[SqlValue, ...] = ()
    shared: tuple[SqlValue, ...] = ()
    many: Callable[[int], str] | None = None


_ADD = """INSERT INTO transfers (id, position, ended, "order", standing) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET position = excluded.position, ended = excluded.ended, standing = excluded.standing"""

_SAVE = "UPDATE transfers SET position = ?, ended = ?, standing = ? WHERE id = ?"

_FINISH = """WITH ended (serial, section, key, outcome, size, result) AS (VALUES {rows})
INSERT INTO objects (number, transfer, section, key, outcome, size, result)
SELECT (transfers.number << {bits}) | ended.serial, transfers.number,
ended.section, ended.key, ended.outcome, ended.size, ended.result
FROM transfers CROSS JOIN ended WHERE transfers.id = ?
ON CONFLICT (transfer, section, key) DO UPDATE SET
number = excluded.number, outcome = excluded.outcome, size = excluded.size, result = excluded.result"""


@lru_cache(maxsize=64)
def _finish(rows: int) -> str:
    """One statement for many rows: the interpreter's lock is given back for each statement, not for each row."""
    return _FINISH.format(bits=OBJECT_BITS, rows=", ".join(["(?, ?, ?, ?, ?, ?)"] * rows))


_INTEND = """INSERT INTO uploads
(transfer, section, source_key, bucket, key, connection, route, upload, etag, version, size, part_size, began)
SELECT number, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM transfers WHERE id = ?"""

_INTEND_ALONE = """INSERT INTO uploads
(transfer, section, source_key, bucket, key, connection, route, upload, etag, version, size, part_size, began)
VALUES (0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
"""Of no transfer: their numbers begin with 1."""

_BEGUN = "UPDATE uploads SET upload = ? WHERE number = ?"

_PART = """INSERT OR REPLACE INTO parts (upload, number, etag, checksum, size, evidence)
SELECT number, ?, ?, ?, ?, ? FROM uploads WHERE number = ?"""

_ENDED = "DELETE FROM uploads WHERE number = ?"

_INTEND_DELETE = """INSERT OR REPLACE INTO departures (transfer, section, key, target, etag, modified, result)
SELECT number, ?, ?, ?, ?, ?, ? FROM transfers WHERE id = ?"""

_KEEP_SOURCE = """DELETE FROM departures
WHERE transfer = (SELECT number FROM transfers WHERE id = ?) AND section = ? AND key = ?"""

_SET_STATE = """INSERT OR REPLACE INTO states (transfer, name, value)
SELECT number, ?, ? FROM transfers WHERE id = ?"""

_DROP_STATE = """DELETE FROM states
WHERE transfer = (SELECT number FROM transfers WHERE id = ?) AND name = ?"""

RETIRE = JournalWrite(
    """DELETE FROM transfers WHERE number IN (
        SELECT number FROM transfers WHERE ended IS NOT NULL
        ORDER BY ended DESC, number DESC LIMIT -1 OFFSET ?)""",
    (KEPT_TRANSFERS,),
)
"""Take the oldest ended transfers off the list; what belongs to them is swept out later, in small steps."""


def add(record: TransferRecord) -> JournalWrite:
    """A new transfer; one that is there already keeps its order."""
    return JournalWrite(_ADD, (record.id, record.position, record.ended, pack_order(record.order), pack_status(record)))


def save(record: TransferRecord) -> JournalWrite:
    """The status of a transfer now; nothing if it was removed."""
    return JournalWrite(_SAVE, (record.position, record.ended, pack_status(record), record.id))


def remove(transfer: str) -> JournalWrite:
    """Take a transfer off the list; what belongs to it is swept out later."""
    return JournalWrite("DELETE FROM transfers WHERE id = ?", (transfer,))


def finish(serial: int, transfer: str, section: int, key: str, result: ObjectResult) -> JournalWrite:
    """An object's end; `serial` grows from call to call. Replaces an earlier one; nothing if the transfer is gone."""
    values = (serial, section, pack_key(key), result.outcome.value, result.size or 0, pack_result(result))
    return JournalWrite(_finish(1), values, (transfer,), _finish)


def intend(connection: sqlite3.Connection, upload: UploadRecord) -> int:
    """Write an upload that is about to be begun; returns its row, 0 if the transfer is gone."""
    values: tuple[SqlValue, ...] = (
        upload.section,
        pack_key(upload.source_key),
        upload.bucket,
        pack_key(upload.key),
        upload.connection,
        upload.route.value,
        upload.upload,
        upload.etag,
        upload.version,
        upload.size,
        upload.part_size,
        upload.began,
    )
    named = (*values, upload.transfer) if upload.transfer else values
    made = connection.execute(_INTEND if upload.transfer else _INTEND_ALONE, named)
    return made.lastrowid if made.rowcount and made.lastrowid else 0


def begun(row: int, upload: str) -> JournalWrite:
    return JournalWrite(_BEGUN, (upload, row))


def part(row: int, made: CompletedPart, evidence: str) -> JournalWrite:
    """A finished part; nothing if the upload has ended."""
    return JournalWrite(_PART, (made.number, made.etag, made.checksum, made.size, evidence, row))


def ended(row: int) -> JournalWrite:
    return JournalWrite(_ENDED, (row,))


def intend_delete(transfer: str, pending: PendingDelete) -> JournalWrite:
    """A source that is about to be deleted; nothing if the transfer is gone. Its result removes this."""
    values = (
        pending.section,
        pack_key(pending.key),
        pack_key(pending.target),
        pending.etag,
        pending.modified,
        pack_result(pending.result),
        transfer,
    )
    return JournalWrite(_INTEND_DELETE, values)


def keep_source(transfer: str, pending: PendingDelete) -> JournalWrite:
    return JournalWrite(_KEEP_SOURCE, (transfer, pending.section, pack_key(pending.key)))


def set_state(transfer: str, name: str, value: bytes) -> JournalWrite:
    """A named state of a transfer, in place of an earlier one; nothing if the transfer is gone."""
    return JournalWrite(_SET_STATE, (name, value, transfer))


def drop_state(transfer: str, name: str) -> JournalWrite:
    return JournalWrite(_DROP_STATE, (transfer, name))


def save_limits(limits: Limits) -> JournalWrite:
    return JournalWrite("INSERT OR REPLACE INTO queue (name, value) VALUES ('limits', ?)", (pack_limits(limits),))


def make(connection: sqlite3.Connection, write: JournalWrite) -> sqlite3.Cursor:
    return connection.execute(write.sql, (*write.values, *write.shared))


def make_together(connection: sqlite3.Connection, writes: Sequence[JournalWrite]) -> None:
    """Make statements of one text with the same shared values, in their order."""
    first = writes[0]
    if first.many is None:
        connection.executemany(first.sql, [(*write.values, *write.shared) for write in writes])
        return
    for start in range(0, len(writes), ROWS_AT_ONCE):
        some = writes[start : start + ROWS_AT_ONCE]
        rows = [value for write in some for value in write.values]
        connection.execute(first.many(len(some)), (*rows, *first.shared))


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
        self._result = [self.work(connection)]

    def committed(self) -> None:
        self.answer(self._result[0])


Entry = JournalWrite | Demand[Any]


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
        self._thread.start()

    @property
    def backlog(self) -> int:
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
            # Only writing shows whether the trouble is over.
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            self._connection.execute(f"PRAGMA user_version = {int(version)}")
        for run in _runs(self._batch):
            if isinstance(run, Demand):
                run.attempt(self._connection)
            else:
                make_together(self._connection, run)
        self._connection.execute("COMMIT")

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


def _runs(entries: list[Entry]) -> Iterator[list[JournalWrite] | Demand[Any]]:
    """Neighbouring writes of one text together, demands one by one."""
    for text, run in groupby(
        entries, key=lambda entry: (entry.sql, entry.shared) if type(entry) is JournalWrite else None
    ):
        if text is None:
            yield from (entry for entry in run if isinstance(entry, Demand))
        else:
            yield [entry for entry in run if isinstance(entry, JournalWrite)]
