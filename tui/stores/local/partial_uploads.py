"""Files that come in parts: written beside their place, recorded part by part, and renamed when they are complete."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tui.core.location import DELIMITER, LOCAL_BUCKET, Location
from tui.core.naming import counted
from tui.core.problem import ProblemError, ProblemKind
from tui.stores.local import disk_names
from tui.stores.local.directories import (
    SEARCH,
    KeyDirectories,
    ParentDirectory,
    open_own,
    parent_of,
    refuse_foreign,
    remove_made,
)
from tui.stores.local.disk_errors import WRITE, disk_problem, mapped, refusal
from tui.stores.local.files import differs, finish_file, look_at_target, pin_of, publish, read_range, write_range
from tui.stores.local.local_listing import partial_files_below
from tui.stores.store_values import Completed, CompletedPart, IncompleteUpload, ObjectAttributes

LIST_PARTS = "list parts"


def create(bucket: str, key: str, attributes: ObjectAttributes) -> str:
    """Begin a file; returns the upload's id. What stands in its way is found out now."""
    way = KeyDirectories(key, disk_names.steps_of(bucket, key, WRITE), attributes.below)
    if not key or key.endswith(DELIMITER):
        raise refusal(f"{Location(bucket, key).path} is a directory", "", "choose another target", WRITE, key)
    disk_names.refuse_partial_name(key, WRITE)
    upload = secrets.token_hex(8)
    with mapped(WRITE, key), parent_of(way, make=True) as parent:
        look_at_target(parent, way)
        begun = disk_names.UploadStart(key, attributes.below, attributes.modified, parent.made, time.time())
        try:
            disk_names.start_record(disk_names.record_name(parent.name, upload), parent.fd, begun)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            os.close(os.open(disk_names.data_name(parent.name, upload), flags, 0o600, dir_fd=parent.fd))
            parent.sync()
        except BaseException:
            _remove(parent, upload)
            raise
    return upload


@contextmanager
def _found(bucket: str, key: str, upload: str, operation: str) -> Iterator[UnfinishedUpload]:
    """The upload; raises `ProblemError` of kind NO_SUCH_KEY if a file of it is missing."""
    with mapped(operation, key):
        try:
            with unfinished(bucket, key, upload, operation) as found:
                yield found
        except FileNotFoundError as error:
            raise gone(key, upload, operation) from error


def write_part(
    bucket: str, key: str, upload: str, number: int, body: bytes, start: int, md5: str = ""
) -> CompletedPart:
    """Write a part at its place; its ETag is the MD5 of what the file then has there, read back.

    Raises `ProblemError` of kind MISMATCH if that is not `md5` (hexadecimal; empty: not known).
    """
    with _found(bucket, key, upload, WRITE) as found:
        with found.open(found.data, os.O_RDWR) as fd:
            write_range(fd, body, start)
            os.fsync(fd)
            digest = hashlib.md5(read_range(fd, start, len(body)), usedforsecurity=False).hexdigest()
        if md5 and digest != md5:
            raise ProblemError(differs(key))
        part = disk_names.RecordedPart(number, start, len(body), f'"{digest}"')
        with found.open(found.record, os.O_WRONLY | os.O_APPEND) as fd:
            disk_names.record_part(fd, part)
    return CompletedPart(number, part.etag, size=part.size)


def parts(bucket: str, key: str, upload: str) -> list[CompletedPart]:
    with _found(bucket, key, upload, LIST_PARTS) as found:
        return [CompletedPart(one.number, one.etag, size=one.size) for one in _recorded(found)]


def _recorded(found: UnfinishedUpload) -> list[disk_names.RecordedPart]:
    with found.open(found.data, os.O_RDONLY) as fd:
        size = os.fstat(fd).st_size
    with found.open(found.record, os.O_RDONLY) as fd:
        recorded = disk_names.read_record(fd, found.path(found.record), found.operation, found.key)[1]
    return [recorded[number] for number in sorted(recorded) if recorded[number].start + recorded[number].size <= size]


