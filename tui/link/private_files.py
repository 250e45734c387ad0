"""Private files and directories, safe from what other users put in their place. Errors are `OSError`s."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from io import BufferedReader
from pathlib import Path
from typing import IO

MOST = 16 << 20
"""The largest small file, in bytes."""

_SAFELY = os.O_CLOEXEC | os.O_NONBLOCK
"""Opening a pipe does not block."""


def private_descriptor(path: Path, flags: int) -> int:
    """Open or create a file that only this user can read; returns the descriptor. Links are not followed."""
    return _only_file(os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | _SAFELY, 0o600), path)


def open_private(path: Path) -> IO[bytes]:
    return os.fdopen(private_descriptor(path, os.O_WRONLY | os.O_APPEND), "ab")


def open_regular(path: Path) -> BufferedReader:
    """Open a regular file for reading; pipes and devices are refused."""
    return os.fdopen(_only_file(os.open(path, os.O_RDONLY | _SAFELY), path), "rb")


def read_private(path: Path) -> bytes:
    """The content of a small file. It may be a link to a file elsewhere."""
    with open_regular(path) as file:
        content = file.read(MOST + 1)
    if len(content) > MOST:
        raise OSError(errno.EFBIG, f"it is longer than {MOST:,} bytes", str(path))
    return content


def _only_file(fd: int, path: Path) -> int:
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "it is a device, a pipe or a directory, not a file", str(path))
    return fd


def replace_private(path: Path, content: bytes) -> None:
    """Write a private file atomically, and create its directory."""
    path = path.resolve()  # a link to a file elsewhere stays a link
    make_directories(path.parent)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # created with mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def make_directories(directory: Path) -> None:
    """Create a directory and its missing parents, all for this user only, with any umask.

    `Path.mkdir` creates parents by the umask.
    """
    missing = []
    while not directory.exists():
        missing.append(directory)
        directory = directory.parent
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
    if not directory.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(directory))


def make_private(directory: Path, *, follow: bool = False) -> None:
    """Create a directory that only this user can write; if others can, its mode is changed.

    With `follow` it may be a link to one. Raises `OSError` if it belongs to another user.
    """
    make_directories(directory)
    found = directory.stat() if follow else directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise PermissionError(errno.EPERM, "it belongs to another user", str(directory))
    if found.st_mode & (0o022 if follow else 0o077):
        directory.chmod(0o700)
