"""A report of S3 Inventory read whole, and a manifest of ten million keys written: time and memory. No number fails it.

``ROWS=1000000`` has as many rows in one file of a report, as S3 puts into one; ``KEYS`` are those of the manifest.
"""

from __future__ import annotations

import asyncio
import gzip
import os
import time
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec.structs import replace

from tests.bench import peak_of
from tui.core.engines import BATCH
from tui.core.listing import ObjectSummary, make_page
from tui.core.location import Location
from tui.core.orders import (
    BatchCopy,
    BatchOptions,
    BatchOrder,
    ConflictPolicy,
    CopyOptions,
    Destination,
    ManifestSource,
    Selection,
)
from tui.core.transfer import Tally
from tui.features.batch.job_objects import Chooser, ChosenObjects, ListedSection
from tui.features.batch.manifest import ManifestWriter, write_manifest
from tui.stores.base import Store
from tui.stores.inventory_report import FileFormat, InventoryReportFile, Manifest, versioned_pages
from tui.stores.store_values import Capabilities, Completed, CompletedPart
from tui.transfers.selection import SectionPage, picked_of

ROWS = int(os.environ.get("ROWS", "100_000"))
AT_ONCE = 10_000
COLUMNS = ("bucket", "key", "version_id", "is_latest", "is_delete_marker", "size", "etag", "storage_class")
SCHEMAS = {
    FileFormat.CSV: "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, ETag, StorageClass",
    FileFormat.PARQUET: f"message s3.inventory {{ {' '.join(f'optional binary {name};' for name in COLUMNS)} }}",
    FileFormat.ORC: f"struct<{','.join(f'{name}:string' for name in COLUMNS)}>",
}


class _File:
    """A store whose one object is a file on disk."""

    def __init__(self, path: Path) -> None:
        self._file, self.size, self.etag = path.open("rb"), path.stat().st_size, "e"

    async def head(self, *_: str) -> _File:
        return self

    async def read(self, *_: str, start: int, length: int, **__: Any) -> bytes:
        self._file.seek(start)
        return self._file.read(length)

    def close(self) -> None:
        self._file.close()


def _rows(first: int) -> Iterator[tuple[Any, ...]]:
    for number in range(first, min(first + AT_ONCE, ROWS)):
        key = f"data/year=2026/month=11/part-{number:012}.parquet"
        yield "source", key, f"{number:032x}", True, False, number, f"{number:032x}", "STANDARD"


def _write(file_format: FileFormat, path: Path) -> None:
    starts = range(0, ROWS, AT_ONCE)
    if file_format is FileFormat.CSV:
        with gzip.open(path, "wt", compresslevel=1) as file:
            for first in starts:
                file.writelines(
                    ",".join(f'"{str(each).lower() if isinstance(each, bool) else each}"' for each in row) + "\n"
                    for row in _rows(first)
                )
        return
    import pyarrow as pa
    from pyarrow import orc, parquet

    tables = (pa.table(dict(zip(COLUMNS, map(list, zip(*_rows(first), strict=True)), strict=True))) for first in starts)
    if file_format is FileFormat.ORC:
        with orc.ORCWriter(path) as writer:
            for table in tables:
                writer.write(table)
        return
    head = next(tables)
    with parquet.ParquetWriter(path, head.schema) as writer:
        writer.write_table(head)
        for table in tables:
            writer.write_table(table)


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


@pytest.mark.bench
@pytest.mark.parametrize("file_format", list(FileFormat))
async def test_a_report_is_read(file_format: FileFormat, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "data"
    _write(file_format, path)
    store = _File(path)
    manifest = Manifest(
        "source", "arn:aws:s3:::lists", file_format, SCHEMAS[file_format], [InventoryReportFile("k", store.size)]
    )
    _forget_peak()
    before, began, worked, rows, first = peak_of(), time.monotonic(), time.process_time(), 0, 0.0
    async for page, versions in versioned_pages(cast(Store, store), Location("lists", "m.json"), manifest, "data/"):
        assert len(page.names) == len(versions)
        rows += len(versions)
        first = first or (peak_of() if rows >= ROWS // 10 else 0.0)
    took, worked = time.monotonic() - began, time.process_time() - worked
    store.close()
    assert rows == ROWS
    with capsys.disabled():
        print(
            f"\n{file_format.value}: {rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB in {took:.1f} s, "
            f"{worked:.1f} s of the processor ({rows / worked:,.0f} rows/s); "
            f"peak {before:.0f} MB before, {first:.0f} MB after a tenth, {peak_of():.0f} MB at the end"
        )


KEYS = int(os.environ.get("KEYS", "10_000_000"))
PAGE = 1000


class _Sink:
    """Takes parts, and forgets them."""

    capabilities = Capabilities()
    size = 0

    async def create_upload(self, *_: Any, **__: Any) -> str:
        return "upload"

    async def upload_part(
        self, _bucket: str, _key: str, _upload: str, number: int, body: bytes, **_more: Any
    ) -> CompletedPart:
        self.size += len(body)
        return CompletedPart(number, "etag")

    async def complete_upload(self, *_: Any, **__: Any) -> Completed:
        return Completed("etag")

    async def put(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("ten million keys take more than one part")


async def _pages_of_keys(_section: int) -> AsyncGenerator[ListedSection]:
    one = make_page("data/", [], [ObjectSummary("data/", 4096, 1, "STANDARD", None)] * PAGE)
    for first in range(0, KEYS, PAGE):
        names = [f"year=2026/month=11/part-{number:012}.parquet" for number in range(first, first + PAGE)]
        yield SectionPage(1, picked_of(replace(one, names=names))), {}


@pytest.mark.bench
async def test_a_manifest_of_ten_million_keys(capsys: pytest.CaptureFixture[str]) -> None:
    selection = Selection("", Location("source", "data/"), prefixes=["data/"])
    copy = BatchCopy(Destination("", Location("target", "data/")), CopyOptions(conflict=ConflictPolicy.OVERWRITE))
    options = BatchOptions("arn:aws:iam::123456789012:role/jobs", Location("reports"), ManifestSource.LIST)
    order, sink = BatchOrder(selection, "", copy, options), _Sink()
    store = cast(Store, sink)
    chooser = Chooser(BATCH, order, store, store, _pages_of_keys)
    writer = ManifestWriter(store, Location("reports", "manifest.csv"), "source", options.role)
    marks: list[float] = []

    async def take(chosen: ChosenObjects) -> ChosenObjects:
        return chosen

    async def tell(tally: Tally) -> None:
        if tally.objects % 1_000_000 == 0:
            marks.append(peak_of())
            await asyncio.sleep(0)

    before, began = peak_of(), time.monotonic()
    kept = await write_manifest(writer, chooser.pages(), take, tell)
    took = time.monotonic() - began
    with capsys.disabled():
        print(
            f"\n{kept.objects:,} keys, {sink.size / 1e6:,.0f} MB of manifest in {took:.0f} s "
            f"({KEYS / took:,.0f} keys/s); peak RSS {before:.0f} MB before, {marks[0]:.0f} MB after a million, "
            f"{marks[-1]:.0f} MB at the end"
        )
