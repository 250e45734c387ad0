"""The line to type the start of a name in."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.widgets import Input


class JumpBar(Input):
    """The cursor moves while one types; Enter and Esc end it, and so does a click elsewhere."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "end", show=False),
        Binding("down", "step(1)", "next", show=False),
        Binding("up", "step(-1)", "previous", show=False),
    ]

    missing: reactive[bool] = reactive(False)
    """Whether no entry fits what was typed."""

    def __init__(self) -> None:
        super().__init__(placeholder="jump: the start of a name, or a part of it", compact=True)
        self.typed: Callable[[str], None] = lambda _text: None
        """Called with the text whenever it changes; set from above, as are the others."""
        self.stepped: Callable[[int], None] = lambda _by: None
        self.left: Callable[[], None] = lambda: None

    def watch_missing(self) -> None:
        """Show it."""
        self.set_class(self.missing, "-missing")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.typed(event.value)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.left()

    def action_leave(self) -> None:
        """Back to the rows."""
        self.left()

    def action_step(self, by: int) -> None:
        """The next entry that fits, or the one before."""
        self.stepped(by)

    def on_blur(self) -> None:
        """What is elsewhere has the keys now."""
        self.display = False
