"""Directories that go with the process which made them; those of a process that was killed go with the next one."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "xs3-tui-"

EDIT, DEMO = "edit", "demo"
"""What a directory is for."""

YOUNG = 60.0
"""Seconds: a directory that is younger may not be locked yet."""


@contextmanager
def scratch_directory(kind: str) -> Iterator[tuple[Path, int]]:
    """A new private directory in ``TMPDIR``, and a descriptor that locks it, for programs that outlive this one."""
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{kind}-") as name, _opened(name) as descriptor:
        with suppress(OSError):  # a file system without locks: it is removed by this process or by nobody
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield Path(name), descriptor


def left_directories(kind: str) -> Iterator[Path]:
    """The directories of this kind that no process has any more; each is locked until the next one is asked for."""
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in [entry for entry in entries if entry.name.startswith(f"{PREFIX}{kind}-")]:
            with suppress(OSError), _opened(entry.path) as descriptor:
                facts = os.fstat(descriptor)
                if facts.st_uid == os.getuid() and time.time() - facts.st_mtime > YOUNG:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    yield Path(entry.path)


@contextmanager
def _opened(directory: str) -> Iterator[int]:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
