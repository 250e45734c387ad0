"""Files beside partial files, opened safely: another user may have created them."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress

from tui.stores.local.errors import refusal

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
