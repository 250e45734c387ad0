"""A report of S3 Inventory read whole: seconds and peak memory of CSV, Parquet and ORC. No number fails it.

``ROWS=1000000`` has as many rows in one file, as S3 puts into one.
"""

from __future__ import annotations

import gzip
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from tui.inventory.manifest import FileFormat, Manifest, ReportFile
from tui.inventory.reading import versioned_pages
from tui.model.location import Location
from tui.stores.base import Store

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


def _peak() -> float:
    """Megabytes of the most memory that was resident since `_forget_peak`."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


@pytest.mark.bench
@pytest.mark.parametrize("file_format", list(FileFormat))
async def test_a_report_is_read(file_format: FileFormat, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "data"
    _write(file_format, path)
    store = _File(path)
    manifest = Manifest(
        "source", "arn:aws:s3:::lists", file_format, SCHEMAS[file_format], [ReportFile("k", store.size)]
    )
    _forget_peak()
    before, began, worked, rows, first = _peak(), time.monotonic(), time.process_time(), 0, 0.0
    async for page, versions in versioned_pages(cast(Store, store), Location("lists", "m.json"), manifest, "data/"):
        assert len(page.names) == len(versions)
        rows += len(versions)
        first = first or (_peak() if rows >= ROWS // 10 else 0.0)
    took, worked = time.monotonic() - began, time.process_time() - worked
    store.close()
    assert rows == ROWS
    with capsys.disabled():
        print(
            f"\n{file_format.value}: {rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB in {took:.1f} s, "
            f"{worked:.1f} s of the processor ({rows / worked:,.0f} rows/s); "
            f"peak {before:.0f} MB before, {first:.0f} MB after a tenth, {_peak():.0f} MB at the end",
            file=sys.stdout,
        )
