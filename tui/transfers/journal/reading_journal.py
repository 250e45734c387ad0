"""Queries of the journal, each one short: no reader keeps a snapshot that would let the log grow."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import groupby

from tui.core.orders import CopyRoute
from tui.core.transfer import Limits, ObjectResult, Outcome
from tui.stores.store_values import CompletedPart
from tui.transfers.journal import records
from tui.transfers.journal.journal_schema import OBJECT_BITS

CHUNK = 500
"""Rows that are read, and held, at once."""

_NEXT = "SELECT number, result FROM objects WHERE number > ? AND number <= ? ORDER BY number LIMIT ?"

_NEXT_KEPT = "SELECT number, outcome, result FROM objects WHERE number > ? AND number <= ? ORDER BY number LIMIT ?"

_NEXT_FAILED = """SELECT number, result FROM objects INDEXED BY failures
WHERE transfer = ? AND outcome IN ('failed', 'cancelled') AND number > ? AND number <= ? ORDER BY number LIMIT ?"""

_NEXT_FAILED_KEYS = """SELECT number, section, key FROM objects INDEXED BY failures
WHERE transfer = ? AND outcome IN ('failed', 'cancelled') AND number > ? AND number <= ? ORDER BY number LIMIT ?"""

_NEXT_KEYED = "SELECT number, key, result FROM objects WHERE number > ? AND number <= ? ORDER BY number LIMIT ?"

_FROM_LAST = "SELECT number FROM objects WHERE number > ? AND number < ? ORDER BY number DESC LIMIT 1 OFFSET ?"

_FROM_LAST_FAILED = """SELECT number FROM objects INDEXED BY failures
WHERE transfer = ? AND outcome IN ('failed', 'cancelled') ORDER BY number DESC LIMIT 1 OFFSET ?"""

_LAST_OF_EACH = """SELECT (SELECT max(o.number) FROM objects o
    WHERE o.number >= t.number << :bits AND o.number < (t.number + 1) << :bits) FROM transfers t"""


def transfers(connection: sqlite3.Connection) -> list[records.TransferRecord]:
    rows = connection.execute('SELECT id, "order", standing FROM transfers ORDER BY position, number')
    return [records.unpack_transfer(*row) for row in rows]


def states(connection: sqlite3.Connection, transfer: str) -> dict[str, bytes]:
    rows = connection.execute(
        """SELECT name, value FROM states
        WHERE transfer = (SELECT number FROM transfers WHERE id = ?) ORDER BY name""",
        (transfer,),
    )
    return dict(rows.fetchall())


def limits(connection: sqlite3.Connection) -> Limits:
    row = connection.execute("SELECT value FROM queue WHERE name = 'limits'").fetchone()
    return records.unpack_limits(row[0]) if row else Limits()


def last_serial(connection: sqlite3.Connection) -> int:
    """The largest serial number that an object of any transfer has, 0 if there is none."""
    numbers = connection.execute(_LAST_OF_EACH, {"bits": OBJECT_BITS})
    return max((number & ((1 << OBJECT_BITS) - 1) for (number,) in numbers if number is not None), default=0)


def finished(connection: sqlite3.Connection, transfer: str, section: int, keys: Sequence[str]) -> set[str]:
    number = number_of(connection, transfer)
    ask = "SELECT 1 FROM objects WHERE transfer = ? AND section = ? AND key = ?"
    return {key for key in keys if connection.execute(ask, (number, section, records.pack_key(key))).fetchone()}


def counts(connection: sqlite3.Connection, transfer: str) -> records.OutcomeCounts:
    rows = connection.execute(
        "SELECT outcome, objects, bytes FROM counts WHERE transfer = ? AND objects > 0",
        (number_of(connection, transfer),),
    ).fetchall()
    return records.OutcomeCounts(
        objects={Outcome(outcome): objects for outcome, objects, _ in rows},
        bytes={Outcome(outcome): size for outcome, _, size in rows},
    )


def number_of(connection: sqlite3.Connection, transfer: str) -> int | None:
    row = connection.execute("SELECT number FROM transfers WHERE id = ?", (transfer,)).fetchone()
    return int(row[0]) if row else None


def bounds(connection: sqlite3.Connection, number: int, latest: int | None, *, failed: bool) -> tuple[int, int]:
    """The numbers between which a transfer's results lie: above the first, up to the second; of the `latest` only."""
    lowest = (number << OBJECT_BITS) - 1

    def from_last(count: int) -> int:
        if failed:
            found = connection.execute(_FROM_LAST_FAILED, (number, count)).fetchone()
        else:
            found = connection.execute(_FROM_LAST, (lowest, (number + 1) << OBJECT_BITS, count)).fetchone()
        return int(found[0]) if found else lowest

    return (lowest if latest is None else from_last(latest)), from_last(0)


