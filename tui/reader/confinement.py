"""The confinement of a reader: by itself and by the kernel."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import stat
import struct
import sys
import time
from collections.abc import Iterable
from contextlib import suppress

MOST_MEMORY = 560 << 20
"""Bytes of address space: more memory than a reader needs."""

PROCESSOR_SECONDS = 5
"""Processor seconds between two messages."""

# include/uapi/linux: sched.h, capability.h
_NEWUSER, _NEWNET = 0x10000000, 0x40000000
_CAPABILITIES = 0x20080522


def leave_everything() -> None:
    """End with the parent; drop privileges and, if the kernel allows it, network access and the view of other
    processes.

    Must come before a second thread: a user namespace needs a process with one thread.
    """
    os.chdir("/")
    limit(resource.RLIMIT_CORE, 0)
    gain_no_privileges()
    if LINUX:
        libc = ctypes.CDLL(None)
        libc.unshare(_NEWUSER | _NEWNET)
        libc.capset(struct.pack("=Ii", _CAPABILITIES, 0), bytes(24))
    end_with_parent()


def close_files() -> None:
    """Disallow opening files and sockets, and limit the memory. Must come after all imports."""
    close_paths()
    for what in (resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
        limit(what, 0)
    limit(resource.RLIMIT_AS, MOST_MEMORY)


def begin_step() -> None:
    """Restart the limit of processor seconds; the kernel ends the process that exceeds it."""
    with suppress(ValueError, OSError):
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + PROCESSOR_SECONDS, most))


# What the kernel takes from a process for good when the process asks for it.
#
# Linux knows all of it, elsewhere there is little. What a kernel does not have is left out: each wall stands for
# itself.
# Numbers and layouts are those of ``include/uapi/linux``: prctl.h, landlock.h.

LINUX = sys.platform.startswith("linux")

_DEATH_SIGNAL, _NO_NEW_PRIVILEGES = 1, 38
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_BELOW, _PORT = 1, 2
"""Kinds of rules."""
_READ_FILE, _READ_DIRECTORY, _CONNECT = 1 << 2, 1 << 3, 1 << 1
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
"""The number of file rights in each version of Landlock, up to 16."""
_WITH_NETWORK, _WITH_SIGNALS = 4, 6
"""The first versions of Landlock with more than file rights."""


def limit(what: int, most: int) -> None:
    with suppress(ValueError, OSError):
        resource.setrlimit(what, (most, most))


def end_with_parent() -> None:
    """Must come after privileges are dropped, which would reset it."""
    if LINUX:
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def gain_no_privileges() -> None:
    """Programs with set-user-ID give no privileges either. The later steps need it."""
    if LINUX:
        ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def landlock_version() -> int:
    """The kernel's Landlock ABI; less than 1: none. Linux 6.12 also restricts signals (6)."""
    return int(ctypes.CDLL(None).syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)) if LINUX else 0


def close_paths(readable: Iterable[str] = (), ports: Iterable[int] = ()) -> None:
    """With Landlock, deny the calling thread all paths, TCP, and signals to other processes.

    It may still read the paths in `readable` and connect to the TCP ports in `ports`.
    """
    if (version := landlock_version()) < 1:
        return
    syscall = ctypes.CDLL(None).syscall
    length = 8 if version < _WITH_NETWORK else 16 if version < _WITH_SIGNALS else 24
    handled = struct.pack("=QQQ", (1 << _RIGHTS.get(version, 16)) - 1, 3, 3)[:length]
    rules = syscall(_CREATE_RULESET, handled, ctypes.c_size_t(length), 0)
    for path in readable:
        with suppress(OSError):
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            allowed = _READ_FILE | (_READ_DIRECTORY if stat.S_ISDIR(os.fstat(place).st_mode) else 0)
            syscall(_ADD_RULE, rules, _BELOW, struct.pack("=Qi", allowed, place), 0)
            os.close(place)
    for port in ports if version >= _WITH_NETWORK else ():
        syscall(_ADD_RULE, rules, _PORT, struct.pack("=QQ", _CONNECT, port), 0)
    syscall(_RESTRICT_SELF, rules, 0)
    with suppress(OSError):
        os.close(rules)
