"""What a reader may not do, said by itself before it sees the first byte of a content."""

from __future__ import annotations

import ctypes
import os
import resource
import struct
import time
from contextlib import suppress

from tui.reader.walls import LINUX, close_paths, end_with_parent, gain_no_privileges, limit

MOST_MEMORY = 560 << 20
"""Bytes of address space: more than a reader can have in memory."""

PROCESSOR_SECONDS = 5
"""Seconds of the processor between two messages."""

# include/uapi/linux: sched.h, capability.h
_NEWUSER, _NEWNET = 0x10000000, 0x40000000
_CAPABILITIES = 0x20080522


def leave_everything() -> None:
    """End with the parent; have no privileges, and, where the kernel lets, no network and no other process to look at.

    Before there is a second thread: a namespace of users is for a process with one.
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
    """Open nothing any more, no file and no socket, and have no more memory. After everything has been imported."""
    close_paths()
    for what in (resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
        limit(what, 0)
    limit(resource.RLIMIT_AS, MOST_MEMORY)


def begin_step() -> None:
    """From now on so many seconds of the processor, then the kernel ends this process."""
    with suppress(ValueError, OSError):
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + PROCESSOR_SECONDS, most))
