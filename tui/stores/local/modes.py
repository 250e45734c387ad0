"""The permissions of new files and directories: as with ``cp``, by the umask of the process that started the engine."""

from __future__ import annotations

import os


class _Umask:
    """The user's umask. The engine's own is narrower: what it writes for itself is nobody else's business."""

    mask: int | None = None


def keep_umask(mask: int) -> None:
    """Let copies get the rights that this umask leaves, whatever the process's own."""
    _Umask.mask = mask


def _mask() -> int:
    if _Umask.mask is None:
        _Umask.mask = os.umask(0o077)  # it can only be read by setting it
        os.umask(_Umask.mask)
    return _Umask.mask


def file_mode() -> int:
    """The mode of a new file."""
    return 0o666 & ~_mask()


def replacing_mode(mode: int) -> int:
    """The mode of a file that replaces one of the user's own which has this mode: a program stays one."""
    return mode & 0o777 & ~_mask()


def directory_mode() -> int:
    """The mode of a new directory."""
    return 0o777 & ~_mask()
