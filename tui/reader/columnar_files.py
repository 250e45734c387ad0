"""Reads rows of a Parquet or ORC report file, by ranges and only the needed columns."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import pyarrow as pa

from tui.core.naming import counted
from tui.reader.asked_content import AskedFile, ParentChannel
from tui.reader.reader_messages import LONGEST_RANGE, ReadReport
from tui.reader.report_rows import page_of

ROWS_AT_ONCE = 10_000

MOST_BYTES = 1 << 25
"""Of one column of these rows: more than the longest possible keys take."""

_PER_SECOND = {"s": 1, "ms": 1000, "us": 10**6, "ns": 10**9}

Batches = Callable[[ParentChannel, ReadReport], Iterator[Any]]


def columnar_reading(file_format: str) -> Callable[[ParentChannel, ReadReport], None]:
    """The function that reads ``Parquet`` or ``ORC`` files."""
    batches = _parquet() if file_format == "Parquet" else _orc()

    def work(parent: ParentChannel, job: ReadReport) -> None:
        for batch in batches(parent, job):
            columns = {
                field: _values(batch.column(name)) for field, name in job.fields.items() if name in batch.schema.names
            }
            parent.found(page_of(columns, batch.num_rows, job.prefix))

    return work


def _parquet() -> Batches:
    from pyarrow.parquet import ParquetFile

    def batches(parent: ParentChannel, job: ReadReport) -> Iterator[Any]:
        check_footer(parent, job.size)
        content = pa.PythonFile(AskedFile(parent, job.size), mode="r")
        file = ParquetFile(content, buffer_size=LONGEST_RANGE, pre_buffer=False)
        check_sizes(file.metadata, job.size)
        yield from file.iter_batches(ROWS_AT_ONCE, columns=list(job.fields.values()), use_threads=False)

    return batches


def _orc() -> Batches:
    from pyarrow.orc import ORCFile, write_table

    # Makes the library load S3's time zone while it can still open files. GMT it knows without a file.
    with suppress(pa.ArrowException, OSError):  # there may be no time zone file here
        written = io.BytesIO()
        write_table(pa.table({"at": pa.array([0], pa.timestamp("s"))}), written)
        ORCFile(io.BytesIO(written.getvalue().replace(b"GMT", b"UTC"))).read()

    def batches(parent: ParentChannel, job: ReadReport) -> Iterator[Any]:
        file = ORCFile(AskedFile(parent, job.size))
        for number in range(file.nstripes):
            stripe = file.read_stripe(number, columns=list(job.fields.values()))
            for start in range(0, stripe.num_rows, ROWS_AT_ONCE):
                yield stripe.slice(start, ROWS_AT_ONCE)

    return batches


def _values(column: Any) -> Sequence[object]:
    """Python values: text, integers, booleans, and dates as seconds since the epoch."""
    if pa.types.is_dictionary(column.type):
        if column.dictionary.nbytes > MOST_BYTES:
            raise ValueError("a column is longer than keys can be")
        column = column.dictionary_decode()
    kind = column.type
    if column.nbytes > MOST_BYTES:
        raise ValueError("a column is longer than keys can be")
    if pa.types.is_timestamp(kind):
        unit = _PER_SECOND[kind.unit]
        return [None if each is None else each // unit for each in column.view(pa.int64()).to_pylist()]
    if not any(is_one(kind) for is_one in _KINDS):
        raise ValueError(f"a column is {kind}")
    values: list[object] = column.to_pylist()
    return values


_KINDS = (
    *(pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary),
    *(pa.types.is_integer, pa.types.is_boolean, pa.types.is_null),
)


MOST_FOOTER = 16 << 20
"""Bytes. A table of a thousand columns and a thousand row groups needs a tenth of it."""

MOST_UNPACKED, MOST_VALUE, MOST_GROWTH = 64 << 20, 64 << 10, 500
"""Limits of one column of a row group: bytes, mean bytes of a value, and ratio to the packed bytes. No useful table
exceeds all three; a few kilobytes that were packed to fill the memory do."""

_TAIL = 8


def check_footer(parent: ParentChannel, size: int) -> None:
    """Raise `ValueError` for an invalid or too long footer."""
    tail = parent.read(size - _TAIL, _TAIL) if size > _TAIL else b""
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] not in (b"PAR1", b"PARE") or length > size - _TAIL:
        raise ValueError("it has no footer of Parquet")
    if length > MOST_FOOTER:
        raise ValueError(f"its footer has {counted(length, 'byte')}")


def check_sizes(metadata: Any, size: int) -> None:
    """Raise `ValueError` for impossible sizes, and for content packed to fill the memory."""
    rows = 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        rows += group.num_rows
        if group.num_rows < 0:
            raise ValueError("a row group has less than no rows")
        for column in map(group.column, range(group.num_columns)):
            packed, unpacked = column.total_compressed_size, column.total_uncompressed_size
            if not 0 <= packed <= size or unpacked < 0 or column.num_values < 0:
                raise ValueError("its footer has sizes that cannot be")
            if unpacked > max(MOST_UNPACKED, MOST_VALUE * column.num_values, MOST_GROWTH * packed):
                raise ValueError(f"a column of {counted(packed, 'byte')} would become {counted(unpacked, 'byte')}")
    if rows != metadata.num_rows:
        raise ValueError(f"its footer says {counted(metadata.num_rows, 'row')}, and its row groups {rows:,}")
