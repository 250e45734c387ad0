"""How bytes are read as text: what an encoding is guessed from, and lines that no terminal acts on. Pure."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from tui.text.format import visible

TAB = 8
"""Cells between two tab stops."""

SAMPLE = 8192
"""Bytes by which it is decided whether a content is text."""

_MOST_CONTROLS = 0.1
"""A share of control characters from which on a content is no text."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding of text: Python's name of it, the bytes of a line end, and those of the smallest character."""

    name: str
    codec: str
    newline: bytes = b"\n"
    mark: bytes = b""
    """The byte order mark that it is recognised by."""

    @property
    def unit(self) -> int:
        """Bytes of the smallest character: lines begin at a multiple of it."""
        return len(self.newline)

    def text(self, content: bytes) -> str:
        """The text; a byte that is none becomes a lone surrogate, which `visible` shows as ``<FF>``."""
        if self.unit == 1:
            return content.decode(self.codec, "surrogateescape")
        return content.decode(self.codec, "replace")

    def bytes_of(self, text: str) -> bytes:
        """The bytes of a text."""
        return text.encode(self.codec, "surrogateescape" if self.unit == 1 else "replace")


UTF_8 = Encoding("UTF-8", "utf-8", mark=codecs.BOM_UTF8)
LATIN_1 = Encoding("Latin-1", "latin-1")
UTF_16_LE = Encoding("UTF-16 LE", "utf-16-le", b"\n\0", codecs.BOM_UTF16_LE)
UTF_16_BE = Encoding("UTF-16 BE", "utf-16-be", b"\0\n", codecs.BOM_UTF16_BE)

ENCODINGS = (UTF_8, LATIN_1, UTF_16_LE, UTF_16_BE)
"""In the order in which a key offers them."""


def encoding_of(beginning: bytes) -> Encoding:
    """By the byte order mark, else UTF-8 where the beginning is such, else Latin-1."""
    for encoding in ENCODINGS:
        if encoding.mark and beginning.startswith(encoding.mark):
            return encoding
    sample = beginning[:SAMPLE]
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)  # a character that is cut at the end is none the worse
    except UnicodeDecodeError:
        return LATIN_1
    return UTF_8


def is_binary(beginning: bytes) -> bool:
    """Whether a content is no text: NUL bytes, or many other control characters; escape sequences are text."""
    if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return False
    sample = beginning[:SAMPLE]
    if b"\0" in sample:
        return True
    controls = sum(sample.count(code) for code in range(0x20) if code not in b"\t\n\r\f\b\x1b")
    return controls > len(sample) * _MOST_CONTROLS


def shown(line: str) -> str:
    """A line of text for a terminal: tabs are spaces, all else that it would act on is visible."""
    line = line.rstrip("\r\n")
    if "\t" in line:
        line = line.expandtabs(TAB)
    return visible(line)
