"""Reads rows of a Parquet content by ranges: the footer, then the pages that contain the rows."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import PythonFile
from pyarrow.parquet import ParquetFile
from pyarrow.types import is_dictionary

from tui.reader.asked_content import AskedFile, ParentChannel
from tui.reader.columnar_files import check_footer, check_sizes
from tui.reader.reader_messages import FoundRows, ReadRows

if TYPE_CHECKING:
    from pyarrow import RecordBatch

BUFFER = 64 * 1024
"""Read-ahead of each column, in bytes."""

MOST_COLUMNS = 200


class Table:
    """One table: its footer and the current position."""

    def __init__(self) -> None:
        self._file: ParquetFile | None = None
        self._batches: Iterator[RecordBatch] | None = None
        self._next = -1
        """The first row of the next batch."""

    def rows(self, parent: ParentChannel, job: ReadRows) -> None:
        if (file := self._file) is None:
            check_footer(parent, job.size)
            content = PythonFile(AskedFile(parent, job.size), mode="r")
            file = ParquetFile(content, buffer_size=BUFFER, pre_buffer=False)
            check_sizes(file.metadata, job.size)
            self._file = file
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
                wanted = batch.slice(skipped, count - len(rows))
                columns = [_column(column) for column in wanted.columns[:MOST_COLUMNS]]
                rows += [[column[row] for column in columns] for row in range(wanted.num_rows)]
            if self._next != start + len(rows):
                self._batches = None  # part of the batch was skipped: the next read starts again at the row group
        return rows

    def _begin(self, file: ParquetFile, row: int, count: int) -> None:
        """Continue at the row group with this row, skipping the batches before it."""
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


def _column(column: Any) -> list[str]:
    """The cells of a column. Rows may share a long value, which is formatted once."""
    if not is_dictionary(column.type):
        return [cell(value) for value in column]
    places: list[int | None] = column.indices.to_pylist()
    texts = {place: "" if place is None else cell(column.dictionary[place]) for place in {*places}}
    return [texts[place] for place in places]


LONGEST_VALUE = 500
"""The most characters of a value."""

MOST_INSIDE = 50
"""The most values of a list or struct."""

DEEPEST = 8

_LONGEST_CHARACTER = 4
"""Bytes of UTF-8."""

_MORE = "…"

_DIGITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}

_BEGAN = datetime.datetime(1970, 1, 1)  # the sum is UTC or without time zone


def cell(value: Any) -> str:
    """An Arrow scalar as a table cell; nested values as JSON."""
    return "" if not value.is_valid else _text(value, 0, quoted=False)[:LONGEST_VALUE]


def _text(value: Any, depth: int, *, quoted: bool) -> str:
    if not value.is_valid:
        return "null"
    if depth > DEEPEST:
        return _MORE
    if isinstance(value, pa.DictionaryScalar | pa.ExtensionScalar | pa.UnionScalar | pa.RunEndEncodedScalar):
        inner = value.value
        return _text(inner, depth + 1, quoted=quoted) if inner is not None else "null"
    if hasattr(value, "as_buffer"):
        return _bytes_text(value, quoted=quoted)
    if isinstance(value, pa.ListScalar | pa.StructScalar):
        opening, closing = "{}" if isinstance(value, pa.StructScalar) else "[]"
        return opening + _joined(_inside(value, depth)) + closing
    text = _instant(value) if isinstance(value, pa.TimestampScalar) else _plain(value)
    return f'"{text}"' if quoted and not isinstance(value, _BARE) else text


_BARE = (
    pa.BooleanScalar, pa.Int8Scalar, pa.Int16Scalar, pa.Int32Scalar, pa.Int64Scalar, pa.UInt8Scalar, pa.UInt16Scalar,
    pa.UInt32Scalar, pa.UInt64Scalar, pa.HalfFloatScalar, pa.FloatScalar, pa.DoubleScalar,
)  # fmt: skip


def _bytes_text(value: Any, *, quoted: bool) -> str:
    kind = value.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        text = value.as_buffer()[: LONGEST_VALUE * _LONGEST_CHARACTER].to_pybytes().decode(errors="replace")
        return _quoted(text[:LONGEST_VALUE]) if quoted else text[:LONGEST_VALUE]
    text = f"0x{value.as_buffer()[: LONGEST_VALUE // 2].to_pybytes().hex()}"
    return f'"{text}"' if quoted else text


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _inside(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, pa.StructScalar):
        for at, field in enumerate(value.type):
            yield f"{_quoted(field.name[:LONGEST_VALUE])}: {_text(value[at], depth + 1, quoted=True)}"
        return
    values = value.values
    for at in range(len(values)):
        yield _text(values[at], depth + 1, quoted=True)


def _joined(texts: Iterator[str]) -> str:
    taken: list[str] = []
    length = 0
    for number, text in enumerate(texts):
        if number == MOST_INSIDE or length > LONGEST_VALUE:
            taken.append(_MORE)
            break
        taken.append(text)
        length += len(text)
    return ", ".join(taken)


def _instant(value: Any) -> str:
    """With a time zone, in UTC, which needs no time zone file."""
    digits = _DIGITS[value.type.unit]
    seconds, rest = divmod(value.value, 10**digits)
    try:
        text = str(_BEGAN + datetime.timedelta(seconds=seconds))
    except OverflowError:
        return f"{value.value} {value.type.unit}"
    return text + (f".{rest:0{digits}}" if rest else "") + ("+00:00" if value.type.tz else "")


def _plain(value: Any) -> str:
    try:
        return str(value.as_py())
    except (ValueError, OverflowError, ArithmeticError):
        return _MORE if not hasattr(value, "value") else str(value.value)
