"""Names on disk: keys as paths, entries of directories, files that are not whole yet."""

from __future__ import annotations

import os
import re
import stat
from enum import Enum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from tui.core.location import DELIMITER, LOCAL_BUCKET, Location
from tui.core.naming import counted
from tui.core.problem import ProblemError
from tui.stores.local.disk_errors import mapped, refusal


class DiskEntryKind(Enum):
    """What an entry is, links followed, in words that explain why it is not among the objects."""

    FILE = "a file"
    DIRECTORY = "a directory"
    UNFINISHED = "a partial file (see xs3-tui uploads)"
    LINK_TO_DIRECTORY = "a symbolic link to a directory (not followed)"
    LOOSE_LINK = "a broken symbolic link"
    SOCKET = "a socket"
    PIPE = "a named pipe"
    DEVICE = "a device"


def what_is(entry: os.DirEntry[str]) -> DiskEntryKind:
    """The kind of an entry. One that is gone by now, or may not be looked at, is taken for what its name was."""
    if entry.is_dir(follow_symlinks=False):
        return DiskEntryKind.DIRECTORY
    try:
        if entry.is_file(follow_symlinks=False) and _PARTIAL.fullmatch(entry.name):
            return DiskEntryKind.UNFINISHED
        if entry.is_file():  # asks the disk for links alone
            return DiskEntryKind.FILE
        mode = entry.stat().st_mode
    except OSError:
        return DiskEntryKind.LOOSE_LINK if entry.is_symlink() else DiskEntryKind.FILE
    if stat.S_ISDIR(mode):
        return DiskEntryKind.LINK_TO_DIRECTORY
    if stat.S_ISSOCK(mode):
        return DiskEntryKind.SOCKET
    return DiskEntryKind.PIPE if stat.S_ISFIFO(mode) else DiskEntryKind.DEVICE


class DiskEntry(Struct, frozen=True):
    """A file or directory: `size` in bytes (None of a directory), `modified` in seconds since the epoch.

    `mode` as ``ls -l`` writes it, with the octal form; `leads_to` is where a symbolic link leads, else empty.
    """

    path: str
    size: int | None
    modified: float
    mode: str
    leads_to: str = ""


def describe(bucket: str, key: str) -> DiskEntry:
    """Describe the entry at a key; raises `ProblemError` if there is none, or it may not be looked at."""
    steps_of(bucket, key, "stat")
    path = Location(bucket, key).path
    bare = path.rstrip(DELIMITER) or DELIMITER
    with mapped("stat", key):
        status = os.stat(bare)
        is_link = stat.S_ISLNK(os.lstat(bare).st_mode)
    return DiskEntry(
        path=path,
        size=None if stat.S_ISDIR(status.st_mode) else status.st_size,
        modified=status.st_mtime,
        mode=f"{stat.filemode(status.st_mode)} ({stat.S_IMODE(status.st_mode):04o})",
        leads_to=os.path.realpath(bare) if is_link else "",
    )


# Which keys are paths of this disk: what a key of S3 may be and a path cannot is refused by name, never bent.


def steps_of(bucket: str, key: str, operation: str) -> list[str]:
    """The names on the way from ``/`` to a key, without the last ``/`` of a directory's.

    Raises `ProblemError` of kind INVALID for a key that no path of this disk can be: it would lead elsewhere.
    """
    if bucket != LOCAL_BUCKET:
        raise _refused(f"{bucket!r} is not a file system of this machine", "write file:///path", operation, key)
    steps = key.removesuffix(DELIMITER).split(DELIMITER) if key else []
    for step in steps:
        if why := _unfit(step):
            raise _refused(why, "rename the object, or copy it alone under another name", operation, key)
    return steps


def refuse_partial_name(key: str, operation: str) -> None:
    """Raise `ProblemError` for a key to be written whose file would be taken for an unfinished one of ours."""
    if _PARTIAL.fullmatch(key.rpartition(DELIMITER)[2].casefold()):  # some file systems fold case
        why = "its name looks like one of xs3-tui's partial files"
        raise _refused(why, "rename the object, or copy it alone under another name", operation, key)


def _unfit(step: str) -> str:
    if not step:
        return "its key has an empty level (“//”, or “/” at the start), which a path cannot have"
    if step in (".", ".."):
        return f"its key has “{step}”, which would lead to another directory"
    if "\0" in step:
        return "its key has a NUL, which no path can have"
    try:
        size = len(step.encode())
    except UnicodeEncodeError:
        return f"the name {step!r} is not UTF-8"
    if size > MAX_NAME_BYTES:
        return f"one of its names has {counted(size, 'byte')}; the limit is {MAX_NAME_BYTES}"
    return ""


def _refused(why: str, remedy: str, operation: str, key: str) -> ProblemError:
    title = f"{Location(LOCAL_BUCKET, key).uri} cannot be stored on this disk"
    return refusal(title, why, remedy, operation, key)


