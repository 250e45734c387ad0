"""What can go wrong with the journal, in words that help."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from tui.core.naming import counted
from tui.core.problem import Problem, ProblemError, ProblemKind

_KEPT = "unwritten records are kept in memory and written as soon as possible"


def _journal(path: Path, title: str, cause: str, remedy: str) -> Problem:
    return Problem(kind=ProblemKind.JOURNAL, title=title, cause=cause, remedy=remedy, resource=str(path))


def _free(path: Path) -> str:
    try:
        return f"{shutil.disk_usage(path.parent).free / 1024:,.0f} KiB free there"
    except OSError as error:
        return f"free space unknown ({error.strerror})"


def is_damage(error: BaseException) -> bool:
    """Whether an error says that the file is not a sound database."""
    return isinstance(error, sqlite3.DatabaseError) and _primary(error) in (
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    )


def _primary(error: sqlite3.Error) -> int:
    """SQLite's primary result code: extended ones carry it in their lowest byte."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def cannot_write(path: Path, error: BaseException) -> Problem:
    """The journal takes nothing at the moment."""
    if isinstance(error, sqlite3.Error) and _primary(error) == sqlite3.SQLITE_FULL:
        return _journal(
            path,
            "the journal cannot be written: the disk is full",
            f"{path}, {_free(path)}",
            f"free some space: {_KEPT}",
        )
    if is_damage(error):
        return _journal(
            path,
            "the journal cannot be written: it is damaged",
            f"{path}: {error}",
            "wait until running transfers end, stop the engine and move the file away",
        )
    return _journal(
        path,
        "the journal cannot be written",
        f"{path}, {_free(path)}: {error}",
        f"check the disk and the file's permissions: {_KEPT}",
    )


def cannot_read(path: Path, error: BaseException) -> ProblemError:
    """The journal does not answer a question."""
    remedy = (
        "stop the engine and move the file away" if is_damage(error) else "check the disk and the file's permissions"
    )
    return ProblemError(_journal(path, "the journal cannot be read", f"{path}: {error}", remedy))


def cannot_open(path: Path, error: BaseException) -> ProblemError:
    """The journal is not there and cannot be made, or not opened."""
    problem = _journal(
        path,
        "the journal cannot be opened",
        f"{path}, {_free(path)}: {error}",
        "check the disk and the file's permissions, or set XDG_STATE_HOME to a directory of your own",
    )
    return ProblemError(problem)


def in_use(path: Path) -> ProblemError:
    """Another process writes it."""
    problem = _journal(
        path,
        "the journal is in use by another engine",
        str(path),
        "stop the other engine, or set XDG_STATE_HOME to another directory",
    )
    return ProblemError(problem)


def newer(path: Path, error: BaseException) -> ProblemError:
    """A newer program wrote it."""
    problem = _journal(
        path,
        "the journal was written by a newer xs3-tui",
        f"{path}: {error}",
        "use that version, or move the file away (its transfers will not resume)",
    )
    return ProblemError(problem)


def foreign(path: Path, error: BaseException) -> ProblemError:
    """It belongs to another program."""
    problem = _journal(path, "the journal file belongs to another program", f"{path}: {error}", "move the file away")
    return ProblemError(problem)


def moved_aside(path: Path, aside: Path, error: BaseException) -> Problem:
    """A damaged file made way for a new one."""
    return _journal(
        path,
        "the journal was damaged: a new one was started",
        f"{path}: {error}; the damaged file is now {aside}",
        "start unfinished transfers again; find their incomplete uploads with xs3-tui uploads",
    )


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
    problem = _journal(path, "the journal is closed", str(path), "restart the engine")
    return ProblemError(problem)


def lost(path: Path, count: int, cause: Problem) -> Problem:
    """The engine ended before the trouble did."""
    title = f"{counted(count, 'record')} could not be written to the journal before it closed"
    remedy = "the transfers check the server again when they resume; " + cause.remedy
    return _journal(path, title, cause.sentence(), remedy)
