"""Maps errors of the operating system to problems that name the path and the remedy.

A listing continues after what it cannot list, and raises the errors at its end.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from tui.core.identity import LOCAL_LABEL
from tui.core.location import LOCAL_BUCKET, Location
from tui.core.problem import LeftOutError, Problem, ProblemError, ProblemKind

_FULL = (ProblemKind.NO_SPACE, "no space left for {path}", "free some space, then try again")
_DENIED = (ProblemKind.DENIED, "permission denied: {path}", "give your user permission (chmod, chown)")

_REFUSALS = {
    errno.ENOENT: (ProblemKind.NO_SUCH_KEY, "{path} does not exist", "check the path"),
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: (ProblemKind.INVALID, "{path} would be too large for its file system", "choose another file system"),
    errno.EROFS: (
        ProblemKind.DENIED,
        "{path} is on a read-only file system",
        "mount it read-write, or choose another",
    ),
    errno.EEXIST: (
        ProblemKind.EXISTS,
        "{path} exists already",
        "choose a conflict policy, then try again",
    ),
    errno.ENAMETOOLONG: (
        ProblemKind.INVALID,
        "{path} has a name too long for its file system",
        "choose a shorter name",
    ),
    errno.EISDIR: (ProblemKind.INVALID, "{path} is a directory", "remove it, or choose another target"),
    errno.ENOTDIR: (
        ProblemKind.INVALID,
        "{path} needs a directory where a file is",
        "rename one of the two, or choose another target",
    ),
    errno.ENOTEMPTY: (ProblemKind.INVALID, "{path} is a directory that is not empty", "delete what is in it first"),
    errno.EILSEQ: (ProblemKind.INVALID, "{path} has a name its file system does not allow", "choose another name"),
    errno.EINVAL: (ProblemKind.INVALID, "{path} has a name its file system does not allow", "choose another name"),
    errno.ELOOP: (ProblemKind.INVALID, "{path} is a broken symbolic link", "remove the link"),
}


@contextmanager
def mapped(operation: str, key: str) -> Iterator[None]:
    """Turn an error of the system about a key in this block into a `ProblemError`. `operation`: ``read``, ``write``…"""
    try:
        yield
    except OSError as error:
        raise ProblemError(system_problem(error, operation, key)) from error


def system_problem(error: OSError, operation: str, key: str) -> Problem:
    """The problem of an error of the system; an unexpected error keeps the system's words."""
    unforeseen = (ProblemKind.INVALID, "{path} cannot be used", "check the disk and its file system")
    kind, title, remedy = _REFUSALS.get(error.errno or 0, unforeseen)
    said = os.strerror(error.errno) if error.errno else str(error)
    code = errno.errorcode.get(error.errno or 0, "")
    path = Location(LOCAL_BUCKET, key).path
    return disk_problem(kind, title.replace("{path}", path), f"{operation}: {said}", remedy, operation, key, code)


def disk_problem(
    kind: ProblemKind, title: str, cause: str, remedy: str, operation: str, key: str, code: str = ""
) -> Problem:
    """A problem of the local disk about a key."""
    return Problem(
        kind=kind,
        title=title,
        cause=cause,
        remedy=remedy,
        operation=operation,
        resource=Location(LOCAL_BUCKET, key).uri,
        identity=LOCAL_LABEL,
        code=code,
    )


def refusal(title: str, cause: str, remedy: str, operation: str, key: str) -> ProblemError:
    """A name or an order that this disk cannot take (kind INVALID)."""
    return ProblemError(disk_problem(ProblemKind.INVALID, title, cause, remedy, operation, key))


def changed(operation: str, key: str) -> ProblemError:
    """The file is no longer what it was when it was looked at."""
    path = Location(LOCAL_BUCKET, key).path
    return ProblemError(
        disk_problem(
            ProblemKind.CHANGED,
            f"{path} has changed",
            "its size, time or inode differs from when the copy started",
            "copy it again",
            operation,
            key,
        )
    )


NAMED = 5
"""So many further places are named; more are counted."""


class ListingErrors:
    """The problems of one listing; the first is shown in full."""

    def __init__(self, operation: str) -> None:
        self._operation = operation
        self._first: Problem | None = None
        self._others: list[str] = []
        self._count = 0

    def tried(self, directory: str, scan: Callable[[], list[str]]) -> list[str] | None:
        """What `scan` finds in a directory; None for one that is gone, or may not be read (its error is kept)."""
        try:
            return scan()
        except FileNotFoundError:
            return None
        except OSError as error:
            self._keep(system_problem(error, self._operation, directory), Location(LOCAL_BUCKET, directory).path)
            return None

    def is_text(self, directory: str, name: str) -> bool:
        """Whether a name is UTF-8, as every key is; else an error is kept, with its bytes as ``\\xE9``."""
        try:
            name.encode()
        except UnicodeEncodeError:
            shown = os.fsencode(name).decode(errors="backslashreplace")
            path = Location(LOCAL_BUCKET, directory).path + shown
            self._keep(
                disk_problem(
                    ProblemKind.INVALID,
                    f"{path} is left out: its name is not UTF-8",
                    "S3 keys must be UTF-8",
                    "rename the file (convmv converts whole trees)",
                    self._operation,
                    directory,
                ),
                path,
            )
            return False
        return True

    def raise_any(self) -> None:
        """Raise `LeftOutError` if there was any error."""
        if self._first is None:
            return
        problem = self._first
        if self._count > 1:
            more = self._count - 1 - len(self._others)
            also = ", ".join(self._others) + (f" and {more:,} more" if more else "")
            problem = replace(problem, cause=f"{problem.cause}; also left out: {also}")
        raise LeftOutError(problem, self._count)

    def _keep(self, problem: Problem, path: str) -> None:
        self._count += 1
        if self._first is None:
            self._first = problem
        elif len(self._others) < NAMED:
            self._others.append(path)
