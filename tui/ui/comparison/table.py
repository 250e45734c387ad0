"""The lines of a comparison: only those on screen are made."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual.geometry import Size

from tui.core.location import DELIMITER
from tui.kit.row_table import RowTable
from tui.model.comparing.comparison import ComparedSide, ComparisonState
from tui.text import format as fmt
from tui.text.comparing.rows import SYMBOLS, short_why
from tui.ui.comparison.tree import DifferenceTree, Line, PrefixLine

CURSOR, DETAIL, PREFIX = "difference-table--cursor", "difference-table--detail", "difference-table--prefix"
OF_STATE = {state: f"difference-table--{state}" for state in ComparisonState}

WIDE = 110
"""From so many columns on times are shown to the minute, and evidence in a column."""


class DifferenceTable(RowTable):
    """Shows the lines of a tree; its screen owns the keys."""

    CURSOR = CURSOR
    COMPONENT_CLASSES: ClassVar[set[str]] = {CURSOR, DETAIL, PREFIX, *OF_STATE.values()}

    def __init__(self, differences: DifferenceTree) -> None:
        super().__init__(id="differences")
        self.differences = differences

    @property
    def count(self) -> int:
        """See `RowTable`."""
        return len(self.differences.lines)

    @property
    def line(self) -> Line | None:
        """The line under the cursor."""
        return self.differences.lines[self.cursor] if 0 <= self.cursor < self.count else None

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width

    def show(self) -> None:
        """The tree has other lines."""
        self.virtual_size = Size(self.size.width, self.count)
        self.cursor = max(0, min(self.cursor, self.count - 1))
        self.refresh()

    def cells(self, number: int) -> list[tuple[str, str]]:
        """See `RowTable`."""
        line = self.differences.lines[number]
        indent = "  " * min(line.depth, 8)
        if isinstance(line, PrefixLine):
            arrow = "▾" if line.open else "▸"
            shown = fmt.visible(line.name[:-1].rpartition(DELIMITER)[2] + DELIMITER)
            return [(f"   {indent}{arrow} ", DETAIL), (shown, PREFIX), (f"  {fmt.number(line.rows)}", DETAIL)]
        row = line.row
        mark = "●" if row.name in self.differences.marked else " "
        wide = self._width >= WIDE
        sides = f"{self._side(row.left, wide=wide)} {self._side(row.right, wide=wide)}"
        why = f" {short_why(row):<12}" if wide else ""
        room = max(8, self._width - 6 - len(indent) - len(sides) - len(why))
        name = fmt.cut_middle(fmt.visible(row.name.rpartition("/")[2] or row.name or "(the prefix itself)"), room)
        return [
            (f"{mark}{SYMBOLS[row.state]} ", OF_STATE[row.state]),
            (indent + "  " + name + " " * (room - cell_len(name)), ""),
            (f" {sides}{why}", DETAIL),
        ]

    def _side(self, side: ComparedSide | None, *, wide: bool) -> str:
        when = 16 if wide else 10
        if side is None:
            return f"{'—':>8} {'':<{when}}"
        time = fmt.time_exact(side.modified) if wide else fmt.time_day(side.modified)
        return f"{fmt.size(side.size):>8} {time:<{when}}"
