"""A report of S3 Inventory: its ``manifest.json``, and its objects as pages."""

from __future__ import annotations

import re
from array import array
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from enum import StrEnum
from importlib.util import find_spec

import msgspec
from msgspec import Struct

from tui.core.listing import UNKNOWN_INDEX, Page
from tui.core.location import DELIMITER, Location
from tui.core.naming import counted, split_arn
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.reader.reader_messages import FoundPage, ReadReport
from tui.reader.reader_process import ReaderProcess, UnreadableError
from tui.reader.report_rows import FIELDS, VERSION
from tui.stores.base import Store
from tui.stores.operations import InventoryConfiguration

MOST_MANIFEST = 32 * 1024 * 1024
"""Bytes of a manifest that are read at most; it has about 200 for each file of a million keys."""

_PARQUET_FIELD = re.compile(r"(?:required|optional)\s+\w+\s+(\w+)")
_ORC_FIELD = re.compile(r"(\w+):")

_LONGEST_TIME = 14
"""Digits of milliseconds, up to the year 5138."""


class FileFormat(StrEnum):
    """How the files of a report are written."""

    CSV = "CSV"
    PARQUET = "Parquet"
    ORC = "ORC"


class InventoryReportFile(Struct, frozen=True):
    """A file of a report: `size` in bytes."""

    key: str
    size: int
    MD5checksum: str = ""


class Manifest(Struct, frozen=True, rename="camel"):
    """As far as it is read."""

    source_bucket: str
    destination_bucket: str
    file_format: str
    file_schema: str
    files: list[InventoryReportFile] = []
    creation_timestamp: str = "0"

    @property
    def columns(self) -> list[str]:
        match self.file_format:
            case FileFormat.PARQUET:
                return _PARQUET_FIELD.findall(self.file_schema)
            case FileFormat.ORC:
                return _ORC_FIELD.findall(self.file_schema)
            case _:
                return [each.strip() for each in self.file_schema.split(",")]

    @property
    def created(self) -> float:
        text = self.creation_timestamp
        return int(text) / 1000 if text.isdecimal() and len(text) <= _LONGEST_TIME else 0.0

    def column(self, name: str) -> str | None:
        """What a field of CSV reports (``ObjectOwner``) is called in the files of this one; None: it has none."""
        return next((each for each in self.columns if plain(each) == plain(name)), None)

    def files_in(self, location: Location) -> str:
        """The bucket of the files, whose manifest is at `location`. Raises `ValueError` for what names none."""
        return split_arn(self.destination_bucket)[0] if ":" in self.destination_bucket else location.bucket


def plain(name: str) -> str:
    """A field by whatever spelling: ``ObjectOwner`` in CSV, ``object_owner`` in Parquet and ORC."""
    return name.replace("_", "").lower()


async def read_manifest(store: Store, location: Location, bucket: str, needed: Collection[str]) -> Manifest:
    """The manifest of a report on `bucket`; raises `ProblemError` for one that cannot be used, and says why."""
    head = await store.head(location.bucket, location.key)
    if head.size > MOST_MANIFEST:
        raise unusable(location, f"it has {counted(head.size, 'byte')}")
    content = await store.read(location.bucket, location.key, etag=head.etag, start=0, length=head.size)
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
        manifest.files_in(location)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise unusable(location, f"it is not a manifest.json of S3 Inventory: {error}") from error
    if manifest.source_bucket != bucket:
        raise unusable(location, f"it is a report on {manifest.source_bucket}")
    if manifest.file_format not in list(FileFormat):
        raise unusable(location, f"its files are {manifest.file_format}; only CSV, Parquet and ORC can be read")
    if missing := [name for name in ("Bucket", "Key", *needed) if not manifest.column(name)]:
        remedy = f"configure an inventory of the bucket with the fields {', '.join(needed)}" if needed else ""
        raise unusable(location, f"it has no {' and no '.join(missing)}", remedy)
    return manifest


def unusable(location: Location, cause: str, remedy: str = "") -> ProblemError:
    title = f"the inventory report {location.uri} cannot be used"
    return ProblemError(
        Problem(ProblemKind.INVALID, title, cause, remedy or "use another report, or a listing", resource=location.uri)
    )


def damaged(report: Location, key: str, cause: str) -> ProblemError:
    title = f"a file of the inventory report {report.uri} is damaged"
    remedy = "use another report"
    return ProblemError(Problem(ProblemKind.MISMATCH, title, f"{key}: {cause}", remedy, resource=report.uri))


MANIFEST = "manifest.json"

_DATED = 4
"""Every report is in a folder of its date, such as ``2026-11-26T01-00Z/``; those of data and hive do not begin so."""


async def newest_report(store: Store, location: Location) -> tuple[Location, InventoryConfiguration]:
    """The manifest of the newest report that covers a location, and the configuration behind it.

    Lists the destination of each configuration. Raises `ProblemError` if there is none, or if it may not be read.
    """
    configured = await store.settings.inventories(location.bucket) or []
    covering = [each for each in configured if each.enabled and location.key.startswith(each.prefix)]
    found = [(dated, each) for each in covering for dated in await _dated(store, location.bucket, each)]
    for folder, configuration in sorted(found, key=lambda pair: pair[0].name, reverse=True):
        manifest = folder.child(MANIFEST)
        try:
            await store.head(manifest.bucket, manifest.key)
        except ProblemError as error:
            if error.problem.kind is not ProblemKind.NO_SUCH_KEY:
                raise
            continue  # it is still being written
        return manifest, configuration
    raise _none(location, configured, covering)


