"""What is special about disks: errors, modes, spelling of names, threads."""

from __future__ import annotations

import asyncio
import errno
import os
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import ParamSpec, TypeVar

from msgspec.structs import replace

from tui.core.identity import LOCAL_LABEL
from tui.core.location import LOCAL_BUCKET, Location
from tui.core.problem import LeftOutError, Problem, ProblemError, ProblemKind

WRITE = "write"


def refuse_other_spelling(fd: int, name: str, key: str) -> None:
    """Raise `ProblemError` if what exists by this name is really spelled otherwise: `a` is not to be taken for `A`.

    Only file systems that fold case (or normalise Unicode) ever do that.
    """
    if not _folds(fd, name):
        return
    listed = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=fd)
    try:
        names = os.listdir(listed)
    finally:
        os.close(listed)
    if name not in names:
        title = f"{Location(LOCAL_BUCKET, key).path} has a name that already exists"
        cause = f"on this file system {name!r} equals an existing name in another spelling (upper and lower case)"
        raise refusal(title, cause, "rename one of the two, or copy to a case-sensitive file system", WRITE, key)


def _folds(fd: int, name: str) -> bool:
    other = {name.swapcase(), unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)} - {name}
    here = os.stat(name, dir_fd=fd, follow_symlinks=False)
    for spelling in other:
        with suppress(OSError, ValueError):
            if os.path.samestat(here, os.stat(spelling, dir_fd=fd, follow_symlinks=False)):
                return True
    return False


_FULL = (ProblemKind.NO_SPACE, "no space left for {path}", "free some space, then try again")
_DENIED = (ProblemKind.DENIED, "permission denied: {path}", "give your user permission (chmod, chown)")

_REFUSALS = {
    errno.ENOENT: (ProblemKind.NO_SUCH_KEY, "{path} does not exist", "check the path"),
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: (ProblemKind.INVALID, "{path} would be too large for its file system", "choose another file system"),
    errno.EROFS: (ProblemKind.DENIED, "{path} is on a read-only file system", "mount it read-write, or choose another"),
    errno.EEXIST: (ProblemKind.EXISTS, "{path} exists already", "choose a conflict policy, then try again"),
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
    path = Location(LOCAL_BUCKET, key).path
    title = f"{path} has changed"
    cause = "its size, time or inode differs from when the copy started"
    return ProblemError(disk_problem(ProblemKind.CHANGED, title, cause, "copy it again", operation, key))


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


class _Umask:
    """The user's umask. The engine's own is narrower: what it writes for itself is nobody else's business."""

    mask: int | None = None


def keep_umask(mask: int) -> None:
    """Let copies get the rights that this umask leaves, whatever the process's own."""
    _Umask.mask = mask


def _mask() -> int:
    if _Umask.mask is None:
        _Umask.mask = os.umask(0o077)  # it can only be read by setting it
        os.umask(_Umask.mask)
    return _Umask.mask


def file_mode() -> int:
    return 0o666 & ~_mask()


def replacing_mode(mode: int) -> int:
    """The mode of a file that replaces one of the user's own which has this mode: a program stays one."""
    return mode & 0o777 & ~_mask()


def directory_mode() -> int:
    return 0o777 & ~_mask()


P = ParamSpec("P")
T = TypeVar("T")


async def to_the_end(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Make the call in a thread. A cancellation waits for its end: what was written or removed is then known."""
    made = asyncio.ensure_future(asyncio.to_thread(call, *args, **kwargs))
    try:
        return await asyncio.shield(made)
    except asyncio.CancelledError:
        while not made.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait({made})
        if not made.cancelled():
            made.exception()  # nobody waits for it any more
        raise
