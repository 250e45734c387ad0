"""The entries of a directory: what kind each one is, and what the system says about it."""

from __future__ import annotations

import os
import stat
from enum import Enum

from msgspec import Struct

from tui.core.location import DELIMITER, Location
from tui.stores.local.errors import mapped
from tui.stores.local.keys import steps_of
from tui.stores.local.partial_files import is_partial_name


class Kind(Enum):
    """What an entry is, links followed, in words that explain why it is not among the objects."""

    FILE = "a file"
    DIRECTORY = "a directory"
    UNFINISHED = "a partial file (see xs3-tui uploads)"
    LINK_TO_DIRECTORY = "a symbolic link to a directory (not followed)"
    LOOSE_LINK = "a broken symbolic link"
    SOCKET = "a socket"
    PIPE = "a named pipe"
    DEVICE = "a device"


def what_is(entry: os.DirEntry[str]) -> Kind:
    """The kind of an entry. One that is gone by now, or may not be looked at, is taken for what its name was."""
    if entry.is_dir(follow_symlinks=False):
        return Kind.DIRECTORY
    try:
        if entry.is_file(follow_symlinks=False) and is_partial_name(entry.name):
            return Kind.UNFINISHED
        if entry.is_file():  # asks the disk for links alone
            return Kind.FILE
        mode = entry.stat().st_mode
    except OSError:
        return Kind.LOOSE_LINK if entry.is_symlink() else Kind.FILE
    if stat.S_ISDIR(mode):
        return Kind.LINK_TO_DIRECTORY
    if stat.S_ISSOCK(mode):
        return Kind.SOCKET
    return Kind.PIPE if stat.S_ISFIFO(mode) else Kind.DEVICE


class Description(Struct, frozen=True):
    """A file or directory: `size` in bytes (None of a directory), `modified` in seconds since the epoch.

    `mode` as ``ls -l`` writes it, with the octal form; `leads_to` is where a symbolic link leads, else empty.
    """

    path: str
    size: int | None
    modified: float
    mode: str
    leads_to: str = ""


def describe(bucket: str, key: str) -> Description:
    """What is at a key; raises `ProblemError` if there is nothing, or it may not be looked at."""
    steps_of(bucket, key, "stat")
    path = Location(bucket, key).path
    bare = path.rstrip(DELIMITER) or DELIMITER
    with mapped("stat", key):
        status = os.stat(bare)
        is_link = stat.S_ISLNK(os.lstat(bare).st_mode)
    return Description(
        path=path,
        size=None if stat.S_ISDIR(status.st_mode) else status.st_size,
        modified=status.st_mtime,
        mode=f"{stat.filemode(status.st_mode)} ({stat.S_IMODE(status.st_mode):04o})",
        leads_to=os.path.realpath(bare) if is_link else "",
    )
