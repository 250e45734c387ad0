"""Lines of CSV, TSV and JSON as rows of a table, and tables as lines of text. Pure."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tui.features.content.words import ContentKind, Encoding, shown
from tui.text.format import cells, cut_end

WIDEST = 40
"""The maximum width of a column, in cells."""

MOST_COLUMNS = 200
"""Columns of a table. The text view shows the others."""

GAP = "  "

_DELIMITERS = {ContentKind.CSV: ",", ContentKind.TSV: "\t"}

_OTHERS = ";\t|"
"""Separators of a CSV without commas in its first line."""


@dataclass(slots=True)
class ColumnWidths:
    """The known columns, and the width of each."""

    names: list[str] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)

    def add(self, name: str) -> None:
        """Add a column unless it is known or there are too many."""
        if len(self.names) < MOST_COLUMNS and name not in self.names:
            self.names.append(name)
            self.widths.append(min(WIDEST, max(1, cells(shown(name)))))

    def widen(self, rows: Sequence[Sequence[str]]) -> None:
        """Make room for these rows. A column never becomes narrower, so that scrolling moves no column."""
        for row in rows:
            for at, value in enumerate(row):
                self.widths[at] = max(self.widths[at], min(WIDEST, cells(value)))


def delimiter_of(kind: ContentKind, first_line: str) -> str:
    """The separator of columns: comma, tab, or another one in the first line."""
    usual = _DELIMITERS.get(kind, ",")
    if usual in first_line:
        return usual
    return max(_OTHERS, key=first_line.count) if any(each in first_line for each in _OTHERS) else usual


def fields_of(line: str, delimiter: str) -> list[str]:
    """The fields of one line. A record with line ends inside quotes is several lines here."""
    try:
        return next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter), [])
    except csv.Error:
        return line.rstrip("\r\n").split(delimiter)


def is_header(fields: Sequence[str]) -> bool:
    """Whether the first line names columns: all names differ, and none is a number."""
    names = [each.strip() for each in fields]
    return bool(names) and all(names) and len(set(names)) == len(names) and not any(map(is_number, names))


def record_of(line: str) -> dict[str, str] | None:
    """The fields of a JSON object on one line, nested values as JSON; None for any other line."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return {str(name): text_of(each) for name, each in value.items()} if isinstance(value, dict) else None


def text_of(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def is_number(text: str) -> bool:
    """Whether a value is a number; numbers are aligned to the right."""
    try:
        float(text.replace(",", ""))
    except ValueError:
        return False
    return True


def rows_by_name(columns: ColumnWidths, records: Sequence[Mapping[str, str]]) -> list[list[str]]:
    """Records as rows of cells. New names become columns."""
    for record in records:
        for name in record:
            columns.add(name)
    return [[shown(record.get(name, "")) for name in columns.names] for record in records]


def rows_by_place(columns: ColumnWidths, records: Sequence[Sequence[str]]) -> list[list[str]]:
    """Fields as rows of cells. Fields beyond the header become columns named by their numbers."""
    for number in range(len(columns.names), min(MOST_COLUMNS, max(map(len, records), default=0))):
        columns.add(f"({number + 1})")
    width = len(columns.names)
    return [[shown(value) for value in record[:width]] + [""] * (width - len(record)) for record in records]


def laid_out(columns: ColumnWidths, rows: Sequence[Sequence[str]]) -> tuple[str, list[str]]:
    columns.widen(rows)
    right = [
        any(row[at] for row in rows) and all(is_number(row[at]) for row in rows if row[at])
        for at in range(len(columns.names))
    ]
    heading = _line([shown(name) for name in columns.names], columns.widths, right)
    return heading, [_line(row, columns.widths, right) for row in rows]


def _line(values: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    return GAP.join(
        _padded(cut_end(value, width), width, right=to_right)
        for value, width, to_right in zip(values, widths, right, strict=True)
    ).rstrip()


def _padded(text: str, width: int, *, right: bool) -> str:
    blank = " " * (width - cells(text))
    return blank + text if right else text + blank


LONGEST = 1024
"""Bytes of a row. Longer lines are split, so that 64 KiB always fill a screen."""


@dataclass(frozen=True, slots=True)
class TextRow:
    """One row: its bytes from `start` up to `end`, and its text, safe for a terminal.

    `begins`: a line begins here.
    """

    start: int
    end: int
    text: str
    begins: bool


@dataclass(frozen=True, slots=True)
class Cutter:
    """Splits at line ends, after `longest` bytes, and after `width` cells (0: lines are not wrapped)."""

    encoding: Encoding
    width: int = 0
    longest: int = LONGEST

    def cut(self, content: bytes, offset: int, most: int, *, begins: bool, at_end: bool) -> list[TextRow]:
        """At most `most` rows of content that begins at `offset`. A row that may continue after it is left out.

        `begins`: the content begins a line. `at_end`: the content is the last of the object.
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
        """The number of characters that the first `count` bytes of the row take as shown."""
        return len(shown(self.encoding.text(row[:count])))

    def ends_line(self, content: bytes) -> bool:
        return content.endswith(self.encoding.newline)

    def _length(self, content: bytes, at: int, *, at_end: bool) -> int:
        """Bytes of the row that begins at `at`; 0 if there is none, or if more bytes are needed."""
        unit = self.encoding.unit
        begin, newline = at, self.encoding.newline
        while (found := content.find(newline, begin, at + self.longest)) >= 0 and (found - at) % unit:
            begin = found + 1 + (at - found - 1) % unit  # inside a character: continue after it
        if found >= 0:
            return found + unit - at
        rest = len(content) - at
        if rest > self.longest:
            return self._whole_characters(content, at, self.longest)
        return rest if at_end else 0

    def _whole_characters(self, content: bytes, at: int, length: int) -> int:
        """The length of the whole characters in the first `length` bytes."""
        if self.encoding.codec == "utf-8":
            for fewer in range(4):
                if content[at + length - fewer] & 0xC0 != 0x80:  # not a continuation byte
                    return length - fewer
        return length


def _fitting(text: str, width: int) -> str:
    """The longest start of a text that fits into `width` cells; at least one character."""
    low, high = 1, len(text)
    if text.isascii() and text.isprintable():
        return text[:width]
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if cells(shown(text[:middle])) <= width else (low, middle - 1)
    return text[:low]


def line_begins(content: bytes, encoding: Encoding) -> int:
    """The offset after the first line end; -1 if there is none, or nothing follows it."""
    unit = encoding.unit
    found = content.find(encoding.newline)
    while found >= 0 and found % unit:
        found = content.find(encoding.newline, found + 1)
    return found + unit if 0 <= found < len(content) - unit else -1
