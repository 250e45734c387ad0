"""Maps what the system refuses to problems that name the path and the remedy."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from tui.model.identity import LOCAL_LABEL
from tui.model.location import LOCAL_BUCKET, Location
from tui.model.problem import Problem, ProblemError, ProblemKind

_FULL = (ProblemKind.NO_SPACE, "there is no room for {path}", "free some space, then try again")
_DENIED = (ProblemKind.DENIED, "{path} may not be used", "give your user the right to it (chmod, chown)")

_REFUSALS = {
    errno.ENOENT: (ProblemKind.NO_SUCH_KEY, "there is no {path}", "refresh the listing"),
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: (ProblemKind.INVALID, "{path} would be too large for its file system", "choose another file system"),
    errno.EROFS: (
        ProblemKind.DENIED,
        "{path} is on a read-only file system",
        "mount it for writing, or choose another",
    ),
    errno.EEXIST: (
        ProblemKind.EXISTS,
        "{path} exists already",
        "choose what is to happen to what exists, and try again",
    ),
    errno.ENAMETOOLONG: (
        ProblemKind.INVALID,
        "{path} has a name too long for its file system",
        "choose a shorter name",
    ),
    errno.EISDIR: (ProblemKind.INVALID, "{path} is a directory", "remove it, or choose another target"),
    errno.ENOTDIR: (
        ProblemKind.INVALID,
        "a file is where {path} needs a directory",
        "rename one of the two, or choose another target",
    ),
    errno.ENOTEMPTY: (ProblemKind.INVALID, "{path} is a directory that is not empty", "delete what is in it first"),
    errno.EILSEQ: (ProblemKind.INVALID, "{path} has a name that its file system cannot hold", "choose another name"),
    errno.EINVAL: (ProblemKind.INVALID, "{path} has a name that its file system cannot hold", "choose another name"),
    errno.ELOOP: (ProblemKind.INVALID, "{path} is a symbolic link that leads nowhere", "remove the link"),
}


@contextmanager
def mapped(operation: str, key: str) -> Iterator[None]:
    """Turn an error of the system about a key in this block into a `ProblemError`. `operation`: ``read``, ``write``…"""
    try:
        yield
    except OSError as error:
        raise ProblemError(system_problem(error, operation, key)) from error


def system_problem(error: OSError, operation: str, key: str) -> Problem:
    """The problem of an error of the system; an error that nobody foresaw is said in the system's words."""
    unforeseen = (ProblemKind.INVALID, "{path} cannot be used", "look at the disk and its file system")
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
            f"{path} has changed meanwhile",
            "its size, its time or the file itself is another than when the copy began",
            "start again with the file as it is now",
            operation,
            key,
        )
    )
