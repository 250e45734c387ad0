"""Asks for the name of a new bucket or prefix, or for another name of what is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import HorizontalGroup
from textual.widgets import Input, Label, Static

from tui.core.location import DELIMITER, Location
from tui.kit.dialog import Dialog, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, hint, outside
from tui.text.format import cut_middle, number, visible
from tui.text.typed import TypedError, bucket_name, object_below, prefix_below

EMPTY_OBJECT = "Creates an empty object whose key ends with /, so that the empty prefix is listed."
COPY_IN_BUCKET = "S3 cannot rename: the object is copied to the new key and deleted after the copy is verified."
NAME_SHOWN = 40
COPY_ON_DISK = "The file is copied to the new name and deleted after the copy is verified."


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
        self._say(wrong_bucket(typed) if typed else "")

    @on(Input.Submitted)
    def _submitted(self) -> None:
        typed = self.query_one("#name", Input).value
        wrong = wrong_bucket(typed)
        self._say(wrong)
        if not wrong:
            self.dismiss(NewBucket(bucket_name(typed), self.query_one("#region", Input).value.strip()))

    def _say(self, wrong: str) -> None:
        self.query_one("#message", Static).update(outside(f"✗ {wrong}" if wrong else "", BAD))


def wrong_bucket(typed: str) -> str:
    """Why it is no bucket name; empty if it is one."""
    try:
        bucket_name(typed)
    except TypedError as error:
        return str(error)
    return ""


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
            yield Static(self._note, classes="muted", markup=False)
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
            self._say(str(error))
        else:
            self._say("")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        try:
            place = self.place(event.value)
        except TypedError as error:
            self._say(str(error))
        else:
            self.dismiss(place)

    def _say(self, wrong: str) -> None:
        self.query_one("#message", Static).update(outside(f"✗ {wrong}" if wrong else "", BAD))


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


class RenameScreen(NameScreen):
    """Another name for an object or a prefix, on the same level or below it."""

    VERB = "rename"

    def __init__(self, old: Location, marked: int = 0) -> None:
        """`marked` entries have marks, which do not count here."""
        note = COPY_ON_DISK if old.kind.has_directories else COPY_IN_BUCKET
        name = old.name.removesuffix(DELIMITER) if old.is_prefix else old.name
        if marked:
            others = f"{number(marked)} {'is' if marked == 1 else 'are'} marked"
            note = f"Renames {cut_middle(visible(name), NAME_SHOWN)} only; {others}. {note}"
        super().__init__("Rename in ", note, old.parent, name)
        self._old = old

    def place(self, typed: str) -> Location:
        """The new place; not the old one, and not inside it."""
        if not self._old.is_prefix:
            new = object_below(self._level, typed)
        else:
            new = prefix_below(self._level, typed)
            if new != self._old and new.key.startswith(self._old.key):
                raise TypedError("a prefix cannot be moved into itself")
        if new == self._old:
            raise TypedError("it already has this name")
        return new
