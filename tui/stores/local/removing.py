"""Files and directories removed below open directories: a directory that has just become a link is not followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import closing, suppress

from tui.core.location import DELIMITER, LOCAL_BUCKET, Location
from tui.core.problem import Problem, ProblemError
from tui.stores.local.directories import SEARCH, KeyDirectories, LinkError, open_beneath
from tui.stores.local.disk_errors import changed, mapped, refusal
from tui.stores.local.disk_names import steps_of
from tui.stores.local.files import directory_pin, pin_of

DELETE = "delete"

_LISTED = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW


class ChosenDirectory:
    """The directory that the user chose for a deletion, and which one it was when it was first opened."""

    def __init__(self, below: str = "") -> None:
        """`below` is its key with the ``/`` at the end; empty: none was chosen, links on every way are followed."""
        self.below = below
        self._first: os.stat_result | None = None

    def check(self, fd: int, way: KeyDirectories) -> None:
        """Raise `ProblemError` if the directory of this name is another one than the first time."""
        if not self.below or way.chosen != self.below.count(DELIMITER):
            return  # none was chosen, or it is the chosen one itself that is to be removed
        status = os.stat(fd)
        if self._first is None:
            self._first = status
        elif not os.path.samestat(self._first, status):
            raise _left_alone(way, f"{way.path(way.chosen)} was replaced by another directory")


class _Directories:
    """Opens the directories of keys; the last one stays open, because the next key mostly lies in it, too."""

    def __init__(self, chosen: ChosenDirectory) -> None:
        self._chosen = chosen
        self._path, self._fd = "", -1

    def of(self, way: KeyDirectories) -> int:
        path = way.path(len(way.steps) - 1)
        if path != self._path:
            self.close()
            self._fd, self._path = self._open(way), path
        return self._fd

    def close(self) -> None:
        if self._path:
            os.close(self._fd)
            self._path = ""

    def _open(self, way: KeyDirectories) -> int:
        chosen = os.open(way.path(way.chosen), SEARCH)
        try:
            self._chosen.check(chosen, way)
            return open_beneath(chosen, way.steps[way.chosen : -1], follow=False)
        except LinkError as link:
            raise _left_alone(way, f"{link.filename} in its path is a symbolic link to {link.filename2}") from link
        finally:
            os.close(chosen)


def delete(bucket: str, key: str, chosen: ChosenDirectory, etag: str = "") -> None:
    """Remove a file, or (a key that ends in ``/``) a directory with all empty ones below it; a link, not its target.

    What is missing is no problem; a directory that is not empty is one, and so is a link below the chosen directory.
    With an ETag another file stays: kind CHANGED.
    """
    with closing(_Directories(chosen)) as directories:
        _delete(bucket, key, chosen, directories, etag)


def delete_many(bucket: str, keys: Sequence[str], chosen: ChosenDirectory) -> dict[str, Problem]:
    """Remove files, and directories after what may lie in them; what went wrong, by key."""
    problems: dict[str, Problem] = {}
    with closing(_Directories(chosen)) as directories:
        for key in sorted(keys, reverse=True):
            try:
                _delete(bucket, key, chosen, directories)
            except ProblemError as error:
                problems[key] = error.problem
    return problems


def _delete(bucket: str, key: str, chosen: ChosenDirectory, directories: _Directories, etag: str = "") -> None:
    steps = steps_of(bucket, key, DELETE)
    if not steps:
        return
    with mapped(DELETE, key), suppress(FileNotFoundError, NotADirectoryError):
        name, above = steps[-1], directories.of(KeyDirectories(key, steps, chosen.below))
        if etag and not _is_pinned(name, above, etag):
            raise changed(DELETE, key)
        is_directory = stat.S_ISDIR(os.stat(name, dir_fd=above, follow_symlinks=False).st_mode)
        if is_directory and key.endswith(DELIMITER):
            _remove_emptied(name, above)
        elif not is_directory and not key.endswith(DELIMITER):
            os.unlink(name, dir_fd=above)


def _is_pinned(name: str, above: int, etag: str) -> bool:
    """Whether this is what has the ETag: as for `head`, of a link what it leads to."""
    status = os.stat(name, dir_fd=above)
    return etag == (directory_pin(status) if stat.S_ISDIR(status.st_mode) else pin_of(status))


def _remove_emptied(name: str, above: int) -> None:
    here = os.open(name, _LISTED, dir_fd=above)
    try:
        with os.scandir(here) as entries:
            inside = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        for inner in inside:
            with suppress(OSError):
                _remove_emptied(inner, here)
    finally:
        os.close(here)
    os.rmdir(name, dir_fd=above)


def _left_alone(way: KeyDirectories, why: str) -> ProblemError:
    title = f"{Location(LOCAL_BUCKET, way.key).path} was not changed"
    return refusal(title, why, "check the directory, then start again", DELETE, way.key)
