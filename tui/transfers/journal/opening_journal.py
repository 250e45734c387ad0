"""The journal's file: made with the user's rights only, held by one process, moved aside when it is damaged."""

from __future__ import annotations

import fcntl
import glob
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from tui.core.naming import counted
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.link.private_files import make_directories, private_descriptor
from tui.transfers.journal.journal_schema import ForeignDatabaseError, NewerSchemaError, SchemaMigration, migrate
from tui.transfers.journal.reading_journal import last_serial

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
        self.resources.close()


def open_file(path: Path, report: Callable[[Problem], None], steps: Sequence[SchemaMigration]) -> OpenFile:
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
        raise newer(path, error) from error
    except ForeignDatabaseError as error:
        raise foreign(path, error) from error
    except (OSError, sqlite3.Error) as error:
        raise cannot_open(path, error) from error


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
            raise in_use(path)
        time.sleep(0.01)


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _prepare(path: Path, report: Callable[[Problem], None], steps: Sequence[SchemaMigration]) -> None:
    """Make the file sound and up to date; begin a new one if it cannot be."""
    try:
        _make_sound(path, steps)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        report(moved_aside(path, _move_aside(path), error))
        _make_sound(path, steps)


def _make_sound(path: Path, steps: Sequence[SchemaMigration]) -> None:
    _own(path)
    with closing(_connect(path)) as connection:
        migrate(connection, steps)
        for table in _CHECKED:
            (found,) = connection.execute(f"PRAGMA quick_check('{table}')").fetchone()
            if found != "ok":
                error = sqlite3.DatabaseError(found)
                error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
                raise error


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


_KEPT = "unwritten records are kept in memory and written as soon as possible"


def _journal(path: Path, title: str, cause: str, remedy: str) -> Problem:
    return Problem(ProblemKind.JOURNAL, title, cause, remedy, resource=str(path))


def _free(path: Path) -> str:
    try:
        return f"{shutil.disk_usage(path.parent).free / 1024:,.0f} KiB free there"
    except OSError as error:
        return f"free space unknown ({error.strerror})"


def is_damage(error: BaseException) -> bool:
    return isinstance(error, sqlite3.DatabaseError) and _primary(error) in (
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    )


def _primary(error: sqlite3.Error) -> int:
    """SQLite's primary result code: extended ones carry it in their lowest byte."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def cannot_write(path: Path, error: BaseException) -> Problem:
    if isinstance(error, sqlite3.Error) and _primary(error) == sqlite3.SQLITE_FULL:
        title = "the journal cannot be written: the disk is full"
        return _journal(path, title, f"{path}, {_free(path)}", f"free some space: {_KEPT}")
    if is_damage(error):
        remedy = "wait until running transfers end, stop the engine and move the file away"
        return _journal(path, "the journal cannot be written: it is damaged", f"{path}: {error}", remedy)
    cause = f"{path}, {_free(path)}: {error}"
    return _journal(path, "the journal cannot be written", cause, f"check the disk and the file's permissions: {_KEPT}")


def cannot_read(path: Path, error: BaseException) -> ProblemError:
    remedy = (
        "stop the engine and move the file away" if is_damage(error) else "check the disk and the file's permissions"
    )
    return ProblemError(_journal(path, "the journal cannot be read", f"{path}: {error}", remedy))


def cannot_open(path: Path, error: BaseException) -> ProblemError:
    remedy = "check the disk and the file's permissions, or set XDG_STATE_HOME to a directory of your own"
    return ProblemError(_journal(path, "the journal cannot be opened", f"{path}, {_free(path)}: {error}", remedy))


def in_use(path: Path) -> ProblemError:
    remedy = "stop the other engine, or set XDG_STATE_HOME to another directory"
    return ProblemError(_journal(path, "the journal is in use by another engine", str(path), remedy))


def newer(path: Path, error: BaseException) -> ProblemError:
    remedy = "use that version, or move the file away (its transfers will not resume)"
    return ProblemError(_journal(path, "the journal was written by a newer xs3-tui", f"{path}: {error}", remedy))


def foreign(path: Path, error: BaseException) -> ProblemError:
    return ProblemError(
        _journal(path, "the journal file belongs to another program", f"{path}: {error}", "move the file away")
    )


def moved_aside(path: Path, aside: Path, error: BaseException) -> Problem:
    title = "the journal was damaged: a new one was started"
    remedy = "start unfinished transfers again; find their incomplete uploads with xs3-tui uploads"
    return _journal(path, title, f"{path}: {error}; the damaged file is now {aside}", remedy)


def kept_aside(aside: Sequence[Path]) -> Problem:
    """Damaged files are still there: what is known is not all there was."""
    return _journal(
        aside[-1],
        "the journal was damaged: earlier transfers are not shown, and their uploads are not recognized as xs3-tui's",
        f"the damaged file is kept as {', '.join(map(str, aside))}",
        "start unfinished transfers again, run xs3-tui uploads without --ours, then delete the file",
    )


def closed(path: Path) -> ProblemError:
    """It was closed already, or before a record could be written."""
    return ProblemError(_journal(path, "the journal is closed", str(path), "restart the engine"))


def lost(path: Path, count: int, cause: Problem) -> Problem:
    """The engine ended before the trouble did."""
    title = f"{counted(count, 'record')} could not be written to the journal before it closed"
    remedy = "the transfers check the server again when they resume; " + cause.remedy
    return _journal(path, title, cause.sentence(), remedy)
