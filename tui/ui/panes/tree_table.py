"""Buckets, prefixes and objects as a table that can be unfolded: only the rows on screen are ever made."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.events import Click
from textual.geometry import Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from tui.core.identity import AddressBook
from tui.core.location import Location
from tui.text import format as fmt
from tui.ui.kit.messages import ColumnsPlanned, CursorMoved, SortChosen
from tui.ui.listing.anchors import Anchors
from tui.ui.listing.arrangement import Arrangement
from tui.ui.listing.columns import AUTOMATIC, Chosen, Surroundings
from tui.ui.listing.rows import Row
from tui.ui.listing.tree import Tree
from tui.ui.panes.cells import (
    INDENT,
    MARK_WIDTH,
    NOTHING,
    Cell,
    ColumnPlan,
    Part,
    both_need,
    entry_cells,
    heading_cells,
    needed_by,
    plan_columns,
    status_cell,
)

AGE_SECONDS = 20.0
"""How often the ages of young rows are painted again."""

CURSOR, CURSOR_IDLE, HOVER, DROP = (
    "tree-table--cursor",
    "tree-table--cursor-idle",
    "tree-table--hover",
    "tree-table--drop",
)


class TreeTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows a `Tree` that its pane owns. When it has changed the pane calls `sync`: the cursor follows its key."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {*(part.value for part in Part), CURSOR, CURSOR_IDLE, HOVER, DROP}

    book: reactive[AddressBook] = reactive(AddressBook())
    """The names of owners."""
    bucket_owner: reactive[str] = reactive("")
    """The canonical id of the bucket's owner, empty while it is not known."""

    chosen: reactive[Chosen] = reactive(AUTOMATIC)
    """The columns that the user wants."""
    shift: reactive[int] = reactive(0)
    """So many cells at the start of each name are out of sight."""

    def __init__(self, tree: Tree, *, clock: Callable[[], float] = time.time, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        """`clock` returns the current time in seconds since the epoch."""
        super().__init__(id=id)
        self.shown = tree
        self.plan = ColumnPlan(0)
        self._needed = NOTHING
        """What the rows that were on screen so far need: columns grow with them, and never shrink under the reader."""
        self.cursor = 0
        self.hovered: int | None = None
        self.drop_row: int | None = None
        """The container that a drag would drop onto."""
        self._clock = clock
        self._anchors = Anchors()

    def on_mount(self) -> None:
        """Young rows show their age: it grows while nothing else happens."""
        self.set_interval(AGE_SECONDS, self.show_ages)

    def show_ages(self) -> None:
        """Paint the rows on screen again whose age is shown."""
        top, now = self.scroll_offset.y, self._clock()
        for number in range(top, top + self.size.height):
            row = self.row_at(number)
            if row and row.is_entry and 0 <= now - row.modified < fmt.HOUR + 2 * AGE_SECONDS:
                self.refresh_line(number)

    def show(self, tree: Tree, cursor: Location | None = None) -> None:
        """Show another tree, the cursor on the entry `cursor` as soon as it is there."""
        self.shown = tree
        self.cursor, self._anchors = 0, Anchors(awaited=cursor)
        self.hovered = self.drop_row = None
        self._needed, self.shift = NOTHING, 0
        self.scroll_to(y=0, animate=False)
        self.sync()

    def await_entry(self, cursor: Location) -> None:
        """Put the cursor on an entry as soon as it is there, unless it is moved before."""
        self._anchors.awaited = cursor
        self.sync()

    @property
    def cursor_row(self) -> Row | None:
        """The row under the cursor."""
        return self.row_at(self.cursor)

    def row_at(self, number: int) -> Row | None:
        """The row at `number`, None if there is none."""
        return self.shown.row(number) if 0 <= number < self.shown.row_count else None

    def sync(self) -> None:
        """The tree has changed: keep the cursor on its entry and the rows where they are on screen."""
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
        self.post_message(CursorMoved())

    def _fit(self) -> None:
        """Plan the columns for the texts of the rows on screen."""
        top, around = self.scroll_offset.y, self._around
        for number in range(top, top + self.size.height):
            row = self.row_at(number)
            if row and row.is_entry:
                self._needed = both_need(self._needed, needed_by(row, around))
        plan = plan_columns(self.scrollable_content_region.width, self._needed, self.chosen)
        if plan != self.plan:
            self.plan = plan
            self.refresh()
            self.post_message(ColumnsPlanned())

    @property
    def _around(self) -> Surroundings:
        return Surroundings(self.book, self.bucket_owner, self._clock())

    def watch_book(self) -> None:
        """Names may be longer than numbers."""
        self._fit()

    def watch_bucket_owner(self) -> None:
        """What belongs to others is known now."""
        self._fit()

    def watch_chosen(self) -> None:
        """Other columns."""
        self._fit()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Remember the row that is now at the top."""
        super().watch_scroll_y(old_value, new_value)
        self._anchors.remember_top(self.row_at(round(new_value)))
        self._fit()

    def move(self, number: int) -> None:
        """Put the cursor on row `number`, or the nearest there is, and bring it into view."""
        number = max(0, min(number, self.shown.row_count - 1))
        old, self.cursor = self.cursor, number
        self._anchors.moved(self.cursor_row)
        self.refresh_line(old)
        self.refresh_line(number)
        self.bring_into_view(number)
        if old != number:
            self.post_message(CursorMoved())

    def bring_into_view(self, number: int) -> None:
        """Scroll as little as it takes to show row `number`."""
        top, height = self.scroll_offset.y, max(1, self.scrollable_content_region.height)
        if number < top:
            self.scroll_to(y=number, animate=False)
        elif number >= top + height:
            self.scroll_to(y=number - height + 1, animate=False)

    @property
    def page(self) -> int:
        """Rows that a page key moves by."""
        return max(1, self.scrollable_content_region.height - 1)

    def highlight(self, *, hovered: int | None = None, drop: int | None = None) -> None:
        """Show the row under the pointer, and the one a drag would drop onto."""
        for number in {self.hovered, self.drop_row, hovered, drop} - {None}:
            self.refresh_line(number or 0)
        self.hovered, self.drop_row = hovered, drop

    def on_resize(self) -> None:
        """Plan the columns again and keep the cursor in view."""
        self._fit()
        self.virtual_size = Size(self.scrollable_content_region.width, self.shown.row_count)
        self.bring_into_view(self.cursor)
        self.refresh()

    def on_focus(self) -> None:
        """The cursor shows where the keys go."""
        self.refresh_line(self.cursor)

    def on_blur(self) -> None:
        """The cursor steps back."""
        self.refresh_line(self.cursor)

    def render_line(self, y: int) -> Strip:
        """One line of the visible part."""
        number = self.scroll_offset.y + y
        row = self.row_at(number)
        if row is None:
            return Strip.blank(self.size.width, self.rich_style)
        base = self._row_style(number)
        width = self.scrollable_content_region.width
        return self._strip(self._cells(row), base).adjust_cell_length(width, base or self.rich_style)

    def _cells(self, row: Row) -> Iterator[Cell]:
        if row.is_entry:
            yield from entry_cells(
                row, self.plan, self._around, marked=row.location in self.shown.marks, shift=self.shift
            )
            return
        indent = MARK_WIDTH + INDENT * row.depth
        yield " " * indent, Part.GUIDE
        yield status_cell(row.branch, self.scrollable_content_region.width - indent)

    def _strip(self, cells: Iterator[Cell], base: Style | None) -> Strip:
        # Whole styles, not partial ones: only those have translucent theme colours blended in.
        return Strip(
            Segment(text, self.get_component_rich_style(part.value) + base) for text, part in cells
        ).simplify()  # neighbours of one style are one piece for all that comes after

    def _row_style(self, number: int) -> Style | None:
        """The brightest of what the row is: drop target, cursor, under the pointer."""
        if number == self.drop_row:
            return self.get_component_rich_style(DROP)
        if number == self.cursor:
            return self.get_component_rich_style(CURSOR if self.has_focus else CURSOR_IDLE)
        return Style(bgcolor=self.get_component_rich_style(HOVER).bgcolor) if number == self.hovered else None


class TableHeader(Widget):
    """One line, in the columns of the table below it."""

    ALLOW_SELECT = False
    plan: reactive[ColumnPlan] = reactive(ColumnPlan(0))
    """The columns."""
    arrangement: reactive[Arrangement] = reactive(Arrangement())
    """The sort that is shown beside the heading it sorts by."""

    def render_line(self, y: int) -> Strip:  # noqa: ARG002  # the only line
        """The headings."""
        text = "".join(cell for cell, _ in heading_cells(self.plan, self.arrangement))
        return Strip([Segment(text, self.rich_style)]).adjust_cell_length(self.size.width, self.rich_style)

    def on_click(self, event: Click) -> None:
        """Sort by the heading under the pointer."""
        left = 0
        for cell, key in heading_cells(self.plan, self.arrangement):
            left += len(cell)
            if event.x < left:
                if key:
                    self.post_message(SortChosen(key))
                return
