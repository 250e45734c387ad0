"""What is written: statements that are safe to make again, and to make when what they change is gone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from tui.core.transfer import Limits, ObjectResult
from tui.stores.store_values import Part
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
from tui.transfers.journal.schema import OBJECT_BITS

KEPT_TRANSFERS = 200
"""Ended transfers that are kept, the latest; older ones go with all that belongs to them."""

ROWS_AT_ONCE = 50
"""Rows that one statement writes at most: there is a text of it for each number of rows."""

Value = str | bytes | int | float | None


class Write(NamedTuple):
    """A statement that need not be answered. Equal texts in a row are made together.

    `shared`: values behind those of the rows, the same for all writes that are made together; `many` makes the
    statement that writes so many rows at once.
    """

    sql: str
    values: tuple[Value, ...] = ()
    shared: tuple[Value, ...] = ()
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

RETIRE = Write(
    """DELETE FROM transfers WHERE number IN (
        SELECT number FROM transfers WHERE ended IS NOT NULL
        ORDER BY ended DESC, number DESC LIMIT -1 OFFSET ?)""",
    (KEPT_TRANSFERS,),
)
"""Take the oldest ended transfers off the list; what belongs to them is swept out later, in small steps."""


def add(record: TransferRecord) -> Write:
    """A new transfer; one that is there already keeps its order."""
    return Write(_ADD, (record.id, record.position, record.ended, pack_order(record.order), pack_status(record)))


def save(record: TransferRecord) -> Write:
    """The status of a transfer now; nothing if it was removed."""
    return Write(_SAVE, (record.position, record.ended, pack_status(record), record.id))


def remove(transfer: str) -> Write:
    """Take a transfer off the list; what belongs to it is swept out later."""
    return Write("DELETE FROM transfers WHERE id = ?", (transfer,))


def finish(serial: int, transfer: str, section: int, key: str, result: ObjectResult) -> Write:
    """An object's end; `serial` grows from call to call. Replaces an earlier one; nothing if the transfer is gone."""
    values = (serial, section, pack_key(key), result.outcome.value, result.size or 0, pack_result(result))
    return Write(_finish(1), values, (transfer,), _finish)


def intend(connection: sqlite3.Connection, upload: UploadRecord) -> int:
    """Write an upload that is about to be begun; returns its row, 0 if the transfer is gone."""
    values: tuple[Value, ...] = (
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


def begun(row: int, upload: str) -> Write:
    """The id of an upload."""
    return Write(_BEGUN, (upload, row))


def part(row: int, made: Part, evidence: str) -> Write:
    """A finished part; nothing if the upload has ended."""
    return Write(_PART, (made.number, made.etag, made.checksum, made.size, evidence, row))


def ended(row: int) -> Write:
    """An upload is no more, nor are its parts."""
    return Write(_ENDED, (row,))


def intend_delete(transfer: str, pending: PendingDelete) -> Write:
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
    return Write(_INTEND_DELETE, values)


def keep_source(transfer: str, pending: PendingDelete) -> Write:
    """A source that is not deleted for now."""
    return Write(_KEEP_SOURCE, (transfer, pending.section, pack_key(pending.key)))


def set_state(transfer: str, name: str, value: bytes) -> Write:
    """A named state of a transfer, in place of an earlier one; nothing if the transfer is gone."""
    return Write(_SET_STATE, (name, value, transfer))


def drop_state(transfer: str, name: str) -> Write:
    """A named state is no longer needed."""
    return Write(_DROP_STATE, (transfer, name))


def save_limits(limits: Limits) -> Write:
    """The limits of all transfers together, in place of the earlier ones."""
    return Write("INSERT OR REPLACE INTO queue (name, value) VALUES ('limits', ?)", (pack_limits(limits),))


def make(connection: sqlite3.Connection, write: Write) -> sqlite3.Cursor:
    """Make one statement."""
    return connection.execute(write.sql, (*write.values, *write.shared))


def make_together(connection: sqlite3.Connection, writes: Sequence[Write]) -> None:
    """Make statements of one text with the same shared values, in their order."""
    first = writes[0]
    if first.many is None:
        connection.executemany(first.sql, [(*write.values, *write.shared) for write in writes])
        return
    for start in range(0, len(writes), ROWS_AT_ONCE):
        some = writes[start : start + ROWS_AT_ONCE]
        rows = [value for write in some for value in write.values]
        connection.execute(first.many(len(some)), (*rows, *first.shared))
