"""Where the rows of a content are painted; the wheel scrolls them."""

from __future__ import annotations

from textual.content import Content
from textual.events import MouseScrollDown, MouseScrollUp
from textual.message import Message
from textual.widget import Widget

WHEEL = 3
"""Rows that one step of the wheel scrolls."""


class Canvas(Widget, can_focus=True):
    """Shows the rows that it was given: who gives them knows how many there is room for."""

    class Scrolled(Message):
        """The wheel was turned."""

        def __init__(self, rows: int) -> None:
            super().__init__()
            self.rows = rows

    class Resized(Message):
        """There is room for another number of rows."""

    def __init__(self) -> None:
        super().__init__(id="content")
        self._rows: list[Content] = []

    def paint(self, rows: list[Content]) -> None:
        """Show these rows from now on."""
        self._rows = rows
        self.refresh()

    def render(self) -> Content:
        """The rows."""
        return Content("\n").join(self._rows[: self.size.height])

    def on_resize(self) -> None:
        """Others fit now."""
        self.post_message(self.Resized())

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """On."""
        event.stop()
        self.post_message(self.Scrolled(WHEEL))

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Back."""
        event.stop()
        self.post_message(self.Scrolled(-WHEEL))
