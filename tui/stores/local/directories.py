"""Ways to the directory of a file, step by step, so that nothing below the chosen one leads out of it."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tui.model.location import DELIMITER, LOCAL_BUCKET, Location
from tui.stores.local.failures import refusal
from tui.stores.local.modes import directory_mode

WRITE = "write"

_SEARCH = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
"""A directory that is only passed through: with O_PATH (Linux) the right to read it is not needed."""


@dataclass(frozen=True, slots=True)
class Way:
    """The way to a key: the names on it, and how many of them lead to the directory that was chosen."""

    key: str
    steps: list[str]
    below: str

    @property
    def chosen(self) -> int:
        """How many steps the user took: what lies behind them comes from a key of the source."""
        inside = self.below and self.key.startswith(self.below)
        return self.below.count(DELIMITER) if inside else len(self.steps)

    def path(self, count: int) -> str:
        """The path of the first `count` steps."""
        return DELIMITER + DELIMITER.join(self.steps[:count])


@dataclass(slots=True)
class Parent:
    """The open directory of a file. `made` holds the paths of directories that had to be made, outermost first."""

    fd: int
    name: str
    made: list[str] = field(default_factory=list)

    def sync(self) -> None:
        """Write the directory's entries to the disk."""
        fd = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self.fd)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


@contextmanager
def parent_of(way: Way, *, make: bool) -> Iterator[Parent]:
    """The directory of a file, opened; `make` makes what is missing on the way, and removes it again on a failure.

    Raises `OSError`, and `ProblemError` where a link leads out of the chosen directory, a file is in the way, or the
    file system has a name in another spelling.
    """
    parent = Parent(os.open(DELIMITER, _SEARCH), way.steps[-1])
    try:
        for count in range(1, len(way.steps)):
            inner = _enter(parent, way, count, make=make)
            os.close(parent.fd)
            parent.fd = inner
        yield parent
    except BaseException:
        remove_made(parent.made)
        raise
    finally:
        os.close(parent.fd)


def remove_made(made: list[str]) -> None:
    """Remove directories again that were made for a file which did not come; those that hold something stay."""
    with suppress(OSError):
        for path in reversed(made):
            os.rmdir(path)  # all paths here are texts, as the system takes them


def _enter(parent: Parent, way: Way, count: int, *, make: bool) -> int:
    """Open the directory that the step number `count` names."""
    name, follow = way.steps[count - 1], count <= way.chosen
    flags = _SEARCH if follow else _SEARCH | os.O_NOFOLLOW
    try:
        inner = os.open(name, flags, dir_fd=parent.fd)
    except FileNotFoundError:
        if not make:
            raise
        return _make(parent, way, count)
    except OSError:
        return _around(parent, way, count)
    if not follow:
        refuse_other_spelling(parent.fd, name, way)
    return inner


def _make(parent: Parent, way: Way, count: int) -> int:
    name = way.steps[count - 1]
    with suppress(FileExistsError):  # another object of the same transfer was faster
        os.mkdir(name, 0o700, dir_fd=parent.fd)  # Path knows no dir_fd
        parent.made.append(way.path(count))
        os.chmod(name, directory_mode(), dir_fd=parent.fd)  # for the same reason
    return os.open(name, _SEARCH | os.O_NOFOLLOW, dir_fd=parent.fd)


def _around(parent: Parent, way: Way, count: int) -> int:
    """What stands at a step is no directory that may be entered as it is: a link inside the chosen one is followed."""
    name, path = way.steps[count - 1], way.path(count)
    mode = os.stat(name, dir_fd=parent.fd, follow_symlinks=False).st_mode
    if stat.S_ISLNK(mode) and os.path.isdir(path):  # all paths here are texts
        leads, home = os.path.realpath(path), os.path.realpath(DELIMITER + way.below)
        if not (leads + DELIMITER).startswith(home.rstrip(DELIMITER) + DELIMITER):
            raise _leads_out(way, path, leads)
        return os.open(leads, _SEARCH)
    if not stat.S_ISDIR(mode):
        raise refusal(
            f"a file is where {Location(LOCAL_BUCKET, way.key).path} needs a directory",
            f"{path} is no directory",
            "rename one of the two, or choose another target",
            WRITE,
            way.key,
        )
    return os.open(name, _SEARCH, dir_fd=parent.fd)


def _leads_out(way: Way, path: str, leads: str) -> Exception:
    return refusal(
        f"{Location(LOCAL_BUCKET, way.key).path} lies outside the chosen directory",
        f"{path} is a symbolic link to {leads}",
        "remove the link, or copy to the directory it leads to",
        WRITE,
        way.key,
    )


def refuse_other_spelling(fd: int, name: str, way: Way) -> None:
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
        raise refusal(
            f"{Location(LOCAL_BUCKET, way.key).path} has a name that is taken",
            f"this file system takes {name!r} for a name that is there in another spelling (upper and lower case)",
            "rename one of the two, or copy to a file system that tells them apart",
            WRITE,
            way.key,
        )


def _folds(fd: int, name: str) -> bool:
    other = {name.swapcase(), unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)} - {name}
    here = os.stat(name, dir_fd=fd, follow_symlinks=False)
    for spelling in other:
        with suppress(OSError, ValueError):
            if os.path.samestat(here, os.stat(spelling, dir_fd=fd, follow_symlinks=False)):
                return True
    return False
