"""Marking rows by a pattern of their names."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Static

from tui.kit.dialog import Dialog, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import hint
from tui.ui.panes.table_keys import KeyedTable


class PatternMarks:
    """Asks for a pattern, and marks the rows of a table that match."""

    def __init__(self, table: KeyedTable) -> None:
        self._table = table

    def action_mark_pattern(self) -> None:
        """Ask for a pattern and mark what matches."""
        self._ask("Mark", on=True)

    def action_unmark_pattern(self) -> None:
        """Ask for a pattern and take the marks of what matches away."""
        self._ask("Unmark rows", on=False)

    def _ask(self, title: str, *, on: bool) -> None:
        def answered(pattern: str | None) -> None:
            if pattern:
                self._table.mark_matching(pattern, on=on)

        self._table.app.push_screen(PatternScreen(title), answered)


class PatternScreen(Dialog[str]):
    """Answers with a shell pattern such as ``*.json``; never with an empty one."""

    def __init__(self, title: str) -> None:
        """`title` says what happens to the rows that match."""
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        """One line to type, and what the signs mean."""
        with Frame(self._title):
            yield LineInput("*", placeholder="*.json", compact=True, id="pattern")
            yield Static("* any text   ? any character   [ab] one of these", classes="muted", markup=False)
            yield Static(hint(("enter", "go"), ("esc", "cancel")), classes="hints")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if event.value:
            self.dismiss(event.value)