async def _dated(store: Store, bucket: str, configuration: InventoryConfiguration) -> list[Location]:
    prefix = "".join(
        f"{part}{DELIMITER}"
        for part in (configuration.target_prefix.rstrip(DELIMITER), bucket, configuration.id)
        if part
    )
    dated: list[Location] = []
    async with aclosing(store.pages(configuration.target, prefix, etags=False)) as pages:
        async for page in pages:
            dated += [
                Location(configuration.target, prefix + name) for name in page.prefixes if name[:_DATED].isdecimal()
            ]
    return dated


def _none(
    location: Location, configured: Sequence[InventoryConfiguration], covering: Sequence[InventoryConfiguration]
) -> ProblemError:
    if not configured:
        cause = f"{location.bucket} has no inventory configuration"
    elif not covering:
        cause = f"no enabled inventory of {location.bucket} covers {location.uri}"
    else:
        cause = f"no report has been written yet for {', '.join(each.id for each in covering)}"
    title = f"no inventory report on {location.uri}"
    remedy = "list the keys, or name the manifest.json of a report"
    return ProblemError(Problem(ProblemKind.INVALID, title, cause, remedy, resource=location.uri))


async def report_pages(store: Store, report: Location, manifest: Manifest, prefix: str) -> AsyncGenerator[Page, None]:
    """The current objects below a prefix, in the order of the report, with owners and ETags where it has them.

    Raises `ProblemError` for a file that cannot be read or is damaged.
    """
    async with aclosing(_pages(store, report, manifest, prefix, FIELDS)) as pages:
        async for page, _ in pages:
            yield page


def versioned_pages(
    store: Store, report: Location, manifest: Manifest, prefix: str
) -> AsyncGenerator[tuple[Page, list[str]], None]:
    """The same with the version of each object."""
    return _pages(store, report, manifest, prefix, (*FIELDS, VERSION))


async def _pages(
    store: Store, report: Location, manifest: Manifest, prefix: str, fields: Sequence[str]
) -> AsyncGenerator[tuple[Page, list[str]], None]:
    reader = ReaderProcess()
    try:
        for file in manifest.files:
            async with aclosing(pages_of_file(reader, store, manifest, file, report, fields, prefix)) as pages:
                async for page in pages:
                    yield page
    finally:
        reader.end()


async def pages_of_file(
    reader: ReaderProcess,
    store: Store,
    manifest: Manifest,
    file: InventoryReportFile,
    report: Location,
    fields: Sequence[str],
    prefix: str,
) -> AsyncGenerator[tuple[Page, list[str]], None]:
    """The current objects below a prefix with their versions, some at a time; `reader` is the report's.

    Raises `ProblemError`, also for a file that is damaged, and where pyarrow is missing.
    """
    _check_pyarrow(manifest, report)
    bucket = manifest.files_in(report)
    head = await store.head(bucket, file.key)

    async def read(start: int, length: int) -> bytes:
        return await store.read(bucket, file.key, etag=head.etag, start=start, length=length)

    columns = {field: column for field in fields if (column := manifest.column(field))}
    job = ReadReport(manifest.file_format, head.size, manifest.columns, columns, prefix, file.MD5checksum)
    try:
        async with aclosing(reader.answers(job, read, FoundPage, head.size)) as found:
            async for each in found:
                if not _fits(each, prefix):
                    raise damaged(report, file.key, "its reader's answer does not fit")
                yield each.page, each.versions
    except UnreadableError as error:
        raise damaged(report, file.key, str(error)) from error


def _check_pyarrow(manifest: Manifest, report: Location) -> None:
    if manifest.file_format == FileFormat.CSV or find_spec("pyarrow"):
        return
    remedy = "install it: pip install 'xs3-tui[parquet]'; or use a CSV report"
    raise unusable(report, f"{manifest.file_format} files need pyarrow, which is not installed", remedy)


def _fits(found: FoundPage, prefix: str) -> bool:
    """Whether the columns of a page belong together: the reader may be a stranger's by now."""
    page, count = found.page, len(found.page.names)
    if page.prefix != prefix or page.prefixes or page.unfit or page.last:
        return False
    lengths = (len(page.sizes) // 8, len(page.modified) // 8, len(page.class_index) // 2, len(page.owner_index) // 2)
    if {*lengths, len(page.etags), len(found.versions)} != {count}:
        return False
    if (len(page.sizes) | len(page.modified)) % 8 or (len(page.class_index) | len(page.owner_index)) % 2:
        return False
    owners = (each for each in array("H", page.owner_index) if each != UNKNOWN_INDEX)
    return (
        min(array("q", page.sizes), default=0) >= 0
        and max(array("H", page.class_index), default=-1) < len(page.classes)
        and max(owners, default=-1) < len(page.owners)
    )
