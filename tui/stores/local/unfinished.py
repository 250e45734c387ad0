"""The two files of an unfinished upload, opened in the directory that the file is to be in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tui.core.location import DELIMITER, LOCAL_BUCKET, Location
from tui.core.problem import ProblemError, ProblemKind
from tui.stores.local.beneath import SEARCH
from tui.stores.local.directories import Parent, Way, parent_of
from tui.stores.local.errors import disk_problem
from tui.stores.local.keys import steps_of
from tui.stores.local.partial_files import UploadStart, data_name, is_upload, read_start, record_name
from tui.stores.local.safe_open import open_own


@dataclass(frozen=True, slots=True)
class UnfinishedUpload:
    """An unfinished upload: `parent` is the directory of both files, `begun` the start of its record."""

    key: str
    upload: str
    operation: str
    parent: Parent
    way: Way
    begun: UploadStart

    @property
    def data(self) -> str:
        """The name of the file with the bytes."""
        return data_name(self.parent.name, self.upload)

    @property
    def record(self) -> str:
        """The name of the record."""
        return record_name(self.parent.name, self.upload)

    def path(self, name: str) -> str:
        """The path of one of the two, to be shown."""
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
    steps = steps_of(bucket, key, operation)
    if not is_upload(upload):
        raise gone(key, upload, operation)
    with opened_record(key, upload, operation) as (fd, path):
        begun = read_start(fd, path, operation, key)
    if begun.key != key:
        raise gone(key, upload, operation)  # they are about another file
    way = Way(key, steps, begun.below)
    with parent_of(way, make=False) as parent:
        yield UnfinishedUpload(key, upload, operation, parent, way, begun)


@contextmanager
def opened_record(key: str, upload: str, operation: str) -> Iterator[tuple[int, str]]:
    """The record of an upload, open for reading, and its path; raises as `open_own` does."""
    above, _, name = Location(LOCAL_BUCKET, key).path.rpartition(DELIMITER)
    record = record_name(name, upload)
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
    """The path of a file beside that of a key."""
    return f"{Location(LOCAL_BUCKET, key).path.rpartition(DELIMITER)[0]}/{name}"


def gone(key: str, upload: str, operation: str) -> ProblemError:
    """There is no such upload (any more): kind NO_SUCH_KEY."""
    path = Location(LOCAL_BUCKET, key).path
    return ProblemError(
        disk_problem(
            ProblemKind.NO_SUCH_KEY,
            f"the partial file of {path} is gone",
            f"its upload {upload} is unknown",
            "copy again",
            operation,
            key,
        )
    )
