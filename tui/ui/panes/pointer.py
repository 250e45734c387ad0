"""What the mouse does on a tree table: move the cursor, unfold, open, mark, begin to drag, menu."""

from __future__ import annotations

from dataclasses import dataclass

from textual.events import Click, MouseDown, MouseMove, MouseUp
from textual.geometry import Offset

from tui.core.location import Location
from tui.ui.kit.messages import (
    RIGHT_BUTTON,
    DragBegun,
    DragEnded,
    DragMoved,
    MarksChanged,
    MenuOpened,
    RowOpened,
    RowToggled,
)
from tui.ui.panes.cells import guide_span
from tui.ui.panes.tree_table import TreeTable

DRAG_COLUMNS = 2
"""So far to the side, or one row up or down, the pointer moves before a press is a drag: hands tremble."""

EDGE_LINES_PER_MOVE = 1
"""A drag along the upper or lower edge scrolls by so many rows for each move of the pointer."""


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
        """Whether a drag that began here is under way."""
        return self._dragging

    def row_number_at(self, pointer: Offset) -> int | None:
        """The row at a cell of the screen, None where there is none."""
        if not self.region.contains_point(pointer):
            return None
        number = pointer.y - self.region.y + self.scroll_offset.y
        return number if number < self.shown.row_count else None

    def on_mouse_down(self, event: MouseDown) -> None:
        """Move the cursor or mark; capture the pointer: a drag may follow. The right button asks for the menu."""
        number = self.row_number_at(event.screen_offset)
        self._dragged = False
        if event.button == RIGHT_BUTTON and not self._dragging:
            event.stop()
            self.post_message(MenuOpened(number, event.screen_offset))
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
        self.post_message(MarksChanged())

    def on_mouse_move(self, event: MouseMove) -> None:
        """Point at the row; with the button held, drag."""
        pointer = event.screen_offset
        if self._dragging:
            self.post_message(DragMoved(pointer))
        elif self._press and (number := self._dragged_row(self._press, pointer)) is not None:
            self._dragging = self._dragged = True
            self.highlight()
            self.post_message(DragBegun(number, pointer))
        elif not self._press:
            self.highlight(hovered=self.row_number_at(pointer), drop=self.drop_row)

    def _dragged_row(self, press: Press, pointer: Offset) -> int | None:
        """Where the entry is now that was pressed; None as long as that is no drag. Rows may have come above it."""
        moved = pointer - press.pointer
        is_drag = abs(moved.x) >= DRAG_COLUMNS or moved.y != 0
        return self.shown.row_of(press.entry) if press.entry and is_drag else None

    def on_mouse_up(self, event: MouseUp) -> None:
        """Let go: of the pointer, or of what is dragged."""
        self._press = None
        if self._dragging:
            self._dragging = False
            self.post_message(DragEnded(event.screen_offset))
        self.release_mouse()

    def on_mouse_release(self) -> None:
        """Another widget took the pointer: a drag ends without a drop."""
        if self._dragging:
            self.post_message(DragEnded(None))
        self._press, self._dragging = None, False

    def cancel_drag(self) -> None:
        """Drop nothing."""
        self._press, self._dragging = None, False
        self.release_mouse()
        self.post_message(DragEnded(None))

    def on_click(self, event: Click) -> None:
        """A click on the guide unfolds, a second one on the row opens it."""
        number = self.row_number_at(event.screen_offset)
        if self._dragged or number is None or event.button != 1 or event.shift or event.ctrl or event.meta:
            return
        if event.x in guide_span(self.shown.row(number)):
            self.post_message(RowToggled(number))
        elif event.chain == 2:
            self.post_message(RowOpened(number))

    def on_leave(self) -> None:
        """Nothing is pointed at any more."""
        self.highlight(drop=self.drop_row)

    def scroll_at_edge(self, pointer: Offset) -> None:
        """While a drag is along the upper or lower edge, bring further rows into view."""
        if not self.region.contains_point(pointer):
            return
        if pointer.y == self.region.y:
            self.scroll_to(y=self.scroll_offset.y - EDGE_LINES_PER_MOVE, animate=False)
        elif pointer.y == self.region.bottom - 1:
            self.scroll_to(y=self.scroll_offset.y + EDGE_LINES_PER_MOVE, animate=False)
