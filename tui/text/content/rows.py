"""Text cut into the rows of a screen, each known by the bytes that it is made of. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from tui.text.content.encodings import Encoding, shown
from tui.text.format import cells

LONGEST = 1024
"""Bytes of a row: a line without an end is cut into such rows, so that 64 KiB always fill a screen."""


@dataclass(frozen=True, slots=True)
class TextRow:
    """One row: its bytes from `start` up to `end`, its text as a terminal may have it.

    `begins`: a line begins here; else it goes on.
    """

    start: int
    end: int
    text: str
    begins: bool


@dataclass(frozen=True, slots=True)
class Cutter:
    """Cuts by line ends, into rows of at most `longest` bytes, and by `width` in cells (0: lines are not wrapped)."""

    encoding: Encoding
    width: int = 0
    longest: int = LONGEST

    def cut(self, content: bytes, offset: int, most: int, *, begins: bool, at_end: bool) -> list[TextRow]:
        """At most so many rows of a content that begins at `offset`; what may go on behind it makes no row yet.

        `begins`: a line begins with it. `at_end`: nothing comes behind it.
        """
        rows: list[TextRow] = []
        at = 0
        while len(rows) < most and (length := self._length(content, at, at_end=at_end)):
            row = content[at : at + length]
            text = self.encoding.text(row)
            if self.width and cells(shown(text)) > self.width:
                text = _fitting(text, self.width)
                length = len(self.encoding.bytes_of(text))
                row = content[at : at + length]
            if not offset + at:
                text = text.removeprefix("\ufeff")
            rows.append(TextRow(offset + at, offset + at + length, shown(text), begins))
            begins = self.ends_line(row)
            at += length
        return rows

    def characters(self, row: bytes, count: int) -> int:
        """How many characters of the row's shown text its first `count` bytes are."""
        return len(shown(self.encoding.text(row[:count])))

    def ends_line(self, content: bytes) -> bool:
        """Whether a line ends with it."""
        return content.endswith(self.encoding.newline)

    def _length(self, content: bytes, at: int, *, at_end: bool) -> int:
        """Bytes of the row that begins at `at`; 0: there is none, or more has to be known."""
        unit = self.encoding.unit
        found = self._line_end(content, at, at + self.longest)
        if found >= 0:
            return found + unit - at
        rest = len(content) - at
        if rest > self.longest:
            return self._whole_characters(content, at, self.longest)
        return rest if at_end else 0

    def _line_end(self, content: bytes, at: int, stop: int) -> int:
        newline, unit = self.encoding.newline, self.encoding.unit
        while (found := content.find(newline, at, stop)) >= 0 and (found - at) % unit:
            at_next = found + 1
            aligned = at_next + (-(at_next - at)) % unit
            at = aligned
        return found

    def _whole_characters(self, content: bytes, at: int, length: int) -> int:
        """As many of so many bytes as are whole characters."""
        if self.encoding.codec == "utf-8":
            for fewer in range(4):
                if content[at + length - fewer] & 0xC0 != 0x80:  # no byte that continues a character
                    return length - fewer
        return length


def _fitting(text: str, width: int) -> str:
    """The longest start of a text that takes at most `width` cells; at least one character."""
    low, high = 1, len(text)
    if text.isascii() and text.isprintable():
        return text[:width]
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if cells(shown(text[:middle])) <= width else (low, middle - 1)
    return text[:low]


def line_begins(content: bytes, encoding: Encoding) -> int:
    """The offset in `content` behind its first line end; -1: it has none, or nothing behind it."""
    unit = encoding.unit
    found = content.find(encoding.newline)
    while found >= 0 and found % unit:
        found = content.find(encoding.newline, found + 1)
    return found + unit if 0 <= found < len(content) - unit else -1
