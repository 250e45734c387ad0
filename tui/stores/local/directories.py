"""Ways to the directory of a file, step by step, so that nothing below the chosen one leads out of it."""

from __future__ import annotations

import ctypes
import errno
import os
import secrets
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache

from tui.core.location import DELIMITER, LOCAL_BUCKET, Location
from tui.core.problem import ProblemError
from tui.stores.local.disk_errors import WRITE, directory_mode, refusal, refuse_other_spelling


@dataclass(frozen=True, slots=True)
class KeyDirectories:
    """The way to a key: the names on it, and how many of them lead to the directory that was chosen."""

    key: str
    steps: list[str]
    below: str

    @property
    def chosen(self) -> int:
        """How many steps the user took: what lies behind them comes from a key of the source."""
        inside = self.below and self.key.startswith(self.below)
        return min(self.below.count(DELIMITER) if inside else len(self.steps), len(self.steps) - 1)

    def path(self, count: int) -> str:
        return DELIMITER + DELIMITER.join(self.steps[:count])


@dataclass(slots=True)
class ParentDirectory:
    """The open directory of a file. `made` are the paths of directories that had to be made, outermost first."""

    fd: int
    name: str
    made: list[str] = field(default_factory=list)

    def sync(self) -> None:
        fd = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self.fd)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


@contextmanager
def parent_of(way: KeyDirectories, *, make: bool) -> Iterator[ParentDirectory]:
    """The directory of a file, opened; `make` makes what is missing on the way, and removes it again on a failure.

    Raises `OSError`, and `ProblemError` where a link leads out of the chosen directory, a file is in the way, or the
    file system has a name in another spelling.
    """
    parent, chosen = ParentDirectory(os.open(DELIMITER, SEARCH), way.steps[-1]), -1
    try:
        for count in range(1, len(way.steps)):
            if count == way.chosen + 1:
                chosen = os.dup(parent.fd)
            inner = _enter(parent, chosen, way, count, make=make)
            os.close(parent.fd)
            parent.fd = inner
        yield parent
    except BaseException:
        remove_made(way, parent.made)
        raise
    finally:
        os.close(parent.fd)
        if chosen >= 0:
            os.close(chosen)


def remove_made(way: KeyDirectories, made: list[str]) -> None:
    """Remove directories again that were made for a file which did not come; those that are not empty stay.

    Only those on the way to the file itself are removed, whatever `made` says.
    """
    with suppress(OSError, ProblemError):
        for count in range(len(way.steps) - 1, 0, -1):
            if way.path(count) not in made:
                continue
            above = KeyDirectories(DELIMITER.join(way.steps[:count]), way.steps[:count], way.below)
            with parent_of(above, make=False) as parent:
                os.rmdir(parent.name, dir_fd=parent.fd)


def _enter(parent: ParentDirectory, chosen: int, way: KeyDirectories, count: int, *, make: bool) -> int:
    """Open the directory that the step number `count` names; `chosen` is the chosen one for what lies below it."""
    name, follow = way.steps[count - 1], count <= way.chosen
    try:
        inner = os.open(name, SEARCH if follow else SEARCH | os.O_NOFOLLOW, dir_fd=parent.fd)
    except FileNotFoundError:
        if not make:
            raise
        return _make(parent, way, count)
    except OSError as error:
        return _around(parent, chosen, way, count, error)
    if not follow:
        refuse_other_spelling(parent.fd, name, way.key)
    return inner


def _make(parent: ParentDirectory, way: KeyDirectories, count: int) -> int:
    name = way.steps[count - 1]
    try:
        os.mkdir(name, 0o700, dir_fd=parent.fd)
    except FileExistsError:  # another object of the same transfer was faster
        return os.open(name, SEARCH | os.O_NOFOLLOW, dir_fd=parent.fd)
    parent.made.append(way.path(count))
    made = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=parent.fd)
    if os.fstat(made).st_uid == os.geteuid():  # else another process has replaced it
        os.fchmod(made, directory_mode())
    return made


def _around(parent: ParentDirectory, chosen: int, way: KeyDirectories, count: int, error: OSError) -> int:
    """What stands at a step is no directory that may be entered as it is: a link inside the chosen one is followed."""
    name, path = way.steps[count - 1], way.path(count)
    mode = os.stat(name, dir_fd=parent.fd, follow_symlinks=False).st_mode
    if stat.S_ISLNK(mode) and chosen >= 0:
        try:
            return open_beneath(chosen, way.steps[way.chosen : count], home_path=way.path(way.chosen), follow=True)
        except LinkError as left:
            raise _leads_out(way, path, str(left.filename2)) from left
        except NotADirectoryError:
            pass
    elif stat.S_ISDIR(mode):
        raise error
    title = f"{Location(LOCAL_BUCKET, way.key).path} needs a directory where a file is"
    cause = f"{path} is not a directory"
    raise refusal(title, cause, "rename one of the two, or choose another target", WRITE, way.key)


