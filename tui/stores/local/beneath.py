"""Directories below an open one, opened so that nothing leads out of it, even while the tree changes.

Where the kernel has openat2 it resolves the whole way; elsewhere, and where openat2 refuses, the way is walked name by
name: each directory is opened in the one before (O_NOFOLLOW), links are read and followed here, and ``..`` goes back to
a directory that is still open.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from contextlib import suppress

from tui.core.location import DELIMITER
from tui.stores.local.openat2 import BENEATH, NO_MAGICLINKS, NO_SYMLINKS, openat2

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
