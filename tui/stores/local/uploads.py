"""Files that come in parts: written beside their place, noted part by part, and moved there when they are whole."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress

from tui.model.location import DELIMITER, LOCAL_BUCKET, Location
from tui.model.problem import ProblemError, ProblemKind
from tui.stores.base import Completed, IncompleteUpload, ObjectAttributes, Part
from tui.stores.local.directories import WRITE, Way, parent_of, remove_made
from tui.stores.local.failures import disk_problem, mapped, refusal
from tui.stores.local.files import differs, finish_file, look_at_target, pin_of, publish, read_range, write_range
from tui.stores.local.keys import steps_of
from tui.stores.local.leftovers import data_name, note_name, read_leftover
from tui.stores.local.listing import leftovers_below
from tui.stores.local.notes import Begun, Noted, begin_notes, note_part, read_notes

LIST_PARTS = "list parts"


def create(bucket: str, key: str, attributes: ObjectAttributes) -> str:
    """Begin a file; returns the upload's id. What stands in its way is found out now."""
    way = Way(key, steps_of(bucket, key, WRITE), attributes.below)
    if not key or key.endswith(DELIMITER):
        raise refusal(f"{Location(bucket, key).path} is a directory", "", "choose another target", WRITE, key)
    upload = secrets.token_hex(8)
    with mapped(WRITE, key), parent_of(way, make=True) as parent:
        look_at_target(parent, way)
        begun = Begun(key, attributes.below, attributes.modified, parent.made, time.time())
        try:
            begin_notes(note_name(parent.name, upload), parent.fd, begun)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            os.close(os.open(data_name(parent.name, upload), flags, 0o600, dir_fd=parent.fd))
            parent.sync()
        except BaseException:
            _remove(_paths(key, upload))
            raise
    return upload


