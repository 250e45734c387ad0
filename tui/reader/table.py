"""Rows of a Parquet content, read by ranges: the footer, then the pages that the rows are in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pyarrow import PythonFile
from pyarrow.parquet import ParquetFile
from pyarrow.types import is_dictionary

from tui.reader.asked_content import AskedFile, Parent
from tui.reader.cells import LONGEST_VALUE, cell
from tui.reader.footer import check_footer, check_sizes
from tui.reader.messages import FoundRows, ReadRows

if TYPE_CHECKING:
    from pyarrow import RecordBatch

BUFFER = 64 * 1024
"""Bytes that are read ahead in each column."""

MOST_COLUMNS = 200


class Table:
    """One table: its footer, and where in it the reading is."""

    def __init__(self) -> None:
        self._file: ParquetFile | None = None
        self._batches: Iterator[RecordBatch] | None = None
        self._next = -1
        """The number of the first row of the next batch."""

    def rows(self, parent: Parent, job: ReadRows) -> None:
        """So many rows."""
        file = self._file = self._file or self._opened(parent, job.size)
        total = file.metadata.num_rows
        rows = self._read(file, job.start, min(job.count, max(0, total - job.start)))
        fields = list(file.schema_arrow)
        names = [field.name[:LONGEST_VALUE] for field in fields[:MOST_COLUMNS]]
        types = [str(field.type)[:LONGEST_VALUE] for field in fields[:MOST_COLUMNS]]
        if len(fields) > MOST_COLUMNS:
            names.append(f"{len(fields) - MOST_COLUMNS:,} more")
            types.append("columns")
            rows = [[*row, ""] for row in rows]
        parent.found(FoundRows(names, types, rows, total))

    def _opened(self, parent: Parent, size: int) -> ParquetFile:
        check_footer(parent, size)
        file = ParquetFile(PythonFile(AskedFile(parent, size), mode="r"), buffer_size=BUFFER, pre_buffer=False)
        check_sizes(file.metadata, size)
        return file

    def _read(self, file: ParquetFile, start: int, count: int) -> list[list[str]]:
        rows: list[list[str]] = []
        while len(rows) < count:
            at = start + len(rows)
            if self._batches is None or self._next != at:
                self._begin(file, at, count)
            batch = next(self._batches, None) if self._batches else None
            if batch is None:
                raise ValueError("it has fewer rows than its footer says")
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
        names = file.schema_arrow.names
        columns = names[:MOST_COLUMNS] if len(names) > MOST_COLUMNS else None
        self._batches = file.iter_batches(batch_size=count, row_groups=groups, columns=columns, use_threads=False)
        self._next = first
        while self._next + count <= row:
            self._next += next(self._batches).num_rows


def _texts(batch: RecordBatch) -> list[list[str]]:
    columns = [_column(column) for column in batch.columns[:MOST_COLUMNS]]
    return [[column[row] for column in columns] for row in range(batch.num_rows)]


def _column(column: Any) -> list[str]:
    """Its cells; a value that rows share is looked at once: it may be long."""
    if not is_dictionary(column.type):
        return [cell(value) for value in column]
    places: list[int | None] = column.indices.to_pylist()
    texts = {place: "" if place is None else cell(column.dictionary[place]) for place in {*places}}
    return [texts[place] for place in places]
