"""What is dragged, beside the pointer."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Offset, Size
from textual.reactive import reactive
from textual.widget import Widget

from tui.ui import format as fmt

BESIDE = Offset(2, 1)
"""Never under the pointer: what is there must be seen, and found by the screen."""


class Ghost(Widget):
    """Lies above everything, and only during a drag."""

    ALLOW_SELECT = False
    label: reactive[str] = reactive("", layout=True)
    """What it says."""

    def render(self) -> Content:
        """The label."""
        return Content(fmt.cut_end(self.label, self.app.size.width))

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002  # Textual calls it
        """As wide as the label."""
        return min(cell_len(self.label), viewport.width)

    def follow(self, pointer: Offset) -> None:
        """Stay beside the pointer, on the side where there is room."""
        width, height = self.app.size
        wide = min(cell_len(self.label), width)
        x = pointer.x + BESIDE.x if pointer.x + BESIDE.x + wide <= width else max(0, pointer.x - wide - 1)
        y = pointer.y + BESIDE.y if pointer.y + BESIDE.y < height else pointer.y - 1
        self.offset = Offset(x, y)