def results(
    connection: sqlite3.Connection, number: int, above: int, last: int, *, failed: bool
) -> list[tuple[int, ObjectResult]]:
    """The next results with their numbers, in the order of finishing; none when there are no more."""
    if failed:
        rows = connection.execute(_NEXT_FAILED, (number, above, last, CHUNK))
    else:
        rows = connection.execute(_NEXT, (above, last, CHUNK))
    return [(row, records.unpack_result(result)) for row, result in rows]


def kept_results(connection: sqlite3.Connection, above: int, last: int) -> list[records.KeptResult]:
    rows = connection.execute(_NEXT_KEPT, (above, last, CHUNK))
    return [
        records.KeptResult(number, Outcome(outcome), records.checked_result(packed)) for number, outcome, packed in rows
    ]


def keyed_results(connection: sqlite3.Connection, above: int, last: int) -> list[tuple[int, str, ObjectResult]]:
    rows = connection.execute(_NEXT_KEYED, (above, last, CHUNK))
    return [(number, records.unpack_key(key), records.unpack_result(result)) for number, key, result in rows]


def result_of(connection: sqlite3.Connection, transfer: str, key: str) -> ObjectResult | None:
    number = number_of(connection, transfer)
    ask = "SELECT result FROM objects WHERE transfer = ? AND key = ? ORDER BY number DESC LIMIT 1"
    row = connection.execute(ask, (number, records.pack_key(key))).fetchone()
    return records.unpack_result(row[0]) if row else None


def failed_keys(connection: sqlite3.Connection, number: int, above: int, last: int) -> list[tuple[int, int, str]]:
    rows = connection.execute(_NEXT_FAILED_KEYS, (number, above, last, CHUNK))
    return [(row, section, records.unpack_key(key)) for row, section, key in rows]


def pending_deletes(connection: sqlite3.Connection, transfer: str) -> list[records.PendingDelete]:
    rows = connection.execute(
        "SELECT section, key, target, etag, modified, result FROM departures WHERE transfer = ?",
        (number_of(connection, transfer),),
    )
    return [
        records.PendingDelete(
            section=section,
            key=records.unpack_key(key),
            target=records.unpack_key(target),
            etag=etag,
            modified=modified,
            result=records.unpack_result(result),
        )
        for section, key, target, etag, modified, result in rows
    ]


def uploads(connection: sqlite3.Connection, transfer: str) -> list[records.UploadRecord]:
    """A transfer's uploads that have not ended, with their parts, in the order in which they were intended.

    Without a name, those that belong to none.
    """
    number = number_of(connection, transfer) if transfer else 0
    rows = connection.execute(
        """SELECT number, section, source_key, bucket, key, connection, route, upload, etag, version,
        size, part_size, began FROM uploads WHERE transfer = ? ORDER BY number""",
        (number,),
    ).fetchall()
    parts = _parts(connection, number)
    return [
        records.UploadRecord(
            row=row,
            transfer=transfer,
            section=section,
            source_key=records.unpack_key(source_key),
            bucket=bucket,
            key=records.unpack_key(key),
            connection=writer,
            route=CopyRoute(route),
            upload=upload,
            etag=etag,
            version=version,
            size=size,
            part_size=part_size,
            began=began,
            parts=parts.get(row, []),
        )
        for row, section, source_key, bucket, key, writer, route, upload, etag, version, size, part_size, began in rows
    ]


def _parts(connection: sqlite3.Connection, transfer: int | None) -> dict[int, list[records.KeptPart]]:
    rows = connection.execute(
        """SELECT upload, number, etag, checksum, size, evidence FROM parts
        WHERE upload IN (SELECT number FROM uploads WHERE transfer = ?) ORDER BY upload, number""",
        (transfer,),
    )
    return {
        upload: [records.KeptPart(CompletedPart(*made), evidence) for _, *made, evidence in group]
        for upload, group in groupby(rows, key=lambda row: int(row[0]))
    }


def known_uploads(connection: sqlite3.Connection, bucket: str) -> set[str]:
    rows = connection.execute("SELECT upload FROM uploads WHERE bucket = ? AND upload != ''", (bucket,))
    return {upload for (upload,) in rows}
