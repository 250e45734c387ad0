"""Asks what a bookmark is called."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Static

from tui.ui.screens.dialog import Dialog, Frame
from tui.ui.tones import WARNING, hint, outside
from tui.ui.widgets.name_input import NameInput

LONGEST = 80


class BookmarkNameScreen(Dialog[str]):
    """Answers with a name; that it would replace another bookmark is said beforehand."""

    def __init__(self, proposed: str, known: frozenset[str]) -> None:
        """`proposed` stands in the line, selected; `known` are the names that there are."""
        super().__init__()
        self._proposed, self._known = proposed[:LONGEST], known

    def compose(self) -> ComposeResult:
        """The line, and what would happen."""
        with Frame("Name of the bookmark"):
            yield NameInput(self._proposed, max_length=LONGEST, compact=True, id="name")
            yield Static(id="message")
            yield Static(hint(("enter", "keep"), ("esc", "cancel")), classes="hints")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        there = event.value.strip() in self._known
        words = "replaces the bookmark of that name" if there else ""
        self.query_one("#message", Static).update(outside(words, WARNING))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if name := event.value.strip():
            self.dismiss(name)
