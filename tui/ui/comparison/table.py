"""The lines of a comparison: only those on screen are made."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.model.comparing.comparison import ComparedSide, ComparisonState
from tui.text import format as fmt
from tui.text.comparing.rows import SYMBOLS, short_why
from tui.ui.comparison.tree import DifferenceTree, Line, PrefixLine

CURSOR, DETAIL, PREFIX = "difference-table--cursor", "difference-table--detail", "difference-table--prefix"
OF_STATE = {state: f"difference-table--{state}" for state in ComparisonState}

WIDE = 110
"""From so many columns on times are shown to the minute, and evidence in a column."""


class DifferenceTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows the lines of a tree; its screen owns the keys."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {CURSOR, DETAIL, PREFIX, *OF_STATE.values()}

    class Opened(Message):
        """The line under the cursor was clicked again."""

    class Moved(Message):
        """The cursor is on another line."""

    def __init__(self, differences: DifferenceTree) -> None:
        super().__init__(id="differences")
        self.differences, self.cursor = differences, 0

    @property
    def line(self) -> Line | None:
        """The line under the cursor."""
        return self.differences.lines[self.cursor] if 0 <= self.cursor < len(self.differences.lines) else None

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width

    def show(self) -> None:
        """The tree has other lines."""
        self.virtual_size = Size(self.size.width, len(self.differences.lines))
        self.cursor = max(0, min(self.cursor, len(self.differences.lines) - 1))
        self.refresh()

    def move(self, number: int) -> None:
        """Put the cursor on a line, or the nearest there is, and bring it into view."""
        self.cursor = max(0, min(number, len(self.differences.lines) - 1))
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if not top <= self.cursor < top + height:
            self.scroll_to(y=self.cursor if self.cursor < top else self.cursor - height + 1, animate=False)
        self.refresh()
        self.post_message(self.Moved())

    def on_click(self, event: Click) -> None:
        """Move to the line under the pointer; on the cursor, open it."""
        number = self.scroll_offset.y + event.y
        if number == self.cursor:
            self.post_message(self.Opened())
        elif number < len(self.differences.lines):
            self.move(number)

    def render_line(self, y: int) -> Strip:
        """One line of the visible part."""
        number = self.scroll_offset.y + y
        if number >= len(self.differences.lines):
            return Strip.blank(self.size.width, self.rich_style)
        base = self.get_component_rich_style(CURSOR) if number == self.cursor else self.rich_style
        segments = [
            Segment(text, self.get_component_rich_style(name) + base if name else base)
            for text, name in self._cells(self.differences.lines[number])
        ]
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def _cells(self, line: Line) -> list[tuple[str, str]]:
        indent = "  " * min(line.depth, 8)
        if isinstance(line, PrefixLine):
            arrow = "▾" if line.open else "▸"
            shown = fmt.visible(line.name.rstrip("/").rpartition("/")[2] + "/")
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
