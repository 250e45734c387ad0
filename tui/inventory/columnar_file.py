"""The rows of a Parquet or ORC file of a report, by pyarrow: in ranges, of the columns that are needed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Iterator, Sequence
from typing import Any

from tui.inventory.manifest import FileFormat, Manifest, ReportFile
from tui.inventory.problems import damaged, unusable
from tui.inventory.rows import Batch
from tui.model.location import Location
from tui.stores.base import Store
from tui.stores.ranged_file import RangedFile

ROWS_AT_ONCE = 20_000


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

    def read(start: int, length: int) -> Coroutine[Any, Any, bytes]:
        return store.read(bucket, file.key, etag=head.etag, start=start, length=length)

    content = RangedFile(read, head.size, asyncio.get_running_loop())
    batches = _batches(content, manifest, fields)
    while True:
        try:
            batch = await asyncio.to_thread(next, batches, None)
        except (pyarrow.ArrowException, OSError) as error:  # damaged bytes are either
            raise damaged(report, file.key, str(error)) from error
        if batch is None:
            return
        yield batch


def _batches(content: RangedFile, manifest: Manifest, fields: Sequence[str]) -> Iterator[Batch]:
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
