"""What the kernel takes from a process for good when the process asks for it.

Linux knows all of it, elsewhere there is little. What a kernel does not have is left out: each wall stands for itself.
Numbers and layouts are those of ``include/uapi/linux``: prctl.h, landlock.h.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import stat
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress

LINUX = sys.platform.startswith("linux")

_DEATH_SIGNAL, _NO_NEW_PRIVILEGES = 1, 38
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_BELOW, _PORT = 1, 2
"""Kinds of rules."""
_READ_FILE, _READ_DIRECTORY, _CONNECT = 1 << 2, 1 << 3, 1 << 1
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
"""How many rights on files each version of Landlock knows, up to 16."""
_WITH_NETWORK, _WITH_SIGNALS = 4, 6
"""Versions of Landlock from which on it knows more than files."""


def limit(what: int, most: int) -> None:
    """Have no more than this of a resource."""
    with suppress(ValueError, OSError):
        resource.setrlimit(what, (most, most))


def end_with_parent() -> None:
    """Whatever happens then. After privileges are given up, which would end it."""
    if LINUX:
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def gain_no_privileges() -> None:
    """Not by a program that would give some. What follows needs it."""
    if LINUX:
        ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def landlock_version() -> int:
    """The ABI of the kernel's Landlock; less than 1: it has none. That of Linux 6.12 keeps signals apart, too (6)."""
    return int(ctypes.CDLL(None).syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)) if LINUX else 0


def close_paths(readable: Iterable[str] = (), ports: Iterable[int] = ()) -> None:
    """Let the calling thread use no path, no TCP and no signal to other processes, by Landlock.

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
