"""openat2(2) of Linux 5.6 and later: the kernel itself keeps a path below a directory, whatever changes."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from functools import cache

_NUMBER = 437
"""Its number: the same on every architecture that this runs on (Linux, include/uapi/asm-generic/unistd.h)."""

NO_MAGICLINKS, NO_SYMLINKS, BENEATH = 0x02, 0x04, 0x08
"""RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS and RESOLVE_BENEATH (Linux, include/uapi/linux/openat2.h)."""

_TRIES = 16
"""EAGAIN says that something was being renamed (openat2(2)); after so many of them the caller walks by itself."""


class _How(ctypes.Structure):
    """``struct open_how``."""

    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def openat2(path: str, flags: int, resolve: int, directory: int) -> int:
    """Open a path relative to an open directory; returns the descriptor.

    Raises `OSError`: ENOSYS where the system does not have it (or a sandbox hides it), EXDEV for a path that leads
    out under `BENEATH`, ELOOP for a link under `NO_SYMLINKS`.
    """
    if not sys.platform.startswith("linux"):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    how = _How(flags, 0, resolve)
    failure = 0
    for _ in range(_TRIES):
        found: int = _syscall()(
            _NUMBER, directory, ctypes.c_char_p(os.fsencode(path)), ctypes.byref(how), ctypes.c_size_t(24)
        )
        if found >= 0:
            return found
        failure = ctypes.get_errno()
        if failure not in (errno.EAGAIN, errno.EINTR):
            break
    raise OSError(failure, os.strerror(failure), path)


@cache
def _syscall() -> ctypes._NamedFuncPointer:
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    syscall.restype = ctypes.c_long
    return syscall