def _leads_out(way: KeyDirectories, path: str, leads: str) -> ProblemError:
    title = f"{Location(LOCAL_BUCKET, way.key).path} is outside the chosen directory"
    cause = f"{path} is a symbolic link to {leads}"
    return refusal(title, cause, "remove the link, or copy to the directory it points to", WRITE, way.key)


_NUMBER = 437
"""Its number: the same on every architecture that this runs on (Linux, include/uapi/asm-generic/unistd.h)."""

NO_MAGICLINKS, NO_SYMLINKS, BENEATH = 0x02, 0x04, 0x08
"""RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS and RESOLVE_BENEATH (Linux, include/uapi/linux/openat2.h)."""

_TRIES = 16
"""EAGAIN says that something was being renamed (openat2(2)); after so many of them the caller walks by itself."""


class _How(ctypes.Structure):
    """``struct open_how``."""

    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def openat2(path: str, flags: int, resolve: int, directory: int) -> int:
    """Open a path relative to an open directory; returns the descriptor.

    Raises `OSError`: ENOSYS where the system does not have it (or a sandbox hides it), EXDEV for a path that leads
    out under `BENEATH`, ELOOP for a link under `NO_SYMLINKS`.
    """
    if not sys.platform.startswith("linux"):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    how = _How(flags, 0, resolve)
    failure = 0
    for _ in range(_TRIES):
        found: int = _syscall()(
            _NUMBER, directory, ctypes.c_char_p(os.fsencode(path)), ctypes.byref(how), ctypes.c_size_t(24)
        )
        if found >= 0:
            return found
        failure = ctypes.get_errno()
        if failure not in (errno.EAGAIN, errno.EINTR):
            break
    raise OSError(failure, os.strerror(failure), path)


@cache
def _syscall() -> ctypes._NamedFuncPointer:
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    syscall.restype = ctypes.c_long
    return syscall


# Directories below an open one, opened so that nothing leads out of it, even while the tree changes.
#
# Where the kernel has openat2 it resolves the whole way. Elsewhere, and where openat2 refuses, the way is walked name
# by name: each directory is opened in the one before (O_NOFOLLOW), links are read and followed here, and ``..`` goes
# back to a directory that is still open.

SEARCH = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
"""A directory that is only passed through: with O_PATH (Linux) the right to read it is not needed."""

MAX_LINKS = 40
"""So many links are followed on one way, as Linux does (path_resolution(7))."""

_OF_LINKS = (errno.ENOTDIR, errno.ELOOP, errno.EMLINK)
"""What Linux, macOS and the BSDs say of a link that O_NOFOLLOW meets; the first one of a file, too."""

_RESOLVE = BENEATH | NO_MAGICLINKS


class LinkError(OSError):
    """A symbolic link, `filename2`, leads out of the directory, or is not to be followed; `filename` is its name."""


def open_beneath(chosen: int, steps: Sequence[str], *, home_path: str = "", follow: bool) -> int:
    """Open the directory that `steps` lead to from the open directory `chosen`; returns its descriptor.

    Links are followed if `follow` says so and they stay below `chosen`; an absolute one does if it leads below
    `home_path`. Raises `LinkError` for any other, and `OSError`.
    """
    if not steps:
        return os.open(".", SEARCH, dir_fd=chosen)
    with suppress(OSError):  # walking says which step it is, and knows absolute links that lead below `chosen`
        return openat2(DELIMITER.join(steps), SEARCH, _RESOLVE | (0 if follow else NO_SYMLINKS), chosen)
    return walk_beneath(chosen, steps, home_path=home_path, follow=follow)


def walk_beneath(chosen: int, steps: Sequence[str], *, home_path: str = "", follow: bool) -> int:
    """The same without the kernel's help."""
    walk = _Walk(chosen, home_path)
    try:
        ahead = list(reversed(steps))
        while ahead:
            leads = walk.step(ahead.pop())
            if leads is not None:
                if not follow:
                    raise walk.refused(errno.ELOOP)
                ahead += reversed(walk.start_of_link(leads))
        return walk.opened.pop()
    finally:
        walk.close(0)


