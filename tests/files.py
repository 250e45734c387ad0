"""What is done with files beside an event loop, which must not wait for them itself."""

import stat
from pathlib import Path


def content(path: Path) -> bytes:
    return path.read_bytes()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def link(path: Path, target: Path) -> None:
    path.symlink_to(target)
