"""A table of many rows of which only those on screen are made; its screen owns the rows and the keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

MOVES: tuple[BindingType, ...] = (
    Binding("down,j", "move(1)", show=False),
    Binding("up,k", "move(-1)", show=False),
    Binding("pagedown", "move(10)", show=False),
    Binding("pageup", "move(-10)", show=False),
    Binding("home,g", "move(-1000000)", show=False),
    Binding("end,G", "move(1000000)", show=False),
)
"""The keys with which a screen moves the cursor of its table."""


class RowTable(ScrollView, can_focus=True, inherit_bindings=False):
    """One line a row, and a cursor."""

    ALLOW_SELECT = False
    CURSOR: ClassVar[str]
    """The component class of the row under the cursor."""

    class Opened(Message):
        """The row under the cursor was clicked again."""

    class Moved(Message):
        """The cursor is on another row."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self.cursor = 0

    @property
    def count(self) -> int:
        raise NotImplementedError

    def cells(self, number: int) -> Iterable[tuple[str, str]]:
        """The texts of a row from left to right, each with its component class, or none."""
        raise NotImplementedError

    def move(self, number: int) -> None:
        """Move the cursor to a row, or the nearest there is, and into view."""
        self.cursor = max(0, min(number, self.count - 1))
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if not top <= self.cursor < top + height:
            self.scroll_to(y=self.cursor if self.cursor < top else self.cursor - height + 1, animate=False)
        self.refresh()
        self.post_message(self.Moved())

    def on_click(self, event: Click) -> None:
        """Move to the row under the pointer; open the row that has the cursor."""
        number = self.scroll_offset.y + event.y
        if number == self.cursor:
            self.post_message(self.Opened())
        elif number < self.count:
            self.move(number)

    def render_line(self, y: int) -> Strip:
        number = self.scroll_offset.y + y
        if number >= self.count:
            return Strip.blank(self.size.width, self.rich_style)
        base = self.get_component_rich_style(self.CURSOR) if number == self.cursor else self.rich_style
        segments = [
            Segment(text, self.get_component_rich_style(name) + base if name else base)
            for text, name in self.cells(number)
        ]
        return Strip(segments).adjust_cell_length(self.size.width, base)
