"""Lines of CSV, TSV and JSON as rows of a table, and tables as lines of text. Pure."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tui.text.content.encodings import shown
from tui.text.content.kinds import Kind
from tui.text.format import cells, cut_end

WIDEST = 40
"""Cells of a column at most."""

MOST_COLUMNS = 200
"""Columns of a table; what is beyond them is seen in the text."""

GAP = "  "

_DELIMITERS = {Kind.CSV: ",", Kind.TSV: "\t"}

_OTHERS = ";\t|"
"""What stands between the columns of a CSV that has no commas in its first line."""


@dataclass(slots=True)
class Columns:
    """The columns as far as they are known, and how wide each has become."""

    names: list[str] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)

    def add(self, name: str) -> None:
        """One more, if it is not known, and there are not too many."""
        if len(self.names) < MOST_COLUMNS and name not in self.names:
            self.names.append(name)
            self.widths.append(min(WIDEST, max(1, cells(shown(name)))))

    def widen(self, rows: Sequence[Sequence[str]]) -> None:
        """Make room for the values of these rows; a column never becomes narrower, so that scrolling moves none."""
        for row in rows:
            for at, value in enumerate(row):
                self.widths[at] = max(self.widths[at], min(WIDEST, cells(value)))


def delimiter_of(kind: Kind, first_line: str) -> str:
    """What separates the columns: a comma or tab, or what else the first line has."""
    usual = _DELIMITERS.get(kind, ",")
    if usual in first_line:
        return usual
    return max(_OTHERS, key=first_line.count) if any(each in first_line for each in _OTHERS) else usual


def fields_of(line: str, delimiter: str) -> list[str]:
    """The fields of one line; of a record with line ends inside quotes each line is shown by itself."""
    try:
        return next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter), [])
    except csv.Error:
        return line.rstrip("\r\n").split(delimiter)


def is_header(fields: Sequence[str]) -> bool:
    """Whether a first line names columns: each has a name of its own, and none is a number."""
    names = [each.strip() for each in fields]
    return bool(names) and all(names) and len(set(names)) == len(names) and not any(map(is_number, names))


def record_of(line: str) -> dict[str, str] | None:
    """The fields of a JSON object in one line, nested values as JSON; None: it is none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return {str(name): text_of(each) for name, each in value.items()} if isinstance(value, dict) else None


def text_of(value: object) -> str:
    """A value as a cell shows it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def is_number(text: str) -> bool:
    """Whether a value is a number, which is aligned to the right."""
    try:
        float(text.replace(",", ""))
    except ValueError:
        return False
    return True


def rows_by_name(columns: Columns, records: Sequence[Mapping[str, str]]) -> list[list[str]]:
    """Records as rows of cells; names that were not known become columns."""
    for record in records:
        for name in record:
            columns.add(name)
    return [[shown(record.get(name, "")) for name in columns.names] for record in records]


def rows_by_place(columns: Columns, records: Sequence[Sequence[str]]) -> list[list[str]]:
    """Fields as rows of cells; fields beyond the header become columns that are called by their number."""
    for number in range(len(columns.names), min(MOST_COLUMNS, max(map(len, records), default=0))):
        columns.add(f"({number + 1})")
    width = len(columns.names)
    return [[shown(value) for value in record[:width]] + [""] * (width - len(record)) for record in records]


def laid_out(columns: Columns, rows: Sequence[Sequence[str]]) -> tuple[str, list[str]]:
    """The heading and the rows as lines of equal columns."""
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
