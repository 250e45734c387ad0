"""What is written: statements that are safe to make again, and to make when what they change is gone."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from tui.model.transfer import ObjectResult
from tui.stores.values import Part
from tui.transfers.journal.records import (
    PendingDelete,
    TransferRecord,
    UploadRecord,
    pack_key,
    pack_order,
    pack_result,
    pack_status,
)
from tui.transfers.journal.schema import OBJECT_BITS

KEPT_TRANSFERS = 200
"""Ended transfers that are kept, the latest; older ones go with all that belongs to them."""

Value = str | bytes | int | float | None


@dataclass(frozen=True, slots=True)
class Write:
    """A statement that need not be answered. Equal texts in a row are made together."""

    sql: str
    values: tuple[Value, ...] = ()


_ADD = """INSERT INTO transfers (id, position, ended, "order", standing) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET position = excluded.position, ended = excluded.ended, standing = excluded.standing"""

_SAVE = "UPDATE transfers SET position = ?, ended = ?, standing = ? WHERE id = ?"

_FINISH = """INSERT INTO objects (number, transfer, section, key, outcome, size, result)
SELECT (number << ?) | ?, number, ?, ?, ?, ?, ? FROM transfers WHERE id = ?
ON CONFLICT (transfer, section, key) DO UPDATE SET
number = excluded.number, outcome = excluded.outcome, size = excluded.size, result = excluded.result"""

_INTEND = """INSERT INTO uploads
(transfer, section, source_key, bucket, key, connection, route, upload, etag, version, size, part_size, began)
SELECT number, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM transfers WHERE id = ?"""

_BEGUN = "UPDATE uploads SET upload = ? WHERE number = ?"

_PART = """INSERT OR REPLACE INTO parts (upload, number, etag, checksum, size, evidence)
SELECT number, ?, ?, ?, ?, ? FROM uploads WHERE number = ?"""

_ENDED = "DELETE FROM uploads WHERE number = ?"

_INTEND_DELETE = """INSERT OR REPLACE INTO departures (transfer, section, key, target, etag, modified, result)
SELECT number, ?, ?, ?, ?, ?, ? FROM transfers WHERE id = ?"""

_KEEP_SOURCE = """DELETE FROM departures
WHERE transfer = (SELECT number FROM transfers WHERE id = ?) AND section = ? AND key = ?"""

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
    stored = pack_result(result)
    values = (OBJECT_BITS, serial, section, pack_key(key), result.outcome.value, result.size, stored, transfer)
    return Write(_FINISH, values)


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
        upload.transfer,
    )
    made = connection.execute(_INTEND, values)
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


def make(connection: sqlite3.Connection, write: Write) -> sqlite3.Cursor:
    """Make one statement."""
    return connection.execute(write.sql, write.values)
