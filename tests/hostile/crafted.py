"""Contents that were made to hurt who reads them, each small: they fill the memory, or are no content at all."""

import datetime
import gzip
import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import zstandard
from pyarrow import orc, parquet

MIB = 1 << 20
COLUMNS = ["bucket", "key", "size", "last_modified_date", "storage_class"]


def report_table(rows: int = 50, **more: Any) -> pa.Table:
    """A file of a report with so many objects; `more` replaces columns."""
    columns = {
        "bucket": ["b"] * rows,
        "key": [f"in/a b+ü/{number}" for number in range(rows)],
        "size": list(range(rows)),
        "last_modified_date": [datetime.datetime(2026, 11, 20, 12)] * rows,  # as ORC has it: of no zone
        "storage_class": ["STANDARD"] * rows,
    }
    return pa.table({**columns, **more})


def as_parquet(table: pa.Table, **how: Any) -> bytes:
    written = io.BytesIO()
    parquet.write_table(table, written, **{"compression": "zstd", "store_schema": False, **how})
    return written.getvalue()


def as_orc(table: pa.Table, **how: Any) -> bytes:
    written = io.BytesIO()
    orc.write_table(table, written, **{"compression": "zstd", **how})
    return written.getvalue()


def one_value(rows: int, length: int) -> pa.DictionaryArray:
    """A column whose rows share one value of so many bytes."""
    return pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * length]))


def packed_rows(text: str) -> bytes:
    return gzip.compress(text.encode(), 1)


def png(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1 + 3 * min(width, 1000)))), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def zeros(length: int) -> bytes:
    return zstandard.ZstdCompressor().compress(bytes(length))


ROW = '"b","k",1,2026-11-20T12:00:00.000Z,STANDARD'

BAD_ROWS = {
    "has no key": '"b","",1,,',
    "size of k is -5": '"b","k",-5,,',
    "size of k is nine": '"b","k","nine",,',
    "size of k is 999999999999999999": f'"b","k",{"9" * 40},,',
    "date of k is 31st": '"b","k",1,31st,',
    "1 column, not 5": '"b"',
    "can't decode": '"b","%ff",1,,',
    "unexpected end of data": '"b","k',
    "expected after": '"b","k"x,1,,',
    "4,097 characters": f'"b","{"k" * 4097}",1,,',
    "65,536 characters": f'"b","{"k" * MIB}',
}
"""Rows of a report that are no object's, by the words about each."""

BAD_COLUMNS: dict[str, Callable[[], pa.Table]] = {
    "has no key": lambda: report_table(2, key=["k", None]),
    "size of k is -5": lambda: report_table(1, key=["k"], size=[-5]),
    "can't decode": lambda: report_table(1, key=[b"\xff"]),
    "a text is int": lambda: report_table(1, key=[7]),
    "a column is list": lambda: report_table(1, key=[["k"]]),
    "4,097 characters": lambda: report_table(1, key=["k" * 4097]),
    "longer than keys": lambda: report_table(9, key=["k" * 4 * MIB] * 9),
    "size of k is 1.5": lambda: report_table(1, key=["k"], size=["1.5"]),
}
"""Files of a report in columns that are no objects', likewise."""
