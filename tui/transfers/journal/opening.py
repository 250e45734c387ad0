"""The journal's file: made with the user's rights only, held by one process, moved aside when it is damaged."""

from __future__ import annotations

import fcntl
import glob
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from tui.core.problem import Problem
from tui.link.private_files import make_directories, private_descriptor
from tui.transfers.journal import problems
from tui.transfers.journal.reading import last_serial
from tui.transfers.journal.schema import ForeignDatabaseError, NewerSchemaError, Step, migrate

_SIDE_FILES = ("", "-wal", "-shm")
"""What belongs to a database in WAL mode, by the ends of the names."""

_DAMAGED = ".damaged-"
"""What is between the name of a journal and the time when it was moved aside."""

_CHECKED = ("transfers", "uploads", "parts")
"""The tables that are checked when the file is opened: what is resumed depends on them, and they are small."""

LOCK_SECONDS = 1.0
"""How long the lock of another process is waited for."""

_WAL_LIMIT = 16 << 20
"""Bytes that the write-ahead log keeps when it starts over."""


@dataclass(frozen=True, slots=True)
class OpenFile:
    """Both connections, and what gives them and the lock back. In autocommit mode, usable from any thread."""

    path: Path
    writing: sqlite3.Connection
    reading: sqlite3.Connection
    serial: int
    """The serial number of the last result in it."""
    aside: Sequence[Path]
    """The damaged files that made way for it, now or earlier, and are still beside it."""
    resources: ExitStack

    def close(self) -> None:
        """Close both and let go of the lock."""
        self.resources.close()


def open_file(path: Path, report: Callable[[Problem], None], steps: Sequence[Step]) -> OpenFile:
    """Open or make the journal at `path`; blocks. Raises `ProblemError`; `report` is called for a damaged one."""
    try:
        with ExitStack() as stack:
            make_directories(path.parent)
            _lock(path, stack)
            _prepare(path, report, steps)
            writing = stack.enter_context(closing(_connect(path)))
            reading = stack.enter_context(closing(_connect(path)))
            reading.execute("PRAGMA query_only = ON")
            return OpenFile(path, writing, reading, last_serial(reading), _moved_aside(path), stack.pop_all())
    except NewerSchemaError as error:
        raise problems.newer(path, error) from error
    except ForeignDatabaseError as error:
        raise problems.foreign(path, error) from error
    except (OSError, sqlite3.Error) as error:
        raise problems.cannot_open(path, error) from error


def _lock(path: Path, stack: ExitStack) -> None:
    """Hold the file beside the journal. Not the journal itself: closing it would drop SQLite's own locks.

    An engine that was killed may have it for some milliseconds more: Linux lets go of a process's files in no order,
    and mostly of the engine's lock, for which its successor has waited, before this one.
    """
    descriptor = private_descriptor(path.with_name(path.name + ".lock"), os.O_RDWR)
    stack.callback(os.close, descriptor)
    until = time.monotonic() + LOCK_SECONDS
    while not _is_locked(descriptor):
        if time.monotonic() > until:
            raise problems.in_use(path)
        time.sleep(0.01)


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _prepare(path: Path, report: Callable[[Problem], None], steps: Sequence[Step]) -> None:
    """Make the file sound and up to date; begin a new one if it cannot be."""
    try:
        _make_sound(path, steps)
    except sqlite3.DatabaseError as error:
        if not problems.is_damage(error):
            raise
        report(problems.moved_aside(path, _move_aside(path), error))
        _make_sound(path, steps)


def _make_sound(path: Path, steps: Sequence[Step]) -> None:
    _own(path)
    with closing(_connect(path)) as connection:
        migrate(connection, steps)
        for table in _CHECKED:
            (found,) = connection.execute(f"PRAGMA quick_check('{table}')").fetchone()
            if found != "ok":
                raise _damage(found)


def _damage(found: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(found)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def _own(path: Path) -> None:
    """Make the file readable by its owner alone, before anything is in it; SQLite gives the others the same rights."""
    descriptor = private_descriptor(path, os.O_RDWR)
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def _moved_aside(path: Path) -> list[Path]:
    found = path.parent.glob(f"{glob.escape(path.name)}{_DAMAGED}*")
    return sorted(each for each in found if not each.name.endswith(_SIDE_FILES[1:]))


def _move_aside(path: Path) -> Path:
    aside = path.with_name(f"{path.name}{_DAMAGED}{time.strftime('%Y%m%d-%H%M%S')}")
    for end in _SIDE_FILES:
        side = path.with_name(path.name + end)
        if side.exists():
            side.rename(aside.with_name(aside.name + end))
    return aside


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
