"""What the footer of a Parquet file says, looked at before anything of the file is decoded."""

from __future__ import annotations

from typing import Any

from tui.core.naming import counted
from tui.reader.asked_content import Parent

MOST_FOOTER = 16 << 20
"""Bytes. Of a table of a thousand columns and a thousand row groups a tenth of it."""

MOST_UNPACKED, MOST_VALUE, MOST_GROWTH = 64 << 20, 64 << 10, 500
"""Bytes of one column of a row group, of a value of it on average, and how many times as long as packed: no table of
anybody's use is above all three; what a few kilobytes were packed into to fill the memory is."""

_TAIL = 8


def check_footer(parent: Parent, size: int) -> None:
    """Raise `ValueError` for a footer that is too long."""
    tail = parent.read(size - _TAIL, _TAIL) if size > _TAIL else b""
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] not in (b"PAR1", b"PARE") or length > size - _TAIL:
        raise ValueError("it has no footer of Parquet")
    if length > MOST_FOOTER:
        raise ValueError(f"its footer has {counted(length, 'byte')}")


def check_sizes(metadata: Any, size: int) -> None:
    """Raise `ValueError` for what cannot be, and for what was packed to fill the memory."""
    rows = 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        rows += group.num_rows
        if group.num_rows < 0:
            raise ValueError("a row group has less than no rows")
        for column in map(group.column, range(group.num_columns)):
            _check_column(column.total_compressed_size, column.total_uncompressed_size, column.num_values, size)
    if rows != metadata.num_rows:
        raise ValueError(f"its footer says {counted(metadata.num_rows, 'row')}, and its row groups {rows:,}")


def _check_column(packed: int, unpacked: int, values: int, size: int) -> None:
    if not 0 <= packed <= size or unpacked < 0 or values < 0:
        raise ValueError("its footer has sizes that cannot be")
    if unpacked > MOST_UNPACKED and unpacked > MOST_VALUE * values and unpacked > MOST_GROWTH * packed:
        raise ValueError(f"a column of {counted(packed, 'byte')} would become {counted(unpacked, 'byte')}")
