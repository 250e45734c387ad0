"""File systems that fold case or normalise Unicode: what is there under another spelling is not to be replaced."""

from __future__ import annotations

import os
import unicodedata
from contextlib import suppress

from tui.core.location import LOCAL_BUCKET, Location
from tui.stores.local.errors import refusal

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
        raise refusal(
            f"{Location(LOCAL_BUCKET, key).path} has a name that already exists",
            f"on this file system {name!r} equals an existing name in another spelling (upper and lower case)",
            "rename one of the two, or copy to a case-sensitive file system",
            WRITE,
            key,
        )


def _folds(fd: int, name: str) -> bool:
    other = {name.swapcase(), unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)} - {name}
    here = os.stat(name, dir_fd=fd, follow_symlinks=False)
    for spelling in other:
        with suppress(OSError, ValueError):
            if os.path.samestat(here, os.stat(spelling, dir_fd=fd, follow_symlinks=False)):
                return True
    return False
