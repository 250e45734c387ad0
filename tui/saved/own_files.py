"""Our own files; directories that are removed with their process."""

from __future__ import annotations

import fcntl
import logging
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import msgspec
import platformdirs
from msgspec import Struct

from tui.core.location import Location
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.link.engine_paths import APP_NAME, unwritable
from tui.link.private_files import read_private, replace_private

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


T = TypeVar("T", bound=Struct)

BROKEN = ".broken"
"""Suffix of the new name of a damaged file."""

log = logging.getLogger(__name__)


def read(path: Path, kind: type[T]) -> T:
    """The content of `path`; an empty `kind` if it is missing, unreadable or damaged. A damaged file is renamed.

    Ignores fields that `kind` does not have: another version may have written them.
    """
    try:
        return _content(path, kind)
    except OSError as error:
        log.warning("%s cannot be read: %s", path, error)
        return kind()


def read_to_change(path: Path, kind: type[T]) -> T:
    """As `read`, before a replacement; raise `ProblemError` for an unreadable file: its content would be lost."""
    try:
        return _content(path, kind)
    except OSError as error:
        raise unwritable(path, error) from error


def _content(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(read_private(path), type=kind)
    except FileNotFoundError:
        return kind()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        log.warning("%s is damaged and was renamed: %s", path, error)
        with suppress(OSError):
            path.replace(path.with_name(path.name + BROKEN))
    return kind()


def write(path: Path, value: Struct) -> None:
    """Replace `path` by `value`, for this user only; raise `ProblemError`."""
    try:
        replace_private(path, msgspec.json.format(msgspec.json.encode(value)) + b"\n")
    except UnicodeEncodeError as error:
        title = f"{path} cannot store a name that is not UTF-8"
        raise ProblemError(Problem(ProblemKind.INVALID, title, remedy="go to another directory")) from error
    except OSError as error:
        raise unwritable(path, error) from error


MOST_KEPT = 200


class _HistoryFile(Struct, frozen=True):
    locations: list[Location] = []


def history_file() -> Path:
    """Where they are kept (XDG state); it need not exist."""
    return Path(platformdirs.user_state_path(APP_NAME)) / "history.json"


def read_history(path: Path) -> list[Location]:
    """All of them; none from a file that is not there or cannot be read."""
    return read(path, _HistoryFile).locations


def add_to_history(path: Path, location: Location) -> None:
    """Put one in front; raise `ProblemError`."""
    known = [each for each in read_to_change(path, _HistoryFile).locations if each != location]
    write(path, _HistoryFile([location, *known][:MOST_KEPT]))
