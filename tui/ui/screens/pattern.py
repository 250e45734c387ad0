"""Asks for the pattern of names to mark, or to take marks away."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Static

from tui.ui.screens.dialog import Dialog, Frame
from tui.ui.tones import hint


class PatternScreen(Dialog[str]):
    """Answers with a shell pattern such as ``*.json``; never with an empty one."""

    def __init__(self, title: str) -> None:
        """`title` says what happens to the rows that match."""
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        """One line to type, and what the signs mean."""
        with Frame(self._title):
            yield Input("*", placeholder="*.json", compact=True, id="pattern")
            yield Static("* any text   ? any character   [ab] one of these", classes="muted", markup=False)
            yield Static(hint(("enter", "go"), ("esc", "cancel")), classes="hints")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if event.value:
            self.dismiss(event.value)
