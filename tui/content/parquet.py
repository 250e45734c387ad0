"""Rows of a Parquet object, read by ranges: the footer, then the pages that the rows are in."""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from tui.content.source import Source
from tui.model.content import ContentFacts
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.protocol.messages.content import TableRows
from tui.stores.ranged_file import RangedFile

if TYPE_CHECKING:
    from pyarrow import RecordBatch
    from pyarrow.parquet import ParquetFile

BUFFER = 64 * 1024
"""Bytes that are read ahead in each column."""

LONGEST_VALUE = 500
"""Characters of a value that are sent."""

MOST_OPEN = 2
"""Tables whose footer is kept."""


class Tables:
    """The tables that were read last: their footers, and where in them the reading is."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[str, str, str], _Table] = OrderedDict()

    async def rows(self, connection: str, source: Source, facts: ContentFacts, start: int, count: int) -> TableRows:
        """So many rows from `start` on. Raises `ProblemError`, also where pyarrow is not installed."""
        key = (connection, source.location.uri, facts.etag)
        table = self._open.pop(key, None) or _Table(source, facts, asyncio.get_running_loop())
        found = await asyncio.to_thread(table.rows, start, count)
        self._open[key] = table
        while len(self._open) > MOST_OPEN:
            self._open.popitem(last=False)
        return found


class _Table:
    """One table; used by one thread at a time."""

    def __init__(self, source: Source, facts: ContentFacts, loop: asyncio.AbstractEventLoop) -> None:
        self._source, self._facts, self._loop = source, facts, loop
        self._file: ParquetFile | None = None
        self._batches: Iterator[RecordBatch] | None = None
        self._next = -1
        """The number of the first row of the next batch."""

    def rows(self, start: int, count: int) -> TableRows:
        """So many rows. Raises `ProblemError`."""
        pyarrow = _pyarrow()
        try:
            file = self._file = self._file or self._opened()
            total = file.metadata.num_rows
            rows = self._read(file, start, min(count, max(0, total - start)))
        except (pyarrow.ArrowException, OSError) as error:
            raise ProblemError(_damaged(self._source, str(error))) from error
        schema = file.schema_arrow
        return TableRows(list(schema.names), [str(each) for each in schema.types], rows, start, total)

    def _opened(self) -> ParquetFile:
        from pyarrow import PythonFile
        from pyarrow.parquet import ParquetFile

        content = RangedFile(partial(self._source.read, self._facts.etag), self._facts.size, self._loop)
        ranges = PythonFile(content, mode="r")
        return ParquetFile(ranges, buffer_size=BUFFER, pre_buffer=False)

    def _read(self, file: ParquetFile, start: int, count: int) -> list[list[str]]:
        rows: list[list[str]] = []
        while len(rows) < count:
            at = start + len(rows)
            if self._batches is None or self._next != at:
                self._begin(file, at, count)
            batch = next(self._batches, None) if self._batches else None
            if batch is None:
                self._batches = None
                continue
            skipped = at - self._next
            self._next += batch.num_rows
            if skipped < batch.num_rows:
                rows += _texts(batch.slice(skipped, count - len(rows)))
            if self._next != start + len(rows):
                self._batches = None  # a part of the batch was not wanted: the next rows begin again at their group
        return rows

    def _begin(self, file: ParquetFile, row: int, count: int) -> None:
        """Read on from the row group that has this row; the batches before the row are passed over."""
        first = 0
        for group in range(file.num_row_groups):
            length = file.metadata.row_group(group).num_rows
            if row < first + length:
                break
            first += length
        groups = list(range(group, file.num_row_groups))
        self._batches, self._next = file.iter_batches(batch_size=count, row_groups=groups, use_threads=False), first
        while self._next + count <= row:
            self._next += next(self._batches).num_rows


def _texts(batch: RecordBatch) -> list[list[str]]:
    columns = [[_text(value) for value in column.to_pylist()] for column in batch.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return f"0x{value[: LONGEST_VALUE // 2].hex()}"
    text = json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else str(value)
    return text[:LONGEST_VALUE]


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError:
        raise ProblemError(
            Problem(
                kind=ProblemKind.UNSUPPORTED,
                title="Parquet cannot be read here",
                cause="the package pyarrow is not installed",
                remedy="pip install 'xs3-tui[parquet]'; h shows the bytes",
            )
        ) from None
    return pyarrow


def _damaged(source: Source, cause: str) -> Problem:
    return Problem(
        kind=ProblemKind.MISMATCH,
        title=f"{source.location.uri} begins as Parquet and cannot be read",
        cause=cause,
        remedy="h shows the bytes",
    )
