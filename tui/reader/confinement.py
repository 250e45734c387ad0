"""What a reader may not do, said by itself before it sees the first byte of a content.

Linux knows all of it. What a kernel does not have is left out: each wall stands for itself.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys
import time
from contextlib import suppress

MOST_MEMORY = 560 << 20
"""Bytes of address space: more than a reader can have in memory."""

PROCESSOR_SECONDS = 5
"""Seconds of the processor between two messages."""

_LINUX = sys.platform.startswith("linux")

# include/uapi/linux: prctl.h, sched.h, capability.h, landlock.h; the system calls have one number everywhere
_PDEATHSIG, _NO_NEW_PRIVS = 1, 38
_NEWUSER, _NEWNET = 0x10000000, 0x40000000
_CAPABILITIES = 0x20080522
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
"""How many rights on files each version of Landlock knows, up to 16."""
_WITH_NETWORK, _WITH_SIGNALS = 4, 6
"""Versions of Landlock from which on it knows more than files."""


def leave_everything() -> None:
    """End with the parent; have no privileges, and, where the kernel lets, no network and no other process to look at.

    Before there is a second thread: a namespace of users is for a process with one.
    """
    os.chdir("/")
    _limit(resource.RLIMIT_CORE, 0)
    if not _LINUX:
        return
    libc = ctypes.CDLL(None)
    libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.unshare(_NEWUSER | _NEWNET)
    libc.capset(struct.pack("=Ii", _CAPABILITIES, 0), bytes(24))
    libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # last: other privileges would end it


def close_files() -> None:
    """Open nothing any more, no file and no socket, and have no more memory. After everything has been imported."""
    if _LINUX:
        _close_paths()
    for what in (resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
        _limit(what, 0)
    _limit(resource.RLIMIT_AS, MOST_MEMORY)


def begin_step() -> None:
    """From now on so many seconds of the processor, then the kernel ends this process."""
    with suppress(ValueError, OSError):
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + PROCESSOR_SECONDS, most))


def _limit(what: int, most: int) -> None:
    with suppress(ValueError, OSError):
        resource.setrlimit(what, (most, most))


def _close_paths() -> None:
    """By Landlock: nothing is read, written, removed or run by its path, no TCP, and no signals to others."""
    syscall = ctypes.CDLL(None).syscall
    version = syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return
    length = 8 if version < _WITH_NETWORK else 16 if version < _WITH_SIGNALS else 24
    handled = struct.pack("=QQQ", (1 << _RIGHTS.get(version, 16)) - 1, 3, 3)[:length]
    rules = syscall(_CREATE_RULESET, handled, ctypes.c_size_t(length), 0)
    syscall(_RESTRICT_SELF, rules, 0)
    with suppress(OSError):
        os.close(rules)