def write_part(bucket: str, key: str, upload: str, number: int, body: bytes, start: int, md5: str = "") -> Part:
    """Write a part at its place; its ETag is the MD5 of what the file then holds there, read back.

    Raises `ProblemError` of kind MISMATCH if that is not `md5` (hexadecimal; empty: not known).
    """
    steps_of(bucket, key, WRITE)
    data, notes = _paths(key, upload)
    with mapped(WRITE, key):
        try:
            fd = os.open(data, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError as error:
            raise _gone(key, upload, WRITE) from error
        try:
            write_range(fd, body, start)
            os.fsync(fd)
            digest = hashlib.md5(read_range(fd, start, len(body)), usedforsecurity=False).hexdigest()
        finally:
            os.close(fd)
        if md5 and digest != md5:
            raise ProblemError(differs(key))
        part = Noted(number, start, len(body), f'"{digest}"')
        note_part(notes, part)
    return Part(number, part.etag, size=part.size)


def parts(bucket: str, key: str, upload: str) -> list[Part]:
    """The parts that are on the disk, by number."""
    steps_of(bucket, key, LIST_PARTS)
    return [Part(one.number, one.etag, size=one.size) for one in _known(key, upload, LIST_PARTS)[1]]


def _known(key: str, upload: str, operation: str) -> tuple[Begun, list[Noted]]:
    """The order, and the noted parts that the file is long enough to hold."""
    data, notes = _paths(key, upload)
    with mapped(operation, key):
        try:
            size = os.lstat(data).st_size
            begun, noted = read_notes(notes, operation, key)
        except FileNotFoundError as error:
            raise _gone(key, upload, operation) from error
    return begun, [noted[number] for number in sorted(noted) if noted[number].start + noted[number].size <= size]


def complete(bucket: str, key: str, upload: str, made: Sequence[Part], *, only_new: bool) -> Completed:
    """Make the parts a file: all of it on the disk before it gets its name. Once more finds it complete."""
    steps = steps_of(bucket, key, WRITE)
    try:
        begun, noted = _known(key, upload, WRITE)
    except ProblemError as error:
        pin = _already(key, made) if error.problem.kind is ProblemKind.NO_SUCH_KEY else ""
        if pin:
            return Completed(pin)
        raise
    size = _covered(key, made, noted)
    _, notes = _paths(key, upload)
    way = Way(key, steps, begun.below)
    with mapped(WRITE, key), parent_of(way, make=False) as parent:
        mode = look_at_target(parent, way)
        name = data_name(parent.name, upload)
        fd = os.open(name, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=parent.fd)
        try:
            if os.fstat(fd).st_size != size:
                raise _incomplete(key, f"the file has {os.fstat(fd).st_size:,} bytes, its parts {size:,}")
            pin = finish_file(fd, mode, begun.modified)
        finally:
            os.close(fd)
        publish(parent, name, only_new=only_new)
        with suppress(FileNotFoundError):
            os.unlink(notes)  # all paths here are texts
    return Completed(pin)


def _already(key: str, made: Sequence[Part]) -> str:
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


def _covered(key: str, made: Sequence[Part], noted: list[Noted]) -> int:
    """How many bytes the parts cover from the start, without a gap; each must be the one that was noted."""
    known = {part.number: part for part in noted}
    covered = 0
    for part in sorted(made, key=lambda part: part.number):
        one = known.get(part.number)
        if one is None or one.etag != part.etag:
            raise _incomplete(key, f"part {part.number} is not the one that was written")
        if one.start != covered:
            raise _incomplete(key, f"part {part.number} begins at {one.start:,}, not at {covered:,}")
        covered += one.size
    return covered


def _incomplete(key: str, cause: str) -> ProblemError:
    path = Location(LOCAL_BUCKET, key).path
    return refusal(f"the parts of {path} make no file", cause, "abort the upload and copy again", WRITE, key)


def abort(bucket: str, key: str, upload: str) -> None:
    """Remove what was written, and the directories that were made for it if nothing else came into them."""
    steps_of(bucket, key, WRITE)
    data, notes = _paths(key, upload)
    made: list[str] = []
    with suppress(OSError, ProblemError):  # without notes there is the file to remove all the same
        made = read_notes(notes, WRITE, key)[0].made
    with mapped(WRITE, key):
        _remove((data, notes))
    remove_made(made)


def _remove(paths: tuple[str, str]) -> None:
    for path in paths:
        with suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(path)  # all paths here are texts


def unfinished(bucket: str, prefix: str) -> list[IncompleteUpload]:
    """The unfinished files whose keys begin with `prefix`, by key."""
    found: dict[tuple[str, str], IncompleteUpload] = {}
    for directory, name in leftovers_below(bucket, prefix):
        if read := read_leftover(name):
            one = _described(directory, *read)
            if one and one.key.startswith(prefix):
                found[one.key, one.upload] = one
    return sorted(found.values(), key=lambda one: (one.key, one.upload))


def _described(directory: str, name: str, upload: str) -> IncompleteUpload | None:
    """An unfinished file by its notes; by its own name and time where there are none."""
    key = directory + name
    data, notes = _paths(key, upload)
    with suppress(OSError, ProblemError):
        begun, _ = read_notes(notes, LIST_PARTS, key)
        return IncompleteUpload(begun.key, upload, begun.began)
    for path in (data, notes):
        with suppress(OSError):
            return IncompleteUpload(key, upload, os.lstat(path).st_mtime)
    return None  # it was finished meanwhile


def _paths(key: str, upload: str) -> tuple[str, str]:
    """Where the bytes and the notes of an upload are."""
    directory, _, name = Location(LOCAL_BUCKET, key).path.rpartition(DELIMITER)
    return f"{directory}/{data_name(name, upload)}", f"{directory}/{note_name(name, upload)}"


def _gone(key: str, upload: str, operation: str) -> ProblemError:
    path = Location(LOCAL_BUCKET, key).path
    return ProblemError(
        disk_problem(
            ProblemKind.NO_SUCH_KEY,
            f"the unfinished file of {path} is gone",
            f"nothing is known of its upload {upload}",
            "copy again",
            operation,
            key,
        )
    )
