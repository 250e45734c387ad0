"""A line that opens and closes what stands below it, and says in a few words what is in there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui.ui.kit.tones import MUTED, WARNING, outside


class CollapsibleTitle(Widget, can_focus=True):
    """Enter, Space or a click ask for the other state; whoever hears of it sets `expanded`."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "ask", show=False)]

    expanded: reactive[bool] = reactive(False)
    words: reactive[tuple[str, ...]] = reactive(())
    """What was chosen in there; nothing: all is as usual."""

    @dataclass
    class Toggled(Message):
        """The user wants the other state."""

    def render(self) -> Content:
        """The arrow and the words."""
        said = outside(" · ".join(self.words), WARNING) if self.words else Content.styled(self._usual, MUTED)
        return Content.assemble(("▾ " if self.expanded else "▸ ", MUTED), said)

    def __init__(self, usual: str, *, id: str) -> None:  # noqa: A002  # Textual's own name
        """`usual` is shown while nothing was chosen."""
        super().__init__(id=id)
        self._usual = usual

    def action_ask(self) -> None:
        """Say so."""
        self.post_message(self.Toggled())

    def on_click(self) -> None:
        """Say so."""
        self.action_ask()
