"""Pages of the objects in an S3 Inventory report."""

from __future__ import annotations

from array import array
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from importlib.util import find_spec

from tui.core.listing import UNKNOWN_INDEX, Page
from tui.core.location import Location
from tui.reader.reader_messages import FoundPage, ReadReport
from tui.reader.reader_process import ReaderProcess, UnreadableError
from tui.reader.report_rows import FIELDS, VERSION
from tui.stores.base import Store
from tui.stores.inventory_report import FileFormat, InventoryReportFile, Manifest, damaged, unusable


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
