"""What is known of a file that comes in parts, kept beside it: it tells the truth after a crash.

The first line says what is to become of the file, each further one names a part whose bytes are on the disk. A line
is JSON between line ends: one that a crash has cut is passed over.
"""

from __future__ import annotations

import os

import msgspec
from msgspec import Struct

from tui.stores.local.failures import refusal


class Begun(Struct, frozen=True):
    """The order: `key` and `below` as in `Store.create_upload`, times in seconds since the epoch.

    `made` are the paths of the directories that were made for it, outermost first.
    """

    key: str
    below: str
    modified: float | None
    made: list[str]
    began: float


class Noted(Struct, frozen=True):
    """A part that is on the disk: its bytes from `start`, and their MD5 as an ETag."""

    number: int
    start: int
    size: int
    etag: str


def begin_notes(name: str, directory: int, begun: Begun) -> None:
    """Make the notes of a new upload in an open directory, on the disk when it returns."""
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=directory)
    _append(fd, begun)


def note_part(path: str, part: Noted) -> None:
    """Note a part whose bytes are on the disk; on the disk when it returns. Raises `OSError` if there are no notes."""
    _append(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW), part)


def _append(fd: int, line: Begun | Noted) -> None:
    try:
        os.write(fd, b"\n" + msgspec.json.encode(line) + b"\n")
        os.fsync(fd)
    finally:
        os.close(fd)


def read_notes(path: str, operation: str, key: str) -> tuple[Begun, dict[int, Noted]]:
    """The order and the parts by number. Raises `OSError`, or `ProblemError` for notes whose first line was cut."""
    with open(path, "rb") as notes:  # all paths here are texts
        lines = [line for line in notes.read().split(b"\n") if line]
    try:
        begun = msgspec.json.decode(lines[0] if lines else b"", type=Begun)
    except msgspec.MsgspecError as error:
        title = f"the notes of an unfinished file cannot be read: {path}"
        raise refusal(title, str(error), "abort the upload and copy again", operation, key) from error
    parts: dict[int, Noted] = {}
    for line in lines[1:]:
        if part := _part(line):
            parts[part.number] = part
    return begun, parts


def _part(line: bytes) -> Noted | None:
    try:
        return msgspec.json.decode(line, type=Noted)
    except msgspec.MsgspecError:
        return None
