"""What the system says about a file, for those who look at it."""

from __future__ import annotations

import os
import stat

from msgspec import Struct

from tui.model.location import DELIMITER, Location
from tui.stores.local.failures import mapped
from tui.stores.local.keys import steps_of


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
