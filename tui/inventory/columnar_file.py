"""The rows of a Parquet or ORC file of a report, by pyarrow: in ranges, of the columns that are needed."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Any

from tui.inventory.manifest import FileFormat, Manifest, ReportFile
from tui.inventory.problems import damaged, unusable
from tui.inventory.rows import Batch
from tui.model.location import Location
from tui.stores.base import Store

ROWS_AT_ONCE = 20_000


class RangeReader(io.RawIOBase):
    """A file for a thread whose bytes are read from an object by the event loop, range by range."""

    def __init__(self, store: Store, bucket: str, key: str, etag: str, size: int) -> None:
        self._store, self._bucket, self._key, self._etag, self._size = store, bucket, key, etag, size
        self._loop = asyncio.get_running_loop()
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """The next bytes. Raises `ProblemError`."""
        length = self._size - self._at if size < 0 else min(size, self._size - self._at)
        if length <= 0:
            return b""
        reading = self._store.read(self._bucket, self._key, etag=self._etag, start=self._at, length=length)
        content = asyncio.run_coroutine_threadsafe(reading, self._loop).result()
        self._at += length
        return content


async def columnar_batches(
    store: Store, manifest: Manifest, file: ReportFile, report: Location, fields: Sequence[str]
) -> AsyncGenerator[Batch, None]:
    """These fields of some rows at a time.

    Raises `ProblemError`, also for a file that is damaged, and where pyarrow is missing.
    """
    try:
        import pyarrow  # an optional extra, slow to import
    except ImportError as error:
        remedy = "install it: pip install 'xs3-tui[parquet]'; or use a CSV report"
        raise unusable(report, f"{manifest.file_format} files are read by pyarrow, which is missing", remedy) from error
    bucket = manifest.files_in(report)
    head = await store.head(bucket, file.key)
    content = RangeReader(store, bucket, file.key, head.etag, head.size)
    batches = _batches(content, manifest, fields)
    while True:
        try:
            batch = await asyncio.to_thread(next, batches, None)
        except pyarrow.ArrowException as error:
            raise damaged(report, file.key, str(error)) from error
        if batch is None:
            return
        yield batch


def _batches(content: RangeReader, manifest: Manifest, fields: Sequence[str]) -> Iterator[Batch]:
    """For a thread."""
    columns = {column: field for field in fields if (column := manifest.column(field))}
    tables: Iterator[Any]
    if manifest.file_format == FileFormat.PARQUET:
        from pyarrow import parquet

        tables = parquet.ParquetFile(content).iter_batches(ROWS_AT_ONCE, columns=list(columns))
    else:
        from pyarrow import orc

        stripes = orc.ORCFile(content)
        tables = (
            part
            for number in range(stripes.nstripes)
            for part in _parts(stripes.read_stripe(number, columns=list(columns)))
        )
    for table in tables:
        names = table.schema.names
        yield Batch({columns[name]: table.column(name).to_pylist() for name in names}, table.num_rows)


def _parts(stripe: Any) -> Iterator[Any]:
    return (stripe.slice(start, ROWS_AT_ONCE) for start in range(0, stripe.num_rows, ROWS_AT_ONCE))
