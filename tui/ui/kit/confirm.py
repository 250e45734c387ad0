"""A question with yes and no."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup
from textual.content import Content
from textual.widgets import Button, Static

from tui.ui.kit.dialog import Decision, Frame
from tui.ui.kit.tones import outside


class ConfirmScreen(Decision[bool]):
    """Asks once; True only for a yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n", "answer(False)", "No"),
        Binding("left,right", "app.focus_next", show=False),
    ]

    def __init__(self, title: str, question: Content, yes: str) -> None:
        """`yes` is the verb on the button: ``Cancel the transfer``. `question` is shown literally."""
        super().__init__()
        self._title, self._question, self._yes = title, question, yes

    def compose(self) -> ComposeResult:
        """The question and its two answers."""
        with Frame(outside(self._title)):
            yield Static(self._question, classes="words")
            with HorizontalGroup(classes="buttons"):
                yield Button(f"{self._yes}  y", variant="warning", id="yes", compact=True)
                yield Button("No  n", id="no", compact=True)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:
        """Answer by letter."""
        self.dismiss(answer)
