"""The line to type the start of a name in."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import on
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip
from textual.widgets import Input

from tui.panes.news import FilterChanged, FilterLeft

PROMPT, MISSING = "jump: ", "  no match"
"""Before and after the typed text; the padding of the line has room for both."""


class JumpBar(Input):
    """Moves the cursor while you type; Enter, Esc or a click elsewhere end it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "end", show=False),
        Binding("down", "step(1)", "next", show=False),
        Binding("up", "step(-1)", "previous", show=False),
    ]

    missing: reactive[bool] = reactive(False)

    def __init__(self) -> None:
        super().__init__(placeholder="start or part of a name", compact=True)
        self.typed: Callable[[str], None] = lambda _text: None
        """Called with the text on each change. The pane sets it, and the two below."""
        self.stepped: Callable[[int], None] = lambda _by: None
        self.left: Callable[[], None] = lambda: None

    def watch_missing(self) -> None:
        self.set_class(self.missing, "-missing")

    def render_lines(self, crop: Region) -> list[Strip]:
        """Add the prompt, and a note if nothing matches."""
        lines = super().render_lines(crop)
        if lines and crop.y == 0:
            lines[0] = _over(lines[0], PROMPT, -crop.x)
            if self.missing:
                end = len(PROMPT) + cell_len(self.value)
                lines[0] = _over(lines[0], MISSING, min(end, self.outer_size.width - len(MISSING)) - crop.x)
        return lines

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.typed(event.value)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.left()

    def action_leave(self) -> None:
        self.left()

    def action_step(self, by: int) -> None:
        self.stepped(by)

    def on_blur(self) -> None:
        """Close: the keys go elsewhere now."""
        self.display = False


def _over(strip: Strip, text: str, at: int) -> Strip:
    """`strip` with `text` in the cells from `at` on, in the style of the first; unchanged if it does not fit."""
    end = at + len(text)
    if at < 0 or end > strip.cell_length:
        return strip
    style = next((segment.style for segment in strip.crop(at, at + 1)), None)
    return Strip.join([strip.crop(0, at), Strip([Segment(text, style)]), strip.crop(end)])


class FilterBar(Input):
    """Filters while you type; Enter keeps the filter and returns to the rows, Esc removes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave(True)", "clear", show=False),
        Binding("down", "leave(False)", "apply", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(placeholder="filter: part of the name, or *.json", compact=True)

    def render_lines(self, crop: Region) -> list[Strip]:
        """A ``/`` before the text, as the key that opens the line."""
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
        self.post_message(FilterLeft(clear))
