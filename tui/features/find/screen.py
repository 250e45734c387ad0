"""The form of a search below one location."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult
from textual.containers import Grid, HorizontalGroup
from textual.widgets import Input, Label, Static

from tui.core.location import Location
from tui.core.orders import Filters
from tui.core.searching import MOST_TAG_REQUESTS, Search
from tui.kit.choice import Choice, Stepper
from tui.kit.dialog import Dialog, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, fill, hint, outside
from tui.text.format import cut_middle, number, visible
from tui.text.listing_lines import named, regular, tag, words
from tui.text.typed import TypedError, instant, size

ANY, FOREIGN = "any", "foreign"
LISTING, INVENTORY = "list every key", "newest S3 Inventory report"

TEXTS = (
    ("min", "min", "10M"),
    ("max", "max", "5G"),
    ("newer", "newer", "7d, 2026-11-01"),
    ("older", "older", "4w, 2026-11-01"),
    ("class", "class", "GLACIER, STANDARD_IA"),
    ("owner", "owner", "account, ID or foreign"),
    ("tag", "tag", "key=value"),
    ("most", "tags max", number(MOST_TAG_REQUESTS)),
)
"""ID, label, example: pairs share a line."""

TAGS_NOTE = "Tags: one GetObjectTagging request for each object that matches the rest."


class FindScreen(Dialog[Search]):
    """Returns the search. Shows errors while the user types."""

    def __init__(self, place: Location, typed: MutableMapping[str, str], clock: Callable[[], float]) -> None:
        """`typed` is the first input, and is updated. `clock` returns seconds since the epoch."""
        super().__init__()
        self._place, self._typed, self._clock = place, typed, clock

    def compose(self) -> ComposeResult:
        room = max(8, min(self.app.size.width, 76) - 18)
        with Frame(outside(f"Find below {cut_middle(visible(self._place.uri), room)}"), id="find"):
            with HorizontalGroup():
                yield Label("name")
                yield self._line("name", "part of the name, or *.csv, raw/*/2026-*")
            with HorizontalGroup():
                yield Label("regex")
                yield self._line("regex", r"regular expression: ^raw/.*\.csv$")
            with Grid():
                for column, (field, label, example) in enumerate(TEXTS):
                    yield Label(label, classes="second" if column % 2 else "")
                    yield self._line(field, example)
            with HorizontalGroup():
                yield Label("read")
                yield Stepper((LISTING, INVENTORY), self._typed.get("source", LISTING), id="source")
            yield Static(id="wrong")
            yield Static(TAGS_NOTE, classes="muted", markup=False)
            yield Static(hint(("enter", "find"), ("esc", "cancel")), classes="hints")

    def _line(self, field: str, example: str) -> Input:
        typed = self._typed.get(field, "")
        return LineInput(typed, placeholder=example, select_on_focus=field == "name", compact=True, id=field)

    def on_mount(self) -> None:
        self._say("")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        self._typed[event.input.id or ""] = event.value
        try:
            self._search()
            self._say("")
        except TypedError as error:
            self._say(str(error))

    @on(Choice.Changed)
    def _chosen(self, event: Choice.Changed) -> None:
        self._typed["source"] = event.value

    @on(Input.Submitted)
    def _submitted(self) -> None:
        try:
            self.dismiss(self._search())
        except TypedError as error:
            self._say(str(error))

    def _search(self) -> Search:
        """The search as typed; raise `TypedError`."""
        now, owners = self._clock(), words(self._text("owner"))
        filters = Filters(
            newer_than=instant(self._text("newer"), now),
            older_than=instant(self._text("older"), now),
            min_size=size(self._text("min")),
            max_size=size(self._text("max")),
        )
        criteria = replace(
            named(self._text("name")),
            regex=regular(self._text("regex")),
            filters=filters,
            classes=words(self._text("class")),
            owners=[owner for owner in owners if owner.casefold() != FOREIGN],
            foreign=any(owner.casefold() == FOREIGN for owner in owners),
            tags=[tag(word) for word in words(self._text("tag"))],
            markers=False,  # a row for one would mean the whole prefix
        )
        report = "auto" if self._typed.get("source") == INVENTORY else ""
        return Search(criteria, report, _count(self._text("most")))

    def _text(self, field: str) -> str:
        return self._typed.get(field, "")

    def _say(self, wrong: str) -> None:
        fill(self.query_one("#wrong", Static), outside(f"✗ {wrong}" if wrong else "", BAD))


def _count(text: str) -> int:
    typed = text.strip().replace(",", "")
    if not typed:
        return MOST_TAG_REQUESTS
    if not typed.isdecimal():
        raise TypedError(f"{text!r} is not a number of requests")
    return int(typed)
