"""The tables, and how a file of an older version becomes one of this version.

Files that exist name a transfer's status `standing` and pending deletes `departures`; with other names, older programs
could not read newer files.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

APPLICATION_ID = 0x78733374
"""Marks the file as ours (``xs3t``)."""

SchemaMigration = tuple[str, ...]
"""The statements that lead from one version to the next."""

OBJECT_BITS = 40
"""An object's number is its transfer's number shifted left by so many bits, plus a number that grows.

So a transfer's results lie side by side in the order in which they came, and no index is needed to find them.
"""

_VERSION_1: SchemaMigration = (
    """CREATE TABLE transfers (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        position REAL NOT NULL,
        ended REAL,
        "order" BLOB NOT NULL,
        standing BLOB NOT NULL
    )""",
    """CREATE TABLE objects (
        number INTEGER PRIMARY KEY,
        transfer INTEGER NOT NULL,
        section INTEGER NOT NULL,
        key BLOB NOT NULL,
        outcome TEXT NOT NULL,
        size INTEGER NOT NULL,
        result BLOB NOT NULL,
        UNIQUE (transfer, section, key)
    )""",
    "CREATE INDEX failures ON objects (transfer) WHERE outcome IN ('failed', 'cancelled')",
    """CREATE TABLE counts (
        transfer INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        objects INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        PRIMARY KEY (transfer, outcome)
    ) WITHOUT ROWID""",
    # counting a million rows takes a second; kept up by triggers, the counts cannot differ from the rows
    """CREATE TRIGGER object_came AFTER INSERT ON objects BEGIN
        INSERT INTO counts VALUES (new.transfer, new.outcome, 1, new.size)
        ON CONFLICT DO UPDATE SET objects = objects + 1, bytes = bytes + excluded.bytes;
    END""",
    """CREATE TRIGGER object_changed AFTER UPDATE ON objects BEGIN
        UPDATE counts SET objects = objects - 1, bytes = bytes - old.size
        WHERE transfer = old.transfer AND outcome = old.outcome;
        INSERT INTO counts VALUES (new.transfer, new.outcome, 1, new.size)
        ON CONFLICT DO UPDATE SET objects = objects + 1, bytes = bytes + excluded.bytes;
    END""",
    """CREATE TRIGGER object_went AFTER DELETE ON objects BEGIN
        UPDATE counts SET objects = objects - 1, bytes = bytes - old.size
        WHERE transfer = old.transfer AND outcome = old.outcome;
    END""",
    """CREATE TABLE uploads (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        transfer INTEGER NOT NULL,
        section INTEGER NOT NULL,
        source_key BLOB NOT NULL,
        bucket TEXT NOT NULL,
        key BLOB NOT NULL,
        connection TEXT NOT NULL,
        route TEXT NOT NULL,
        upload TEXT NOT NULL,
        etag TEXT NOT NULL,
        version TEXT NOT NULL,
        size INTEGER NOT NULL,
        part_size INTEGER NOT NULL,
        began REAL NOT NULL
    )""",
    "CREATE INDEX uploads_of_transfer ON uploads (transfer)",
    """CREATE TABLE parts (
        upload INTEGER NOT NULL,
        number INTEGER NOT NULL,
        etag TEXT NOT NULL,
        checksum TEXT NOT NULL,
        size INTEGER NOT NULL,
        evidence TEXT NOT NULL,
        PRIMARY KEY (upload, number)
    ) WITHOUT ROWID""",
    # transfers that were removed, whose objects are still to be swept out
    "CREATE TABLE removed (number INTEGER PRIMARY KEY)",
    """CREATE TRIGGER transfer_went AFTER DELETE ON transfers BEGIN
        INSERT INTO removed VALUES (old.number);
    END""",
    """CREATE TRIGGER upload_went AFTER DELETE ON uploads BEGIN
        DELETE FROM parts WHERE upload = old.number;
    END""",
)

_VERSION_2: SchemaMigration = (
    # sources of moves that are about to be deleted, with what becomes their result once they are gone
    """CREATE TABLE departures (
        transfer INTEGER NOT NULL,
        section INTEGER NOT NULL,
        key BLOB NOT NULL,
        target BLOB NOT NULL,
        etag TEXT NOT NULL,
        modified REAL NOT NULL,
        result BLOB NOT NULL,
        PRIMARY KEY (transfer, section, key)
    ) WITHOUT ROWID""",
    # with the result and never without it, so that no object is counted twice
    """CREATE TRIGGER departure_ended AFTER INSERT ON objects BEGIN
        DELETE FROM departures WHERE transfer = new.transfer AND section = new.section AND key = new.key;
    END""",
    """CREATE TRIGGER departure_ended_anew AFTER UPDATE ON objects BEGIN
        DELETE FROM departures WHERE transfer = new.transfer AND section = new.section AND key = new.key;
    END""",
)

_VERSION_3: SchemaMigration = (
    # what a transfer that another engine carries out needs to go on: a job and its manifest, ranges of keys
    """CREATE TABLE states (
        transfer INTEGER NOT NULL,
        name TEXT NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (transfer, name)
    ) WITHOUT ROWID""",
)

_VERSION_4: SchemaMigration = (
    # what belongs to all transfers together: their limits
    "CREATE TABLE queue (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
)

_VERSION_5: SchemaMigration = ()
"""Orders have `Selection.match`: a program that ignored it would go on with all that is below the prefix."""

_VERSION_6: SchemaMigration = ()
"""Orders have `Selection.listed`: a program that ignored it would end them as if nothing had been selected."""

STEPS: tuple[SchemaMigration, ...] = (_VERSION_1, _VERSION_2, _VERSION_3, _VERSION_4, _VERSION_5, _VERSION_6)
"""One per version; a step that was ever released is never changed, the next one is added."""


class NewerSchemaError(Exception):
    """The file was written by a newer program; carries its version."""


class ForeignDatabaseError(Exception):
    """The file is a database of something else."""


def version(connection: sqlite3.Connection) -> int:
    return int(_pragma(connection, "user_version"))


def migrate(connection: sqlite3.Connection, steps: Sequence[SchemaMigration] = STEPS) -> None:
    """Bring the file to the newest version, each step wholly or not at all.

    Raises `NewerSchemaError`, `ForeignDatabaseError` or ``sqlite3.Error``. The connection is in autocommit mode.
    """
    _refuse_foreign(connection)
    present = version(connection)
    if present > len(steps):
        raise NewerSchemaError(f"its version is {present}, this program supports {len(steps)}")
    if not present:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # means nothing once there is a table
    connection.execute("PRAGMA journal_mode = WAL")
    for number in range(present, len(steps)):
        _take(connection, steps[number], number + 1)


def _take(connection: sqlite3.Connection, step: SchemaMigration, reached: int) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in step:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {reached}")
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _refuse_foreign(connection: sqlite3.Connection) -> None:
    if _pragma(connection, "application_id") == APPLICATION_ID:
        return
    if connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise ForeignDatabaseError("it is a database, but not a journal of xs3-tui")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    return int(value)