class _Walk:
    """A way that is being walked: the directories on it, from the chosen directory on, are open."""

    def __init__(self, chosen: int, home_path: str) -> None:
        self._home_path = home_path
        self._links: list[tuple[str, str]] = []
        """The names of the links so far, and where they lead."""
        self.opened = [os.open(".", SEARCH, dir_fd=chosen)]

    def step(self, name: str) -> str | None:
        """Enter a directory, or go back by ``..``. For a link nothing is opened, and where it leads is returned."""
        if name == "..":
            if len(self.opened) == 1:
                raise self.refused(errno.EXDEV)
            os.close(self.opened.pop())
        elif name not in ("", "."):
            try:
                self.opened.append(os.open(name, SEARCH | os.O_NOFOLLOW, dir_fd=self.opened[-1]))
            except OSError as error:
                if error.errno not in _OF_LINKS:
                    raise
                self._links.append((name, self._target(name, error)))
                return self._links[-1][1]
        return None

    def start_of_link(self, leads: str) -> list[str]:
        """The steps that a link stands for; an absolute one begins in the chosen directory again."""
        if len(self._links) > MAX_LINKS:
            raise self.refused(errno.ELOOP)
        if leads.startswith(DELIMITER):
            leads = self._relative(leads)
            self.close(1)
        return leads.split(DELIMITER)

    def refused(self, why: int) -> LinkError:
        """The error about the last link."""
        name, leads = self._links[-1] if self._links else ("..", "..")
        return LinkError(why, os.strerror(why), name, None, leads)

    def close(self, kept: int) -> None:
        """Close what is open, but for the first `kept`."""
        while len(self.opened) > kept:
            os.close(self.opened.pop())

    def _target(self, name: str, refused: OSError) -> str:
        try:
            return os.readlink(name, dir_fd=self.opened[-1])
        except OSError:
            raise refused from None  # a file

    def _relative(self, leads: str) -> str:
        """An absolute path as one from the chosen directory; walked from there, it stays below though it be wrong."""
        chosen, real = os.path.realpath(self._home_path), os.path.realpath(leads)
        if not self._home_path or not (real + DELIMITER).startswith(chosen.rstrip(DELIMITER) + DELIMITER):
            raise self.refused(errno.EXDEV)
        return real[len(chosen) :]


_SAFELY = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""A link is not followed, and a pipe not waited for."""


def open_own(name: str, flags: int, directory: int, path: str, operation: str, key: str) -> int:
    """Open a regular file of one's own, of one name, in an open directory; returns the descriptor.

    Raises `OSError`, and `ProblemError` for anything else by that name. `path` is its path in words.
    """
    try:
        fd = os.open(name, flags | _SAFELY, dir_fd=directory)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK):
            raise refusal(*_not_used(path, "it is a symbolic link"), operation, key) from error
        if error.errno == errno.ENXIO:
            raise refusal(*_not_used(path, "it is a named pipe or a socket"), operation, key) from error
        raise
    try:
        if why := _unsafe(os.fstat(fd), directory):
            raise refusal(*_not_used(path, why), operation, key)
    except BaseException:
        os.close(fd)
        raise
    return fd


def _not_used(path: str, why: str) -> tuple[str, str, str]:
    return f"{path} is not usable", why, "check who created it, and remove it"


def _unsafe(status: os.stat_result, directory: int) -> str:
    if not stat.S_ISREG(status.st_mode):
        return "it is a device, a pipe or a directory, not a file"
    if status.st_nlink > 1:
        return "it has a second name (hard link)"
    if not is_own(status, directory):
        return f"it belongs to another user (uid {status.st_uid})"
    return ""


def refuse_foreign(name: str, directory: int, path: str, operation: str, key: str) -> None:
    """Raise `ProblemError` if there is something by that name which belongs to another user."""
    with suppress(FileNotFoundError):
        status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        if not is_own(status, directory):
            raise refusal(*_not_used(path, f"it belongs to another user (uid {status.st_uid})"), operation, key)


def is_own(status: os.stat_result, directory: int) -> bool:
    """Whether a file in an open directory belongs to the user of this process."""
    return status.st_uid == os.geteuid() or status.st_uid == _owner_of_new_files(directory)


def _owner_of_new_files(directory: int) -> int:
    """The owner of what this process creates there: on some file systems one user owns every file (vfat, NFS)."""
    name = f".{secrets.token_hex(8)}"
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=directory)
    try:
        return os.fstat(fd).st_uid
    finally:
        os.close(fd)
        os.unlink(name, dir_fd=directory)