# The two files of an unfinished upload: ``.NAME.xs3-tui-ID.part`` with the bytes, ``….noted`` with the record of them.
#
# The record is right after a crash, too. Its first line names the file that the upload makes, each further line a part
# whose bytes are on the disk. A line is JSON between line ends; one that a crash has cut is skipped.

MAX_NAME_BYTES = 255
"""Longest name in bytes on the file systems of Linux and macOS (NAME_MAX); those that take less say so themselves."""

_PARTIAL = re.compile(r"\.(?P<name>.*)\.xs3-tui-(?P<upload>[0-9a-f]{16})\.(?:part|noted)", re.DOTALL)
_UPLOAD = re.compile(r"[0-9a-f]{16}")
_AROUND = len(".") + len(".xs3-tui-") + 16 + len(".noted")


def data_name(name: str, upload: str) -> str:
    """Where the bytes of a file called `name` are written; a long name is cut."""
    return f".{_cut(name)}.xs3-tui-{upload}.part"


def record_name(name: str, upload: str) -> str:
    return f".{_cut(name)}.xs3-tui-{upload}.noted"


def is_upload(text: str) -> bool:
    return _UPLOAD.fullmatch(text) is not None


def split_partial_name(name: str) -> tuple[str, str] | None:
    """The (perhaps cut) name of the file to be and the upload's id; None for any other file."""
    found = _PARTIAL.fullmatch(name)
    return (found["name"], found["upload"]) if found else None


def _cut(name: str) -> str:
    return name.encode()[: MAX_NAME_BYTES - _AROUND].decode(errors="ignore")


MAX_BYTES = 16 << 20
"""A record is no longer than this: 10,000 parts, each recorded ten times, take less."""

FIRST_LINE = 4 << 20
"""The first line is in so many bytes: a key, and the paths of the directories on the way to it."""


Seconds = Annotated[float, Meta(ge=-1e11, le=1e11)]
"""Since the epoch, within the years that a file's time can be in."""


class UploadStart(Struct, frozen=True):
    """What an upload makes: `key` and `below` as in `Store.create_upload`, times in seconds since the epoch.

    `made` are the paths of the directories that were made for it, outermost first.
    """

    key: str
    below: str
    modified: Seconds | None
    made: list[str]
    began: Seconds


class RecordedPart(Struct, frozen=True):
    """A part that is on the disk: its bytes from `start`, and their MD5 as an ETag."""

    number: Annotated[int, Meta(ge=1)]
    start: Annotated[int, Meta(ge=0)]
    size: Annotated[int, Meta(ge=0)]
    etag: str


def start_record(name: str, directory: int, begun: UploadStart) -> None:
    """Make the record of a new upload in an open directory, on the disk when it returns."""
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=directory)
    try:
        _append(fd, begun)
    finally:
        os.close(fd)


def record_part(fd: int, part: RecordedPart) -> None:
    """Record a part that is on the disk; `fd` is the record, open for appending. On the disk when it returns."""
    _append(fd, part)


def _append(fd: int, line: UploadStart | RecordedPart) -> None:
    os.write(fd, b"\n" + msgspec.json.encode(line) + b"\n")
    os.fsync(fd)


def read_start(fd: int, path: str, operation: str, key: str) -> UploadStart:
    """The start of this record; raises as `read_record` does."""
    return _begun(_lines(fd, path, operation, key, FIRST_LINE), path, operation, key)


def read_record(fd: int, path: str, operation: str, key: str) -> tuple[UploadStart, dict[int, RecordedPart]]:
    """Start and parts by number. Raises `OSError`, and `ProblemError` for a record whose first line was cut."""
    lines = _lines(fd, path, operation, key, MAX_BYTES)
    begun = _begun(lines, path, operation, key)
    parts: dict[int, RecordedPart] = {}
    for line in lines[1:]:
        if part := _part(line):
            parts[part.number] = part
    return begun, parts


def _lines(fd: int, path: str, operation: str, key: str, at_most: int) -> list[bytes]:
    if os.fstat(fd).st_size > MAX_BYTES:
        raise _unreadable(path, f"it is longer than {MAX_BYTES:,} bytes", operation, key)
    return [line for line in os.pread(fd, min(at_most, os.fstat(fd).st_size), 0).split(b"\n") if line]


def _begun(lines: list[bytes], path: str, operation: str, key: str) -> UploadStart:
    try:
        return msgspec.json.decode(lines[0] if lines else b"", type=UploadStart)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise _unreadable(path, str(error), operation, key) from error


def _unreadable(path: str, cause: str, operation: str, key: str) -> ProblemError:
    title = f"the record of an unfinished file cannot be read: {path}"
    return refusal(title, cause, "abort the upload and copy again", operation, key)


def _part(line: bytes) -> RecordedPart | None:
    try:
        return msgspec.json.decode(line, type=RecordedPart)
    except (msgspec.MsgspecError, RecursionError):
        return None
