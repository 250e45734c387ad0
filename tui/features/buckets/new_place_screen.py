"""Asks for the name of a new bucket or prefix."""

from __future__ import annotations

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import HorizontalGroup
from textual.widgets import Input, Label, Static

from tui.core.location import Location
from tui.kit.dialog import Dialog, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, hint, outside
from tui.kit.name_screen import NameScreen
from tui.text.format import visible
from tui.text.typed import TypedError, bucket_name, prefix_below

EMPTY_OBJECT = "Creates an empty object whose key ends with /, so that the empty prefix is listed."


@dataclass(frozen=True, slots=True)
class NewBucket:
    """A bucket as it was asked for; `region` empty: the identity's own."""

    name: str
    region: str


class NewBucketScreen(Dialog[NewBucket]):
    """Answers with a name that S3 accepts; mistakes are shown while it is typed."""

    def __init__(self, region: str, owner: str) -> None:
        """`region` is the identity's own, `owner` the label of the account that will own the bucket."""
        super().__init__()
        self._region, self._owner = region, owner

    def compose(self) -> ComposeResult:
        with Frame("New bucket", id="new-place"):
            with HorizontalGroup():
                yield Label("name")
                yield LineInput(placeholder="three-to-63-letters", compact=True, id="name")
            with HorizontalGroup():
                yield Label("region")
                yield LineInput(placeholder=visible(self._region) or "as configured", compact=True, id="region")
            yield Static(id="message")
            yield Static(
                outside(f"{self._owner} will own it. Bucket names are shared by all accounts of the partition."),
                classes="muted",
            )
            yield Static(hint(("enter", "create"), ("esc", "cancel")), classes="hints")

    @on(Input.Changed)
    def _changed(self) -> None:
        typed = self.query_one("#name", Input).value
        self.say(wrong_bucket(typed) if typed else "", BAD)

    @on(Input.Submitted)
    def _submitted(self) -> None:
        typed = self.query_one("#name", Input).value
        wrong = wrong_bucket(typed)
        self.say(wrong, BAD)
        if not wrong:
            self.dismiss(NewBucket(bucket_name(typed), self.query_one("#region", Input).value.strip()))


def wrong_bucket(typed: str) -> str:
    """Why it is no bucket name, as the dialog shows it; empty if it is one."""
    try:
        bucket_name(typed)
    except TypedError as error:
        return f"✗ {error}"
    return ""


class NewPrefixScreen(NameScreen):
    """A prefix; several levels at once are possible."""

    VERB = "create"

    def __init__(self, level: Location) -> None:
        if level.kind.has_directories:
            super().__init__("New directory in ", "Missing levels are created too.", level)
        else:
            super().__init__("New prefix in ", EMPTY_OBJECT, level)

    def place(self, typed: str) -> Location:
        return prefix_below(self._level, typed)