def complete(bucket: str, key: str, upload: str, made: Sequence[CompletedPart], *, only_new: bool) -> Completed:
    """Make the parts a file: all of it on the disk before it gets its name. Once more finds it complete."""
    disk_names.steps_of(bucket, key, WRITE)
    try:
        with _found(bucket, key, upload, WRITE) as found:
            return Completed(_complete(found, made, only_new=only_new))
    except ProblemError as error:
        pin = _already(key, made) if error.problem.kind is ProblemKind.NO_SUCH_KEY else ""
        if pin:
            return Completed(pin)
        raise


def _complete(found: UnfinishedUpload, made: Sequence[CompletedPart], *, only_new: bool) -> str:
    size = _covered(found.key, made, _recorded(found))
    mode = look_at_target(found.parent, found.way)
    with found.open(found.data, os.O_RDWR) as fd:
        if os.fstat(fd).st_size != size:
            raise _incomplete(
                found.key, f"the file has {counted(os.fstat(fd).st_size, 'byte')}, its parts have {size:,}"
            )
        finish_file(fd, mode, found.begun.modified)
        pin = publish(found.parent, found.way, found.data, fd, only_new=only_new)
    with suppress(FileNotFoundError):
        os.unlink(found.record, dir_fd=found.parent.fd)
    return pin


def _already(key: str, made: Sequence[CompletedPart]) -> str:
    """The ETag of the file at the key if it is what these parts make, by the MD5 of each; else empty."""
    start = 0
    with suppress(OSError):
        fd = os.open(Location(LOCAL_BUCKET, key).path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
        try:
            for part in sorted(made, key=lambda part: part.number):
                body = read_range(fd, start, part.size)
                if f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"' != part.etag:
                    return ""
                start += part.size
            status = os.fstat(fd)
            return pin_of(status) if status.st_size == start else ""
        finally:
            os.close(fd)
    return ""


def _covered(key: str, made: Sequence[CompletedPart], recorded: list[disk_names.RecordedPart]) -> int:
    """How many bytes the parts cover from the start, without a gap; each must be the one that was recorded."""
    known = {part.number: part for part in recorded}
    covered = 0
    for part in sorted(made, key=lambda part: part.number):
        one = known.get(part.number)
        if one is None or one.etag != part.etag:
            raise _incomplete(key, f"part {part.number} is not the part that was written")
        if one.start != covered:
            raise _incomplete(key, f"part {part.number} begins at {one.start:,}, not at {covered:,}")
        covered += one.size
    return covered


def _incomplete(key: str, cause: str) -> ProblemError:
    path = Location(LOCAL_BUCKET, key).path
    return refusal(f"the parts of {path} do not form a file", cause, "abort the upload and copy again", WRITE, key)


def abort(bucket: str, key: str, upload: str) -> None:
    """Remove what was written, and the directories that were made for it if nothing else came into them.

    Files that are not one's own stay: a `ProblemError` names them.
    """
    try:
        with _found(bucket, key, upload, WRITE) as found:
            _remove_own(found.parent, upload, key)
    except ProblemError as error:
        if error.problem.kind not in (ProblemKind.NO_SUCH_KEY, ProblemKind.INVALID):
            raise
        _abort_by_name(bucket, key, upload)
    else:
        remove_made(found.way, found.begun.made)


def _abort_by_name(bucket: str, key: str, upload: str) -> None:
    """Without a record that can be read the files are removed all the same."""
    steps = disk_names.steps_of(bucket, key, WRITE)
    with (
        mapped(WRITE, key),
        suppress(FileNotFoundError, NotADirectoryError),
        parent_of(KeyDirectories(key, steps, ""), make=False) as parent,
    ):
        _remove_own(parent, upload, key)


def _remove_own(parent: ParentDirectory, upload: str, key: str) -> None:
    for name in (disk_names.data_name(parent.name, upload), disk_names.record_name(parent.name, upload)):
        refuse_foreign(name, parent.fd, beside(key, name), WRITE, key)
    _remove(parent, upload)


def _remove(parent: ParentDirectory, upload: str) -> None:
    for name in (disk_names.data_name(parent.name, upload), disk_names.record_name(parent.name, upload)):
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=parent.fd)


