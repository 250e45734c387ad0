"""The line between the panes, to be dragged."""

from __future__ import annotations

from rich.segment import Segment
from textual.events import Click, MouseDown, MouseMove, MouseUp
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.ui.kit.messages import SplitterMoved


class Splitter(Widget):
    """One cell wide; a double click puts it back into the middle."""

    ALLOW_SELECT = False

    class Centred(Message):
        """The splitter was double-clicked."""

    _held = False

    def render_line(self, y: int) -> Strip:  # noqa: ARG002  # all lines are alike
        """A line."""
        return Strip([Segment("│", self.rich_style)])

    def on_mouse_down(self, event: MouseDown) -> None:
        """Capture the pointer."""
        event.stop()
        self._held = True
        self.capture_mouse()

    def on_mouse_move(self, event: MouseMove) -> None:
        """Report where to."""
        if self._held:
            self.post_message(SplitterMoved(event.screen_offset))

    def on_mouse_up(self, event: MouseUp) -> None:
        """Let go."""
        event.stop()
        self._held = False
        self.release_mouse()

    def on_click(self, event: Click) -> None:
        """Back into the middle."""
        if event.chain == 2:
            self.post_message(self.Centred())
