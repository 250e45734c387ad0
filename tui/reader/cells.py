"""Values of Arrow as the text of cells: cut while they are Arrow's, however long they and what they contain are."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

LONGEST_VALUE = 500
"""Characters of a value that are sent."""

MOST_INSIDE = 50
"""Values of a list or a struct that are looked at."""

DEEPEST = 8

_LONGEST_CHARACTER = 4
"""Bytes of UTF-8."""

_MORE = "…"

_DIGITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}

_BEGAN = datetime.datetime(1970, 1, 1)  # what is added to it is UTC, or of no zone


def cell(value: Any) -> str:
    """A value (a scalar of Arrow) as a cell shows it: what is nested as JSON."""
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
    """Of a zone: in UTC. It needs no file of time zones."""
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
