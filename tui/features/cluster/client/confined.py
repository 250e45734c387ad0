"""Confines the process of Dask's client before it contacts the network: files, programs, sockets and processes.

With Landlock and seccomp, as far as the kernel has them; outside Linux there is little. Seccomp numbers and layouts are
those of ``include/uapi/linux``: seccomp.h, filter.h, audit.h.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import socket
import struct
import sys
import sysconfig

from tui.reader.confinement import LINUX, close_paths, end_with_parent, gain_no_privileges, limit

MOST_MEMORY = 4 << 30
"""Bytes of address space: Dask and TLS need a tenth of it."""

_SYSTEM = (
    *("/usr", "/lib", "/lib64", "/etc", "/run/systemd/resolve", "/sys", "/dev/null", "/dev/urandom"),
    *("/proc/self", "/proc/stat", "/proc/meminfo", "/proc/cpuinfo"),  # nothing of other processes
)
_DNS = 53
_SET_SECCOMP, _FILTER = 22, 2
_ARCHITECTURES = {"x86_64": (0xC000003E, 41, 50), "aarch64": (0xC00000B7, 198, 201)}
"""AUDIT_ARCH_…, and the numbers of socket(2) and listen(2)."""
_IO_URING_SETUP = 425
_REFUSE, _ALLOW = 0x00050000 | 13, 0x7FFF0000


def confine(port: int) -> None:
    """Leave this process only Python's files, and new connections to this port and to name servers.

    Then it cannot start programs, listen, write files, reach Unix sockets, or see other processes. It must have only
    one thread.
    """
    limit(resource.RLIMIT_CORE, 0)
    if not LINUX:
        return
    limit(resource.RLIMIT_AS, MOST_MEMORY)
    gain_no_privileges()
    end_with_parent()
    python = {*sysconfig.get_paths().values(), sys.prefix, sys.base_prefix, *filter(os.path.isabs, sys.path)} - {"/"}
    close_paths([*_SYSTEM, *python], (port, _DNS))
    _filter_calls()


def _filter_calls() -> None:
    """Landlock restricts neither Unix sockets in the file system (such as the engine's) nor listening on any port."""
    if platform.machine() not in _ARCHITECTURES:
        return
    architecture, new_socket, listen = _ARCHITECTURES[platform.machine()]
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06
    steps = [
        (load, 0, 0, 4),  # the architecture
        (equal, 0, 8, architecture),
        (load, 0, 0, 0),  # the number of the call
        (at_least, 6, 0, 0x40000000),  # x32
        (equal, 5, 0, _IO_URING_SETUP),  # can create sockets, too
        (equal, 4, 0, listen),
        (equal, 0, 2, new_socket),
        (load, 0, 0, 16),  # its first argument
        (equal, 1, 0, int(socket.AF_UNIX)),
        (answer, 0, 0, _ALLOW),
        (answer, 0, 0, _REFUSE),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    program = struct.pack("@HP", len(steps), ctypes.addressof(code))
    ctypes.CDLL(None).prctl(_SET_SECCOMP, _FILTER, program, 0, 0)
