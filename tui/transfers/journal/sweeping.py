"""Removing what belongs to removed transfers, and giving the space back, in steps that delay no other write."""

from __future__ import annotations

import sqlite3

from tui.transfers.journal.schema import OBJECT_BITS

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
        return _give_back(connection)
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


def _give_back(connection: sqlite3.Connection) -> bool:
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    if free <= PAGES_KEPT + PAGES_PER_STEP:
        return False
    # not by `execute`: it leaves a statement without columns after its first page
    connection.executescript(f"PRAGMA incremental_vacuum({PAGES_PER_STEP})")
    return True
