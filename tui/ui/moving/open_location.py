"""Asks for a bucket, prefix or object by its name: also for one that ListBuckets never shows."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Static

from tui.model.location import SCHEME, Location, LocationError
from tui.model.paths import typed_location
from tui.ui.kit.dialog import Dialog, Frame
from tui.ui.kit.name_input import NameInput
from tui.ui.kit.tones import BAD, hint, outside

WORDS = "Open a bucket of another account by name: ListBuckets shows only your own."

FORMS = "s3://bucket/prefix/   bucket   arn:aws:s3:::bucket/key   /directory/"


class OpenLocationScreen(Dialog[Location]):
    """Answers with the location that was typed; what is wrong with it is shown under the line."""

    def __init__(self, initial: Location | None = None) -> None:
        """`initial` is in the line at first, selected."""
        super().__init__()
        self._initial = initial.uri if initial and initial.bucket else ""

    def compose(self) -> ComposeResult:
        """The line, the message below it, and what may be typed."""
        with Frame("Open"):
            yield NameInput(self._initial, placeholder="s3://bucket/prefix/", compact=True, id="location")
            yield Static(id="message")
            yield Static(f"{WORDS}\n{FORMS}", classes="muted")
            yield Static(hint(("enter", "open"), ("esc", "cancel")), classes="hints")

    @on(Input.Changed)
    def _changed(self) -> None:
        self.query_one("#message", Static).update("")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        try:
            location = typed_location(_typed(event.value))
        except LocationError as error:
            self.query_one("#message", Static).update(outside(f"✗ {error}", BAD))
        else:
            self.dismiss(location)


def _typed(text: str) -> str:
    """Without the spaces that a paste brings; behind a key they may be part of it."""
    names_a_key = "/" in text.removeprefix(SCHEME).rstrip("/ ")
    return text.lstrip(" ") if names_a_key else text.strip(" ")
