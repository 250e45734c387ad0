"""The differences of two places as a tree of prefixes: which lines there are to be shown. No widget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from tui.core.location import DELIMITER
from tui.model.comparing.comparison import ComparedRow, ComparisonState

MOST_ROWS = 50_000
"""Rows that are kept; of more only the counts are shown."""


@dataclass(slots=True)
class PrefixLine:
    """A prefix, how many differences are kept below it, and whether they are shown."""

    name: str
    depth: int
    rows: int = 0
    open: bool = True


@dataclass(frozen=True, slots=True)
class RowLine:
    """One name."""

    row: ComparedRow
    depth: int


Line = PrefixLine | RowLine


class DifferenceTree:
    """Rows in key order, those of some states shown; prefixes can be closed, rows marked."""

    def __init__(self) -> None:
        self.rows: list[ComparedRow] = []
        self.lines: list[Line] = []
        self.only: ComparisonState | None = None
        """The state whose rows are shown; None: all."""
        self.marked: set[str] = set()
        """Names of marked rows."""
        self.cut = 0
        """How many rows were not kept."""
        self._prefixes: dict[str, PrefixLine] = {}
        self._way: list[PrefixLine] = []

    def emptied(self) -> DifferenceTree:
        """A tree without rows, in which the same states are shown, prefixes closed and names marked."""
        tree = DifferenceTree()
        tree.only, tree.marked = self.only, set(self.marked)
        tree._prefixes = {name: replace(line, rows=0) for name, line in self._prefixes.items() if not line.open}
        return tree

    def complete(self) -> None:
        """All rows are there: a name that has none any more, or is the same at both places by now, is not marked."""
        self.marked &= {row.name for row in self.rows if row.state is not ComparisonState.SAME}

    def add(self, rows: Iterable[ComparedRow]) -> None:
        """Further rows, behind those that are there."""
        for row in rows:
            if len(self.rows) >= MOST_ROWS:
                self.cut += 1
                continue
            self.rows.append(row)
            if self._shown(row):
                self._put(row)

    def choose(self, only: ComparisonState | None) -> None:
        """Show the rows of one state, or all."""
        self.only = only
        self._rebuild()

    def toggle(self, line: PrefixLine) -> None:
        """Close a prefix, or open it."""
        line.open = not line.open
        self._rebuild()

    def mark(self, line: Line) -> None:
        """Mark a row, or take its mark away; of a prefix all shown rows below it, or none."""
        if isinstance(line, RowLine):
            self.marked ^= {line.row.name}
            return
        names = {row.name for row in self.rows if row.name.startswith(line.name) and self._shown(row)}
        self.marked = self.marked - names if names <= self.marked else self.marked | names

    def marked_rows(self) -> Iterator[ComparedRow]:
        """The rows that are marked, in key order."""
        return (row for row in self.rows if row.name in self.marked)

    def _shown(self, row: ComparedRow) -> bool:
        return self.only is None or row.state is self.only

    def _rebuild(self) -> None:
        for prefix in self._prefixes.values():
            prefix.rows = 0
        self.lines, self._way = [], []
        for row in self.rows:
            if self._shown(row):
                self._put(row)

    def _put(self, row: ComparedRow) -> None:
        """Append a row behind the lines of its prefixes, as far as they are new and not below a closed one."""
        while self._way and not row.name.startswith(self._way[-1].name):
            self._way.pop()
        at = len(self._way[-1].name) if self._way else 0
        while (end := row.name.find(DELIMITER, at) + 1) and end < len(row.name):
            prefix = self._prefixes.setdefault(row.name[:end], PrefixLine(row.name[:end], len(self._way)))
            if all(above.open for above in self._way):
                self.lines.append(prefix)
            self._way.append(prefix)
            at = end
        for prefix in self._way:
            prefix.rows += 1
        if all(prefix.open for prefix in self._way):
            self.lines.append(RowLine(row, len(self._way)))
