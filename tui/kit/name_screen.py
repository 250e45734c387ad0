"""One line that names a place."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Static

from tui.core.location import Location
from tui.kit.dialog import Dialog, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, hint, outside
from tui.text.format import cut_middle, visible
from tui.text.typed import TypedError


class NameScreen(Dialog[Location]):
    """One line that names a place below a level; answers with that place."""

    VERB: ClassVar[str] = ""

    def __init__(self, title: str, note: str, level: Location, initial: str = "") -> None:
        """`title` stands before the level's URI, `note` below the line; `initial` is selected in the line."""
        super().__init__()
        self._title, self._note, self._level, self._initial = title, note, level, initial

    def compose(self) -> ComposeResult:
        room = max(8, min(self.app.size.width, 72) - 8 - len(self._title))
        with Frame(outside(f"{self._title}{cut_middle(visible(self._level.uri), room)}"), id="new-place"):
            yield LineInput(self._initial, compact=True, id="name")
            yield Static(id="message")
            yield Static(self._note, id="note", classes="muted", markup=False)
            yield Static(hint(("enter", self.VERB), ("esc", "cancel")), classes="hints")

    def place(self, typed: str) -> Location:
        """The named place; raise `TypedError`."""
        raise NotImplementedError

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        try:
            if event.value not in ("", self._initial):
                self.place(event.value)
        except TypedError as error:
            self.say(f"✗ {error}", BAD)
        else:
            self.say("")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        try:
            place = self.place(event.value)
        except TypedError as error:
            self.say(f"✗ {error}", BAD)
        else:
            self.dismiss(place)
