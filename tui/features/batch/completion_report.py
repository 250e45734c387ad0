"""The completion report of a job: a ``manifest.json`` that names CSV files, read in ranges.

Amazon S3 user guide, "Examples: S3 Batch Operations completion reports". The order of the columns is the manifest's.
"""

from __future__ import annotations

import asyncio
import codecs
import csv
import hashlib
import io
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from itertools import islice

import msgspec
from msgspec import Struct

from tui.core.location import Location
from tui.core.naming import counted
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.batch.manifest_keys import decoded
from tui.stores.base import Store

READ_AT_ONCE = 4 * 1024 * 1024
"""Bytes of a file that one request reads."""

MOST_MANIFEST = 64 * 1024 * 1024

ROWS_AT_ONCE = 2000

LONGEST_ROW = 1024 * 1024
"""Characters of a row."""

_DIGITS = 3
"""Of an HTTP status."""


class CompletionReportFile(Struct, frozen=True, rename="pascal"):
    """A file of a report: the rows of succeeded or of failed tasks."""

    bucket: str
    key: str
    MD5Checksum: str = ""


class ReportManifest(Struct, frozen=True, rename="pascal"):
    """The ``manifest.json`` of a report, as far as it is read."""

    report_schema: str
    results: list[CompletionReportFile] = []
    format: str = ""

    @property
    def columns(self) -> list[str]:
        return [each.strip() for each in self.report_schema.split(",")]


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One task; `code` and `status` (HTTP) of what S3 answered, `message` in its words."""

    key: str
    version: str
    succeeded: bool
    code: str
    status: int
    message: str


def report_place(prefix: str, bucket: str, job: str) -> Location:
    """Where the manifest of a job's report is; `prefix` as CreateJob has it."""
    folder = f"{prefix}/" if prefix else ""
    return Location(bucket, f"{folder}job-{job}/manifest.json")


async def read_report_manifest(store: Store, place: Location) -> ReportManifest | None:
    """The manifest of a report; None: there is no report. Raises `ProblemError`."""
    try:
        head = await store.head(place.bucket, place.key)
    except ProblemError as error:
        if error.problem.kind is ProblemKind.NO_SUCH_KEY:
            return None
        raise
    if head.size > MOST_MANIFEST:
        raise _unusable(place, f"it has {counted(head.size, 'byte')}")
    content = await store.read(place.bucket, place.key, etag=head.etag, start=0, length=head.size)
    try:
        return msgspec.json.decode(content, type=ReportManifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _unusable(place, f"it is not a manifest of a completion report: {error}") from error


async def report_rows(
    store: Store, manifest: ReportManifest, file: CompletionReportFile
) -> AsyncGenerator[list[ReportRow]]:
    """The rows of one file, some at a time. Raises `ProblemError`, at the end also for a file that is damaged."""
    place = Location(file.bucket, file.key)
    head = await store.head(file.bucket, file.key)
    decoder, digest, rest = codecs.getincrementaldecoder("utf-8")(), hashlib.md5(usedforsecurity=False), ""
    for start in range(0, head.size, READ_AT_ONCE):
        length = min(READ_AT_ONCE, head.size - start)
        content = await store.read(file.bucket, file.key, etag=head.etag, start=start, length=length)
        digest.update(content)
        last = start + length == head.size
        try:
            text = rest + decoder.decode(content, final=last)
        except UnicodeDecodeError as error:
            raise _unusable(place, f"it is not UTF-8: {error.reason}") from error
        whole, rest = (text, "") if last else _whole_rows(text)
        if len(rest) > LONGEST_ROW:
            raise _unusable(place, f"a row has more than {LONGEST_ROW:,} characters")
        try:
            every = _rows(place, manifest, whole)
            while rows := list(islice(every, ROWS_AT_ONCE)):
                yield rows
                await asyncio.sleep(0)  # four megabytes are many rows, and others wait for the loop
        except csv.Error as error:
            raise _unusable(place, f"it is not CSV: {error}") from error
    if file.MD5Checksum and digest.hexdigest() != file.MD5Checksum.lower():
        raise _unusable(place, "its MD5 is not the one that the manifest has")


def _whole_rows(text: str) -> tuple[str, str]:
    """The rows that end in this text, and the beginning of the next one. Messages may have line breaks in quotes."""
    end = at = quotes = 0
    for line in text.split("\n")[:-1]:
        at += len(line) + 1
        quotes += line.count('"')
        if quotes % 2 == 0:
            end = at
    return text[:end], text[end:]


def _rows(place: Location, manifest: ReportManifest, text: str) -> Iterator[ReportRow]:
    names = manifest.columns
    try:
        key, version, state, code, status, message = (
            names.index(name)
            for name in ("Key", "VersionId", "TaskStatus", "ErrorCode", "HTTPStatusCode", "ResultMessage")
        )
    except ValueError as error:
        raise _unusable(place, f"its columns are {manifest.report_schema}") from error
    for row in csv.reader(io.StringIO(text, newline="")):
        if not row:
            continue
        if len(row) != len(names):
            raise _unusable(place, f"a row has {counted(len(row), 'column')}, not {len(names)}")
        answered, said = row[status], row[code]
        if said.isdecimal() and not answered.isdecimal():
            answered, said = said, answered  # so it is in the rows that AWS shows, whatever its schema says
        yield ReportRow(
            decoded(row[key]),
            row[version],
            row[state] == "succeeded",
            said,
            int(answered) if answered.isdecimal() and len(answered) <= _DIGITS else 0,
            row[message],
        )


def _unusable(place: Location, why: str) -> ProblemError:
    title, remedy = "the completion report cannot be used", "check the job in S3; a retry copies the missing objects"
    return ProblemError(Problem(ProblemKind.INVALID, title, why, remedy, resource=place.uri))
