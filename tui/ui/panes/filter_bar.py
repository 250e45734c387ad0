"""The line to type a filter in."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import on
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import Input

from tui.ui.kit.messages import FilterChanged, FilterLeft


class FilterBar(Input):
    """Filters while one types; Enter keeps the filter and goes back to the rows, Esc takes it away."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave(True)", "clear", show=False),
        Binding("down", "leave(False)", "apply", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(placeholder="filter: part of the name, or *.json", compact=True)

    def render_lines(self, crop: Region) -> list[Strip]:
        """A ``/`` before what is typed, as the key that opens the line."""
        lines = super().render_lines(crop)
        if lines and crop.x == crop.y == 0:
            mark = [Segment("/", segment.style) for segment in lines[0].crop(0, 1)]
            lines[0] = Strip.join([Strip(mark), lines[0].crop(1)])
        return lines

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(FilterChanged(event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_leave(not event.value)

    def action_leave(self, clear: bool) -> None:
        """Go back to the rows; with `clear` all of them are shown again."""
        self.post_message(FilterLeft(clear))