def listed(bucket: str, prefix: str) -> list[IncompleteUpload]:
    found: dict[tuple[str, str], IncompleteUpload] = {}
    for directory, name in partial_files_below(bucket, prefix):
        if read := disk_names.split_partial_name(name):
            one = _described(directory, *read)
            if one and one.key.startswith(prefix):
                found[one.key, one.upload] = one
    return sorted(found.values(), key=lambda one: (one.key, one.upload))


def _described(directory: str, name: str, upload: str) -> IncompleteUpload | None:
    """An unfinished file by its record; by its own name and time where that cannot be used."""
    key = directory + name
    with suppress(OSError, ProblemError), opened_record(key, upload, LIST_PARTS) as (fd, path):
        begun = disk_names.read_start(fd, path, LIST_PARTS, key)
        above, _, whole = begun.key.rpartition(DELIMITER)
        if above + DELIMITER == directory and disk_names.data_name(whole, upload) == disk_names.data_name(name, upload):
            return IncompleteUpload(begun.key, upload, begun.began)
    above = Location(LOCAL_BUCKET, directory).path
    for file in (disk_names.data_name(name, upload), disk_names.record_name(name, upload)):
        with suppress(OSError):
            return IncompleteUpload(key, upload, os.lstat(above + file).st_mtime)
    return None  # it was finished just now


@dataclass(frozen=True, slots=True)
class UnfinishedUpload:
    """An unfinished upload: `parent` is the directory of both files, `begun` the start of its record."""

    key: str
    upload: str
    operation: str
    parent: ParentDirectory
    way: KeyDirectories
    begun: disk_names.UploadStart

    @property
    def data(self) -> str:
        return disk_names.data_name(self.parent.name, self.upload)

    @property
    def record(self) -> str:
        return disk_names.record_name(self.parent.name, self.upload)

    def path(self, name: str) -> str:
        return beside(self.key, name)

    @contextmanager
    def open(self, name: str, flags: int) -> Iterator[int]:
        """Open one of the two; raises as `open_own` does."""
        fd = open_own(name, flags, self.parent.fd, self.path(name), self.operation, self.key)
        try:
            yield fd
        finally:
            os.close(fd)


@contextmanager
def unfinished(bucket: str, key: str, upload: str, operation: str) -> Iterator[UnfinishedUpload]:
    """Find an unfinished upload by its record, which names the chosen directory: no link is followed out of it.

    Raises `OSError`, and `ProblemError` for a record that is another user's or cannot be read.
    """
    steps = disk_names.steps_of(bucket, key, operation)
    if not disk_names.is_upload(upload):
        raise gone(key, upload, operation)
    with opened_record(key, upload, operation) as (fd, path):
        begun = disk_names.read_start(fd, path, operation, key)
    if begun.key != key:
        raise gone(key, upload, operation)  # they are about another file
    way = KeyDirectories(key, steps, begun.below)
    with parent_of(way, make=False) as parent:
        yield UnfinishedUpload(key, upload, operation, parent, way, begun)


@contextmanager
def opened_record(key: str, upload: str, operation: str) -> Iterator[tuple[int, str]]:
    """The record of an upload, open for reading, and its path; raises as `open_own` does."""
    above, _, name = Location(LOCAL_BUCKET, key).path.rpartition(DELIMITER)
    record = disk_names.record_name(name, upload)
    path = beside(key, record)
    directory = os.open(above or DELIMITER, SEARCH)
    try:
        fd = open_own(record, os.O_RDONLY, directory, path, operation, key)
    finally:
        os.close(directory)
    try:
        yield fd, path
    finally:
        os.close(fd)


def beside(key: str, name: str) -> str:
    return f"{Location(LOCAL_BUCKET, key).path.rpartition(DELIMITER)[0]}/{name}"


def gone(key: str, upload: str, operation: str) -> ProblemError:
    """There is no such upload (any more): kind NO_SUCH_KEY."""
    path = Location(LOCAL_BUCKET, key).path
    title = f"the partial file of {path} is gone"
    cause = f"its upload {upload} is unknown"
    return ProblemError(disk_problem(ProblemKind.NO_SUCH_KEY, title, cause, "copy again", operation, key))
