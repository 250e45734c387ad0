"""The themes, each shown on the whole screen while the cursor is on it."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.kit.dialog import Dialog, Frame
from tui.kit.lines import hint
from tui.settings.checks import THEMES


class ThemeScreen(Dialog[str]):
    """Answers with the chosen theme. Esc answers with none, and restores the theme."""

    def __init__(self, current: str) -> None:
        super().__init__()
        self._current = current
        self._names = sorted(THEMES)

    def compose(self) -> ComposeResult:
        with Frame("Theme", id="themes"):
            yield OptionList(*(Option(name, id=name) for name in self._names), compact=True, markup=False)
            yield Static(hint(("enter", "save"), ("esc", "cancel")), classes="hints")

    def on_mount(self) -> None:
        if self._current in self._names:
            self.query_one(OptionList).highlighted = self._names.index(self._current)

    @on(OptionList.OptionHighlighted)
    def _preview(self, event: OptionList.OptionHighlighted) -> None:
        if event.option_id:
            self.app.theme = event.option_id

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.leave(event.option_id)

    def action_cancel(self) -> None:
        """Leave, and show the theme that was in force."""
        self.app.theme = self._current
        self.leave()
