"""A choice with its key in front of it, and behind it why an option was passed over."""

from __future__ import annotations

from collections.abc import Mapping

from textual import on
from textual.app import ComposeResult
from textual.containers import HorizontalGroup
from textual.content import Content
from textual.widgets import Label

from tui.ui.kit.choice import Choice
from tui.ui.kit.tones import KEY, WARNING, outside


class ChoiceLine(HorizontalGroup):
    """A line; `close` says which options cannot be taken."""

    def __init__(self, label: str, key: str, choice: Choice) -> None:
        """`label` stands in front of `key`."""
        super().__init__(classes="choice")
        self._label, self._choice = Content.assemble(label, (key, KEY)), choice
        self._reasons: Mapping[str, str] = {}

    def compose(self) -> ComposeResult:
        """Its key, the options, what was passed over."""
        yield Label(self._label)
        yield self._choice
        yield Label(classes="passed", markup=False)

    def close(self, closed: Mapping[str, str]) -> None:
        """The options that cannot be taken, and why not (one clause)."""
        self._reasons, self._choice.closed = closed, frozenset(closed)

    @on(Choice.Passed)
    def _say_passed(self, event: Choice.Passed) -> None:
        """The reason may be among the lines above, too, but these may be scrolled away."""
        why = [f"{option} ✗ {self._reasons[option]}" for option in event.options]
        passed = self.query_one(".passed", Label)
        passed.update(outside("; ".join(why), WARNING))
        passed.display = bool(why)
