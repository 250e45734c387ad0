"""Buckets, prefixes and objects as a table that can be unfolded: only the rows on screen are ever made."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.events import Click, MouseDown, MouseMove, MouseUp
from textual.geometry import Offset, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from tui.core.identity import AddressBook
from tui.core.location import Location
from tui.kit.commands import COMMANDS
from tui.panes import news
from tui.panes.arrangement import Arrangement
from tui.panes.cells import (
    GUIDE_WIDTH,
    INDENT,
    MARK_WIDTH,
    NOTHING,
    Cell,
    CellPart,
    ColumnPlan,
    both_need,
    entry_cells,
    guide_span,
    heading_cells,
    needed_by,
    plan_columns,
    status_cell,
)
from tui.panes.columns import AUTOMATIC, ColumnNames, Surroundings
from tui.panes.rows import PaneRow, RowKind, later
from tui.panes.tree import Anchors, Tree
from tui.text import format as fmt

AGE_SECONDS = 20.0
"""Seconds between repaints of young rows."""

CURSOR, CURSOR_IDLE, HOVER, DROP = (
    "tree-table--cursor",
    "tree-table--cursor-idle",
    "tree-table--hover",
    "tree-table--drop",
)


class TreeTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows a `Tree` that its pane owns. When it has changed the pane calls `sync`: the cursor follows its key."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {*(part.value for part in CellPart), CURSOR, CURSOR_IDLE, HOVER, DROP}

    book: reactive[AddressBook] = reactive(AddressBook())
    bucket_owner: reactive[str] = reactive("")
    """A canonical id; empty while it is not known."""

    chosen: reactive[ColumnNames] = reactive(AUTOMATIC)
    shift: reactive[int] = reactive(0)
    """Cells hidden at the start of each name."""

    def __init__(self, tree: Tree, *, clock: Callable[[], float] = time.time, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self.shown = tree
        self.plan = ColumnPlan(0)
        self._needed = NOTHING
        """The widest texts on screen so far: columns grow with them, and never shrink under the reader."""
        self.cursor = 0
        self.hovered: int | None = None
        self.drop_row: int | None = None
        self._clock = clock
        self._anchors = Anchors()

    def on_mount(self) -> None:
        """Young rows show their age, which grows."""
        self.set_interval(AGE_SECONDS, self.show_ages)

    def show_ages(self) -> None:
        top, now = self.scroll_offset.y, self._clock()
        for number in range(top, top + self.size.height):
            row = self.row_at(number)
            if row and row.is_entry and 0 <= now - row.modified < fmt.HOUR + 2 * AGE_SECONDS:
                self.refresh_line(number)

    def show(self, tree: Tree, cursor: Location | None = None) -> None:
        """Show another tree, with the cursor on the entry `cursor` as soon as it is there."""
        self.shown = tree
        self.cursor, self._anchors = 0, Anchors(awaited=cursor)
        self.hovered = self.drop_row = None
        self._needed, self.shift = NOTHING, 0
        self.scroll_to(y=0, animate=False)
        self.sync()

    def await_entry(self, cursor: Location, instead: Location | None = None) -> None:
        """Put the cursor on an entry as soon as it is there and `instead` is not, unless the user moves it first."""
        self._anchors.awaited, self._anchors.instead = cursor, instead
        self.sync()

    @property
    def cursor_row(self) -> PaneRow | None:
        return self.row_at(self.cursor)

    def row_at(self, number: int) -> PaneRow | None:
        return self.shown.row(number) if 0 <= number < self.shown.row_count else None

    def sync(self) -> None:
        """After a change of the tree: keep the cursor on its entry, and the rows where they are."""
        scroll, was = self.scroll_offset.y, self.cursor
        in_view = scroll <= was < scroll + max(1, self.size.height)
        self.cursor = self._anchors.cursor(self.shown, was)
        shift = self.cursor - was if in_view else self._anchors.top_shift(self.shown, scroll)
        self.virtual_size = Size(self.scrollable_content_region.width, self.shown.row_count)
        if scroll or (in_view and self.cursor >= self.size.height):
            self.scroll_to(y=scroll + shift, animate=False)
        self._anchors.remember(self.cursor_row)
        self._anchors.remember_top(self.row_at(self.scroll_offset.y))
        self._fit()
        self.refresh()
        self.post_message(news.CursorMoved())

    def _fit(self) -> None:
        top, around = self.scroll_offset.y, self.around
        for number in range(top, top + self.size.height):
            row = self.row_at(number)
            if row and row.is_entry:
                self._needed = both_need(self._needed, needed_by(row, around))
        plan = plan_columns(self.scrollable_content_region.width, self._needed, self.chosen)
        if plan != self.plan:
            self.plan = plan
            self.refresh()
            self.post_message(news.ColumnsPlanned())

    @property
    def around(self) -> Surroundings:
        """What the texts of rows depend on beside the rows."""
        return Surroundings(self.book, self.bucket_owner, self._clock())

    watch_book = watch_bucket_owner = watch_chosen = _fit

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._anchors.remember_top(self.row_at(round(new_value)))
        self._fit()

    def move(self, number: int) -> None:
        """Move the cursor to row `number`, or the nearest there is, and into view."""
        number = max(0, min(number, self.shown.row_count - 1))
        old, self.cursor = self.cursor, number
        self._anchors.moved(self.cursor_row)
        self.refresh_line(old)
        self.refresh_line(number)
        self.bring_into_view(number)
        if old != number:
            self.post_message(news.CursorMoved())

    def bring_into_view(self, number: int) -> None:
        top, height = self.scroll_offset.y, max(1, self.scrollable_content_region.height)
        if number < top:
            self.scroll_to(y=number, animate=False)
        elif number >= top + height:
            self.scroll_to(y=number - height + 1, animate=False)

    @property
    def page(self) -> int:
        return max(1, self.scrollable_content_region.height - 1)

    def highlight(self, *, hovered: int | None = None, drop: int | None = None) -> None:
        """Show the row under the pointer, and the row that a drag would drop onto."""
        for number in {self.hovered, self.drop_row, hovered, drop} - {None}:
            self.refresh_line(number or 0)
        self.hovered, self.drop_row = hovered, drop

    def on_resize(self) -> None:
        self._fit()
        self.virtual_size = Size(self.scrollable_content_region.width, self.shown.row_count)
        self.bring_into_view(self.cursor)
        self.refresh()

    def on_focus(self) -> None:
        self.refresh_line(self.cursor)

    def on_blur(self) -> None:
        self.refresh_line(self.cursor)

    def render_line(self, y: int) -> Strip:
        number = self.scroll_offset.y + y
        row = self.row_at(number)
        if row is None:
            return Strip.blank(self.size.width, self.rich_style)
        base = self._row_style(number)
        width = self.scrollable_content_region.width
        # Whole styles, not partial ones: only those have translucent theme colours blended in.
        cells = (Segment(text, self.get_component_rich_style(part.value) + base) for text, part in self._cells(row))
        one_per_style = Strip(cells).simplify()  # neighbours of one style are one piece for all that comes after
        return one_per_style.adjust_cell_length(width, base or self.rich_style)

    def _cells(self, row: PaneRow) -> Iterator[Cell]:
        if row.is_entry:
            yield from entry_cells(
                row, self.plan, self.around, marked=row.location in self.shown.marks, shift=self.shift
            )
            return
        if row.kind is RowKind.PARENT:
            yield " " * (MARK_WIDTH + GUIDE_WIDTH) + row.name, CellPart.CONTAINER
            return
        indent = MARK_WIDTH + INDENT * row.depth
        yield " " * indent, CellPart.GUIDE
        yield status_cell(row.branch, self.scrollable_content_region.width - indent)

    def _row_style(self, number: int) -> Style | None:
        """By priority: drop target, cursor, under the pointer."""
        if number == self.drop_row:
            return self.get_component_rich_style(DROP)
        if number == self.cursor:
            return self.get_component_rich_style(CURSOR if self.has_focus else CURSOR_IDLE)
        return Style(bgcolor=self.get_component_rich_style(HOVER).bgcolor) if number == self.hovered else None


class TableHeader(Widget):
    """One line, in the columns of the table below it."""

    ALLOW_SELECT = False
    plan: reactive[ColumnPlan] = reactive(ColumnPlan(0))
    arrangement: reactive[Arrangement] = reactive(Arrangement())
    """The sort shown in the headings."""

    def render_line(self, y: int) -> Strip:  # noqa: ARG002  # the only line
        text = "".join(cell for cell, _ in heading_cells(self.plan, self.arrangement))
        return Strip([Segment(text, self.rich_style)]).adjust_cell_length(self.size.width, self.rich_style)

    def on_click(self, event: Click) -> None:
        left = 0
        for cell, key in heading_cells(self.plan, self.arrangement):
            left += len(cell)
            if event.x < left:
                if key:
                    self.post_message(news.SortChosen(key))
                return


DRAG_COLUMNS = 2
"""A press becomes a drag after so many columns, or one row: hands tremble."""

EDGE_LINES_PER_MOVE = 1
"""Rows that a drag along the upper or lower edge scrolls by for each move of the pointer."""


@dataclass(frozen=True, slots=True)
class Press:
    """The left button went down on an entry, or (None) on a status, with the pointer at a cell of the screen."""

    entry: Location | None
    pointer: Offset


class PointedTable(TreeTable):
    """A tree table that can be used with the mouse alone."""

    _press: Press | None = None
    _dragging = False
    _dragged = False

    @property
    def dragging(self) -> bool:
        return self._dragging

    def row_number_at(self, pointer: Offset) -> int | None:
        """The row at a cell of the screen; None if there is none."""
        if not self.region.contains_point(pointer):
            return None
        number = pointer.y - self.region.y + self.scroll_offset.y
        return number if number < self.shown.row_count else None

    def on_mouse_down(self, event: MouseDown) -> None:
        """Move the cursor or mark, and capture the pointer for a drag. The right button opens the menu."""
        number = self.row_number_at(event.screen_offset)
        self._dragged = False
        if event.button == news.RIGHT_BUTTON and not self._dragging:
            event.stop()
            self.post_message(news.MenuOpened(number, event.screen_offset))
        if event.button != 1 or number is None:
            return
        if event.shift:
            self._mark_range(self.cursor, number)
        elif event.ctrl or event.meta:
            self._mark_range(number, number, toggle=True)
        self.move(number)
        row = self.cursor_row
        self._press = Press(row.location if row and row.is_entry else None, event.screen_offset)
        self.capture_mouse()

    def _mark_range(self, start: int, end: int, *, toggle: bool = False) -> None:
        for number in range(min(start, end), max(start, end) + 1):
            self.shown.mark(self.shown.row(number), on=None if toggle else True)
            self.refresh_line(number)
        self.post_message(news.MarksChanged())

    def on_mouse_move(self, event: MouseMove) -> None:
        pointer = event.screen_offset
        if self._dragging:
            self.post_message(news.DragMoved(pointer))
        elif self._press and (number := self._dragged_row(self._press, pointer)) is not None:
            self._dragging = self._dragged = True
            self.highlight()
            self.post_message(news.DragBegun(number, pointer))
        elif not self._press:
            self.highlight(hovered=self.row_number_at(pointer), drop=self.drop_row)

    def _dragged_row(self, press: Press, pointer: Offset) -> int | None:
        """The row of the pressed entry, once that is a drag; None before. Rows may have come above it."""
        moved = pointer - press.pointer
        is_drag = abs(moved.x) >= DRAG_COLUMNS or moved.y != 0
        return self.shown.row_of(press.entry) if press.entry and is_drag else None

    def on_mouse_up(self, event: MouseUp) -> None:
        self._press = None
        if self._dragging:
            self._dragging = False
            self.post_message(news.DragEnded(event.screen_offset))
        self.release_mouse()

    def on_mouse_release(self) -> None:
        """Another widget took the pointer: end the drag without a drop."""
        if self._dragging:
            self.post_message(news.DragEnded(None))
        self._press, self._dragging = None, False

    def cancel_drag(self) -> None:
        self._press, self._dragging = None, False
        self.release_mouse()
        self.post_message(news.DragEnded(None))

    def on_click(self, event: Click) -> None:
        """A click on the guide expands; a double click on the row opens it."""
        number = self.row_number_at(event.screen_offset)
        if self._dragged or number is None or event.button != 1 or event.shift or event.ctrl or event.meta:
            return
        if event.x in guide_span(self.shown.row(number)):
            self.post_message(news.RowToggled(number))
        elif event.chain == 2:
            self.post_message(news.RowOpened(number))

    def on_leave(self) -> None:
        self.highlight(drop=self.drop_row)

    def scroll_at_edge(self, pointer: Offset) -> None:
        """Bring further rows into view while a drag is along the upper or lower edge."""
        if not self.region.contains_point(pointer):
            return
        if pointer.y == self.region.y:
            self.scroll_to(y=self.scroll_offset.y - EDGE_LINES_PER_MOVE, animate=False)
        elif pointer.y == self.region.bottom - 1:
            self.scroll_to(y=self.scroll_offset.y + EDGE_LINES_PER_MOVE, animate=False)


TABLE_COMMANDS = frozenset(
    (
        "cursor_down",
        "cursor_up",
        "page_down",
        "page_up",
        "first",
        "last",
        "names_left",
        "names_right",
        "mark",
        "invert_marks",
    )
)
"""The commands that concern rows alone."""


NAME_STEP = 8
"""Cells by which names are shifted."""


class KeyedTable(PointedTable):
    """A tree table that can be used with the keyboard alone."""

    BINDINGS: ClassVar[list[BindingType]] = [command.binding() for command in COMMANDS if command.id in TABLE_COMMANDS]

    def action_cursor_down(self) -> None:
        self.move(self.cursor + 1)

    def action_cursor_up(self) -> None:
        self.move(self.cursor - 1)

    def action_page_down(self) -> None:
        self.move(self.cursor + self.page)

    def action_page_up(self) -> None:
        self.move(self.cursor - self.page)

    def action_first(self) -> None:
        """Move to the first entry; from there to ``..``."""
        self.move(0 if self.cursor == self.shown.first else self.shown.first)

    def action_last(self) -> None:
        self.move(self.shown.row_count - 1)

    def action_names_left(self) -> None:
        self.shift = max(0, self.shift - NAME_STEP)

    def action_names_right(self) -> None:
        top, room = self.scroll_offset.y, self.plan.name
        rows = [row for number in range(top, top + self.size.height) if (row := self.row_at(number))]
        longest = max((fmt.cells(fmt.visible(row.name)) for row in rows if row.is_entry), default=0)
        if longest - self.shift > room // 2:
            self.shift += NAME_STEP

    def action_mark(self) -> None:
        if row := self.cursor_row:
            self.shown.mark(row)
            self.refresh_line(self.cursor)
            self.move(self.cursor + 1)
            self.post_message(news.MarksChanged())

    def action_invert_marks(self) -> None:
        """Invert the marks; rows hidden by a filter keep theirs."""
        self.shown.invert_marks()
        if self.shown.inverts_later:
            self.notify(f"{later().capitalize()}.", markup=False)
        self.marks_changed()

    def mark_matching(self, pattern: str, *, on: bool) -> None:
        self.shown.mark_matching(pattern, on=on)
        self.marks_changed()

    def clear_marks(self) -> None:
        self.shown.marks.clear()
        self.shown.inverts_later = False
        self.marks_changed()

    def restore_marks(self) -> None:
        """Mark again what Esc has unmarked."""
        self.shown.marks |= self.shown.cleared
        self.marks_changed()

    def marks_changed(self) -> None:
        self.refresh()
        self.post_message(news.MarksChanged())
