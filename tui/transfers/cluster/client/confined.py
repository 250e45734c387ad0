"""What a process gives up for good before it hears of the network: other files, programs, sockets and processes.

By Landlock (Linux 5.13, more with later ones) and seccomp, each as far as the kernel has it; elsewhere nothing is given
up. Numbers and layouts are those of ``include/uapi/linux``: landlock.h, seccomp.h, filter.h, prctl.h.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import socket
import stat
import struct
import sys
import sysconfig
from collections.abc import Iterable
from contextlib import suppress

MOST_MEMORY = 4 << 30
"""Bytes of address space: Dask and TLS take a tenth of it."""

_SYSTEM = (
    *("/usr", "/lib", "/lib64", "/etc", "/run/systemd/resolve", "/sys", "/dev/null", "/dev/urandom"),
    *("/proc/self", "/proc/stat", "/proc/meminfo", "/proc/cpuinfo"),  # of other processes nothing
)
_READ = 1 << 2 | 1 << 3
"""LANDLOCK_ACCESS_FS_READ_FILE, _READ_DIR."""
_DNS = 53
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_CONNECT = 1 << 1
_DEATH_SIGNAL, _NO_NEW_PRIVS, _SET_SECCOMP, _FILTER = 1, 38, 22, 2
_ARCHITECTURES = {"x86_64": (0xC000003E, 41, 50), "aarch64": (0xC00000B7, 198, 201)}
"""AUDIT_ARCH_…, and the numbers of socket(2) and listen(2)."""
_IO_URING_SETUP = 425
_REFUSE, _ALLOW = 0x00050000 | 13, 0x7FFF0000


def confine(port: int) -> None:
    """Leave this process Python's own files, and new connections to this port (and to name servers) alone.

    It can start no program then, listen nowhere, write no file, reach no Unix socket, and see no other process. The
    thread that calls it must be the only one.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not sys.platform.startswith("linux"):
        return
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)  # it ends with the engine in any case
    libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    _restrict(libc, [*_SYSTEM, *_of_python()], (port, _DNS))
    _filter_calls(libc)


def landlock_version() -> int:
    """The ABI of the kernel's Landlock; less than 1: it has none. That of Linux 6.12 keeps signals apart, too (6)."""
    return int(ctypes.CDLL(None).syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1))


def _of_python() -> set[str]:
    return {*sysconfig.get_paths().values(), sys.prefix, sys.base_prefix, *filter(os.path.isabs, sys.path)} - {"/"}


def _restrict(libc: ctypes.CDLL, readable: Iterable[str], ports: Iterable[int]) -> None:
    if (version := landlock_version()) < 1:
        return
    files = (1 << (13 if version < 2 else 14 if version < 3 else 15 if version < 5 else 16)) - 1
    handled = struct.pack("=QQQ", files, 0b11 if version >= 4 else 0, 0b11 if version >= 6 else 0)
    known = 8 if version < 4 else 16 if version < 6 else 24
    rules = libc.syscall(_CREATE_RULESET, handled, ctypes.c_size_t(known), 0)
    for path in readable:
        with suppress(OSError):
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            allowed = _READ if stat.S_ISDIR(os.fstat(place).st_mode) else 1 << 2
            libc.syscall(_ADD_RULE, rules, 1, struct.pack("=Qi", allowed, place), 0)
            os.close(place)
    if version >= 4:
        for port in ports:
            libc.syscall(_ADD_RULE, rules, 2, struct.pack("=QQ", _CONNECT, port), 0)
    libc.syscall(_RESTRICT_SELF, rules, 0)
    os.close(rules)


def _filter_calls(libc: ctypes.CDLL) -> None:
    """Landlock leaves Unix sockets of the file system alone (the engine's own is one), and ports that nobody chose."""
    if platform.machine() not in _ARCHITECTURES:
        return
    architecture, new_socket, listen = _ARCHITECTURES[platform.machine()]
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06
    steps = [
        (load, 0, 0, 4),  # the architecture
        (equal, 0, 8, architecture),
        (load, 0, 0, 0),  # the number of the call
        (at_least, 6, 0, 0x40000000),  # x32
        (equal, 5, 0, _IO_URING_SETUP),  # it makes sockets, too
        (equal, 4, 0, listen),
        (equal, 0, 2, new_socket),
        (load, 0, 0, 16),  # its first argument
        (equal, 1, 0, int(socket.AF_UNIX)),
        (answer, 0, 0, _ALLOW),
        (answer, 0, 0, _REFUSE),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    program = struct.pack("@HP", len(steps), ctypes.addressof(code))
    libc.prctl(_SET_SECCOMP, _FILTER, program, 0, 0)
