"""What lies in a directory: files and directories, and what is neither."""

from __future__ import annotations

import os
import stat
from enum import Enum


class Kind(Enum):
    """What an entry is, links followed; in the words for those who miss it among the objects."""

    FILE = "a file"
    DIRECTORY = "a directory"
    LINK_TO_DIRECTORY = "a symbolic link to a directory, which is not followed"
    LOOSE_LINK = "a symbolic link that leads nowhere"
    SOCKET = "a socket"
    PIPE = "a named pipe"
    DEVICE = "a device"


def what_is(entry: os.DirEntry[str]) -> Kind:
    """The kind of an entry. One that is gone meanwhile, or may not be looked at, is taken for what its name was."""
    if entry.is_dir(follow_symlinks=False):
        return Kind.DIRECTORY
    try:
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
