"""Which two places are compared."""

from __future__ import annotations

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult
from textual.containers import HorizontalGroup
from textual.widgets import Input, Label, Static

from tui.core.location import DELIMITER, Location, LocationError, parse_location
from tui.kit.dialog import Dialog, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, hint, outside
from tui.model.comparing.comparison import Comparison, Place
from tui.text.format import visible


class PlacesScreen(Dialog[Comparison]):
    """Answers with the comparison of the places that were typed."""

    def __init__(self, comparison: Comparison) -> None:
        super().__init__()
        self._comparison = comparison

    def compose(self) -> ComposeResult:
        """A line for each."""
        with Frame("Compare", id="compared-places"):
            for name, place in (("left", self._comparison.left), ("right", self._comparison.right)):
                with HorizontalGroup():
                    yield Label(name)
                    yield LineInput(visible(place.location.uri), compact=True, select_on_focus=False, id=name)
            yield Static(id="wrong")
            yield Static(hint(("enter", "compare"), ("tab", "other line"), ("esc", "cancel")), classes="hints")

    @on(Input.Submitted)
    def _submitted(self) -> None:
        try:
            left, right = self._place("left", self._comparison.left), self._place("right", self._comparison.right)
        except LocationError as error:
            self.query_one("#wrong", Static).update(outside(f"✗ {error}", BAD))
            return
        self.dismiss(replace(self._comparison, left=left, right=right))

    def _place(self, name: str, place: Place) -> Place:
        """What is typed as a prefix; the other identity is needed for the other kind of place."""
        typed = self.query_one(f"#{name}", Input).value.strip()
        if typed == visible(place.location.uri):
            return place
        location = parse_location(typed)
        if location.is_local is not place.location.is_local:
            raise LocationError(f"the {name} pane's identity cannot open it: open the place in the pane first")
        if not location.is_prefix:
            location = Location(location.bucket, location.key + DELIMITER)
        return replace(place, location=location)
