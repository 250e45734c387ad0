"""The rows of a Parquet or ORC file of a report: in ranges, of the columns that are needed."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import pyarrow as pa

from tui.reader.asked_content import AskedFile, Parent
from tui.reader.footer import check_footer, check_sizes
from tui.reader.messages import LONGEST_RANGE, ReadReport
from tui.reader.report_rows import page_of

ROWS_AT_ONCE = 10_000

MOST_BYTES = 1 << 25
"""Of one column of so many rows: more than keys of the greatest length have."""

_PER_SECOND = {"s": 1, "ms": 1000, "us": 10**6, "ns": 10**9}

Batches = Callable[[Parent, ReadReport], Iterator[Any]]


def columnar_reading(file_format: str) -> Callable[[Parent, ReadReport], None]:
    """What reads files of this format, ``Parquet`` or ``ORC``."""
    batches = _parquet() if file_format == "Parquet" else _orc()

    def work(parent: Parent, job: ReadReport) -> None:
        for batch in batches(parent, job):
            columns = {
                field: _values(batch.column(name)) for field, name in job.fields.items() if name in batch.schema.names
            }
            parent.found(page_of(columns, batch.num_rows, job.prefix))

    return work


def _parquet() -> Batches:
    from pyarrow.parquet import ParquetFile

    def batches(parent: Parent, job: ReadReport) -> Iterator[Any]:
        check_footer(parent, job.size)
        content = pa.PythonFile(AskedFile(parent, job.size), mode="r")
        file = ParquetFile(content, buffer_size=LONGEST_RANGE, pre_buffer=False)
        check_sizes(file.metadata, job.size)
        yield from file.iter_batches(ROWS_AT_ONCE, columns=list(job.fields.values()), use_threads=False)

    return batches


def _orc() -> Batches:
    from pyarrow.orc import ORCFile, write_table

    with suppress(pa.ArrowException, OSError):  # there may be no file of it here
        _know_utc(ORCFile, write_table)

    def batches(parent: Parent, job: ReadReport) -> Iterator[Any]:
        file = ORCFile(AskedFile(parent, job.size))
        for number in range(file.nstripes):
            stripe = file.read_stripe(number, columns=list(job.fields.values()))
            for start in range(0, stripe.num_rows, ROWS_AT_ONCE):
                yield stripe.slice(start, ROWS_AT_ONCE)

    return batches


def _know_utc(read: Callable[[Any], Any], write: Callable[[pa.Table, Any], None]) -> None:
    """Have the library read the time zone that S3 writes: later it cannot open the file. It knows GMT without one."""
    written = io.BytesIO()
    write(pa.table({"at": pa.array([0], pa.timestamp("s"))}), written)
    read(io.BytesIO(written.getvalue().replace(b"GMT", b"UTC"))).read()


def _values(column: Any) -> Sequence[object]:
    """As Python's: texts, whole numbers, booleans, and dates as seconds since the epoch."""
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
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_integer,
    pa.types.is_boolean,
    pa.types.is_null,
)
