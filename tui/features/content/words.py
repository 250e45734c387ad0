"""The kind, encoding, hexadecimal lines and formatted JSON of content. Pure."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from tui.core.json_text import is_json
from tui.text.format import visible


class ContentKind(StrEnum):
    """The kinds with a view of their own; the values are shown in the title."""

    TEXT = "text"
    JSON = "JSON"
    JSON_LINES = "JSON lines"
    CSV = "CSV"
    TSV = "TSV"
    PARQUET = "Parquet"
    IMAGE = "image"
    BINARY = "binary"


_COMPRESSED_ENDINGS = (".gz", ".gzip", ".zst", ".zstd", ".bz2")

_ENDINGS = {
    ".json": ContentKind.JSON,
    ".geojson": ContentKind.JSON,
    ".jsonl": ContentKind.JSON_LINES,
    ".ndjson": ContentKind.JSON_LINES,
    ".csv": ContentKind.CSV,
    ".tsv": ContentKind.TSV,
    ".tab": ContentKind.TSV,
}
_TYPES = {
    "application/json": ContentKind.JSON,
    "application/x-ndjson": ContentKind.JSON_LINES,
    "application/jsonl": ContentKind.JSON_LINES,
    "text/csv": ContentKind.CSV,
    "text/tab-separated-values": ContentKind.TSV,
}

_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM", b"II*\0", b"MM\0*")


def inner_name(name: str) -> str:
    """The name without the suffix of the compression."""
    lowered = name.lower()
    ending = next((ending for ending in _COMPRESSED_ENDINGS if lowered.endswith(ending)), "")
    return name[: len(name) - len(ending)] if ending else name


def kind_of(name: str, content_type: str, beginning: bytes) -> ContentKind:
    """The kind of content by its name, type and first (decompressed) bytes."""
    if beginning.startswith(b"PAR1"):
        return ContentKind.PARQUET
    if is_image(beginning):
        return ContentKind.IMAGE
    if is_binary(beginning):
        return ContentKind.BINARY
    name = inner_name(name).lower()
    by_name = next((kind for ending, kind in _ENDINGS.items() if name.endswith(ending)), None)
    return by_name or _TYPES.get(content_type.partition(";")[0].strip().lower(), ContentKind.TEXT)


def is_image(beginning: bytes) -> bool:
    """Whether these are the first bytes of an image: PNG, JPEG, GIF, BMP, TIFF or WebP."""
    if beginning[:2] == b"BM" and not is_binary(beginning):
        return False
    return beginning.startswith(_IMAGES) or (beginning[:4] == b"RIFF" and beginning[8:12] == b"WEBP")


TAB = 8
"""Cells between two tab stops."""

SAMPLE = 8192
"""Bytes that decide whether content is text."""

_MOST_CONTROLS = 0.1
"""The share of control characters that makes content binary."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """A text encoding: Python's name of it, the bytes of a line end, and of the smallest character."""

    name: str
    codec: str
    newline: bytes = b"\n"
    mark: bytes = b""
    """The byte order mark by which it is recognised."""

    @property
    def unit(self) -> int:
        """Bytes of the smallest character. Lines begin at a multiple of it."""
        return len(self.newline)

    def text(self, content: bytes) -> str:
        """Decode. An invalid byte becomes a lone surrogate, which `visible` shows as ``<FF>``."""
        if self.unit == 1:
            return content.decode(self.codec, "surrogateescape")
        return content.decode(self.codec, "replace")

    def bytes_of(self, text: str) -> bytes:
        return text.encode(self.codec, "surrogateescape" if self.unit == 1 else "replace")


UTF_8 = Encoding("UTF-8", "utf-8", mark=codecs.BOM_UTF8)
LATIN_1 = Encoding("Latin-1", "latin-1")
UTF_16_LE = Encoding("UTF-16 LE", "utf-16-le", b"\n\0", codecs.BOM_UTF16_LE)
UTF_16_BE = Encoding("UTF-16 BE", "utf-16-be", b"\0\n", codecs.BOM_UTF16_BE)

ENCODINGS = (UTF_8, LATIN_1, UTF_16_LE, UTF_16_BE)
"""In the order in which the key cycles through them."""


def encoding_of(beginning: bytes) -> Encoding:
    """By the byte order mark; else UTF-8 if the beginning is valid, else Latin-1."""
    for encoding in ENCODINGS:
        if encoding.mark and beginning.startswith(encoding.mark):
            return encoding
    sample = beginning[:SAMPLE]
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)  # a character cut off at the end is no error
    except UnicodeDecodeError:
        return LATIN_1
    return UTF_8


def is_binary(beginning: bytes) -> bool:
    """Whether content is binary: NUL bytes, or many other control characters. Escape sequences count as text."""
    if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return False
    sample = beginning[:SAMPLE]
    if b"\0" in sample:
        return True
    controls = sum(sample.count(code) for code in range(0x20) if code not in b"\t\n\r\f\b\x1b")
    return controls > len(sample) * _MOST_CONTROLS


def shown(line: str) -> str:
    """A line of text for a terminal: tabs become spaces, other control characters become visible."""
    line = line.rstrip("\r\n")
    if "\t" in line:
        line = line.expandtabs(TAB)
    return visible(line)


GAPS = 5
"""Cells between the columns, in total."""

_NEEDLE = re.compile(r"0x((?:\s*[0-9a-fA-F]{2})+)\s*")


def bytes_per_row(width: int, size: int) -> int:
    """How many bytes fit into a row of `width` cells: 8, 16, 32 or 64."""
    digits = offset_digits(size)
    return next((count for count in (64, 32, 16) if digits + GAPS + 4 * count <= width), 8)


def offset_digits(size: int) -> int:
    """Digits of the offsets for content of `size` bytes: eight, more beyond 4 GiB."""
    return max(8, len(f"{max(0, size - 1):x}"))


def hex_row(content: bytes, offset: int, count: int, digits: int) -> tuple[str, str, str]:
    """Offset, bytes and ASCII of one row of `count` bytes; the last row may have fewer."""
    half = count // 2
    left, right = content[:half].hex(" "), content[half:].hex(" ")
    values = f"{left:{half * 3 - 1}}  {right:{half * 3 - 1}}"
    text = "".join(chr(code) if 0x20 <= code < 0x7F else "·" for code in content)
    return f"{offset:0{digits}x}", values, text


def needle_of(text: str) -> bytes | None:
    """The bytes of ``0x`` and pairs of hexadecimal digits; None for any other text."""
    found = _NEEDLE.fullmatch(text)
    return bytes.fromhex(found[1]) if found else None


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)

STEP = "  "


def indented(text: str) -> str | None:
    """The formatted document; None if it is not JSON."""
    if not is_json(text):
        return None
    tokens = _TOKEN.findall(text.removeprefix("\ufeff"))
    lines, depth = [""], 0
    for word, following in pairwise([*tokens, ""]):
        if word in "}]":
            depth -= 1
            if not lines[-1].endswith(("{", "[")):
                lines.append(STEP * depth)
        lines[-1] += word + (" " if word == ":" else "")
        if word in "{[":
            depth += 1
        if word == "," or (word in "{[" and following not in ("}", "]")):
            lines.append(STEP * depth)
    return "\n".join(lines) + "\n"
