"""Bytes as lines of hexadecimal digits beside what of them is ASCII. Pure."""

from __future__ import annotations

import re

GAPS = 5
"""Cells between the columns, in all."""

_NEEDLE = re.compile(r"0x((?:\s*[0-9a-fA-F]{2})+)\s*")


def bytes_per_row(width: int, size: int) -> int:
    """How many bytes fit into a row of `width` cells: 8, 16, 32 or 64."""
    digits = offset_digits(size)
    return next((count for count in (64, 32, 16) if digits + GAPS + 4 * count <= width), 8)


def offset_digits(size: int) -> int:
    """Digits of the offsets in a content of `size` bytes: eight, more beyond 4 GiB."""
    return max(8, len(f"{max(0, size - 1):x}"))


def hex_row(content: bytes, offset: int, count: int, digits: int) -> tuple[str, str, str]:
    """Offset, bytes and ASCII of one row of `count` bytes; the last one of a content may have fewer."""
    half = count // 2
    left, right = content[:half].hex(" "), content[half:].hex(" ")
    values = f"{left:{half * 3 - 1}}  {right:{half * 3 - 1}}"
    text = "".join(chr(code) if 0x20 <= code < 0x7F else "·" for code in content)
    return f"{offset:0{digits}x}", values, text


def needle_of(text: str) -> bytes | None:
    """The bytes of ``0x`` and pairs of hexadecimal digits; None: it is a text."""
    found = _NEEDLE.fullmatch(text)
    return bytes.fromhex(found[1]) if found else None
