"""Ways to the directory of a file, step by step, so that nothing below the chosen one leads out of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tui.core.location import DELIMITER, LOCAL_BUCKET, Location
from tui.core.problem import ProblemError
from tui.stores.local.beneath import SEARCH, LinkError, open_beneath
from tui.stores.local.errors import refusal
from tui.stores.local.modes import directory_mode
from tui.stores.local.spelling import WRITE, refuse_other_spelling


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
        return min(self.below.count(DELIMITER) if inside else len(self.steps), len(self.steps) - 1)

    def path(self, count: int) -> str:
        """The path of the first `count` steps."""
        return DELIMITER + DELIMITER.join(self.steps[:count])


@dataclass(slots=True)
class Parent:
    """The open directory of a file. `made` are the paths of directories that had to be made, outermost first."""

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
    parent, chosen = Parent(os.open(DELIMITER, SEARCH), way.steps[-1]), -1
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


def remove_made(way: Way, made: list[str]) -> None:
    """Remove directories again that were made for a file which did not come; those that are not empty stay.

    Only those on the way to the file itself are removed, whatever `made` says.
    """
    with suppress(OSError, ProblemError):
        for count in range(len(way.steps) - 1, 0, -1):
            if way.path(count) not in made:
                continue
            above = Way(DELIMITER.join(way.steps[:count]), way.steps[:count], way.below)
            with parent_of(above, make=False) as parent:
                os.rmdir(parent.name, dir_fd=parent.fd)


def _enter(parent: Parent, chosen: int, way: Way, count: int, *, make: bool) -> int:
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


def _make(parent: Parent, way: Way, count: int) -> int:
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


def _around(parent: Parent, chosen: int, way: Way, count: int, error: OSError) -> int:
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
    raise refusal(
        f"{Location(LOCAL_BUCKET, way.key).path} needs a directory where a file is",
        f"{path} is not a directory",
        "rename one of the two, or choose another target",
        WRITE,
        way.key,
    )


def _leads_out(way: Way, path: str, leads: str) -> ProblemError:
    return refusal(
        f"{Location(LOCAL_BUCKET, way.key).path} is outside the chosen directory",
        f"{path} is a symbolic link to {leads}",
        "remove the link, or copy to the directory it points to",
        WRITE,
        way.key,
    )
