"""Runs a command as on a machine that has nothing of ours: ``python -m tests.release.alone DIRECTORY COMMAND…``.

It has loopback alone, a home and a search path, and starts in `DIRECTORY`; root becomes another user.
"""

import ctypes
import fcntl
import os
import shutil
import socket
import struct
import sys
from pathlib import Path

STRANGER = 54321
"""A user without an entry and without a home."""

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # of clone(2)
_SET_FLAGS, _UP = 0x8914, 1  # netdevice(7)


def interpreter() -> Path:
    """This version of Python, where every user can run it."""
    name = "python{}.{}".format(*sys.version_info[:2])
    return Path(shutil.which(name, path="/usr/bin:/usr/local/bin") or sys.executable).resolve()


def is_stranger(program: Path) -> bool:
    """Whether another user can take over."""
    return os.geteuid() == 0 and all(each.stat().st_mode & 0o005 == 0o005 for each in (program, *program.parents))


def main(directory: str, *command: str) -> None:
    root = os.geteuid() == 0
    if ctypes.CDLL(None, use_errno=True).unshare(_NEW_NETWORK | (0 if root else _NEW_USER)):
        sys.exit(f"no network of its own: {os.strerror(ctypes.get_errno())}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP))
    if is_stranger(interpreter()):
        os.setgroups([])
        os.setresgid(STRANGER, STRANGER, STRANGER)
        os.setresuid(STRANGER, STRANGER, STRANGER)
    os.chdir(directory)
    environment = {"HOME": directory, "TMPDIR": directory, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    os.execve(command[0], command, environment | {each: os.environ[each] for each in ("TERM",) if each in os.environ})


if __name__ == "__main__":
    main(*sys.argv[1:])
