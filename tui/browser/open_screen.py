"""Asks for a bucket, prefix or object by its name: also for one that ListBuckets never shows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import islice
from typing import ClassVar

from rich.cells import cell_len
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.core.identity import IdentitySpec
from tui.core.location import (
    DELIMITER,
    PLACE_KINDS,
    S3,
    SCHEME,
    Location,
    LocationError,
    PlaceKind,
    kind_at,
    typed_location,
    with_plain_scheme,
)
from tui.core.problem import ProblemError
from tui.kit.dialog import Dialog, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, MUTED, hint
from tui.link.session import EngineAccess
from tui.messages.listing_requests import ListObjects
from tui.saved.bookmarks import Bookmark
from tui.settings import PaneStart
from tui.text import format as fmt
from tui.text.listing_lines import label_of

PAUSE = 0.12
"""Seconds without a key before a server is asked."""


class Levels:
    """The entries below what was typed, as one identity sees them."""

    def __init__(self, engine: EngineAccess, connection: str, kind: PlaceKind = S3) -> None:
        self._engine, self._connection, self._kind = engine, connection, kind
        self._asked: Location | None = None
        self._entries: list[Location] = []
        self._complete = False

    async def below(self, typed: str) -> list[Location]:
        """The prefixes, then the objects that start with `typed`; none if they cannot be listed."""
        place = self._place(typed)
        if place is None:
            return []
        if not self._knows(place):
            await asyncio.sleep(PAUSE)
            self._asked = None
            try:
                whole = self._kind.has_directories  # which are listed as a whole
                await self._ask(place.parent if whole and not place.is_prefix else place)
            except ProblemError:  # denied, or not there: what is known without asking is still offered
                return []
        return [entry for entry in self._entries if entry.key.startswith(place.key) and entry != place]

    def _place(self, typed: str) -> Location | None:
        try:
            place = typed_location(typed.strip())
        except LocationError:
            return None
        whole_bucket = place.bucket and (place.key or typed.rstrip(" ").endswith("/"))
        return place if whole_bucket and place.kind is self._kind is kind_at(typed) else None

    def _knows(self, place: Location) -> bool:
        asked = self._asked
        if asked is None or asked.bucket != place.bucket or not place.key.startswith(asked.key):
            return False
        return place == asked or (self._complete and "/" not in place.key[len(asked.key) :])

    async def _ask(self, place: Location) -> None:
        async with aclosing(self._engine.follow(ListObjects(self._connection, place))) as pages:
            async for page in pages:  # S3 takes half a name for a prefix
                names = [*page.prefixes, *(name for name in page.names if name)]
                self._entries = [Location(place.bucket, page.prefix + name) for name in names]
                self._asked, self._complete = place, page.last
                return


MOST_OFFERS = 100

OpenTarget = Location | PaneStart
"""A location for the pane's identity, or one with an identity of its own."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One row: what it opens, the text that Tab puts into the line, and what it is."""

    opens: OpenTarget
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class OfferSources:
    """Offers that need no request."""

    buckets: Sequence[str] = ()
    history: Sequence[Location] = ()
    bookmarks: Sequence[Bookmark] = ()
    identities: Sequence[IdentitySpec] = field(default=())


def offers(typed: str, level: Sequence[Location], known: OfferSources) -> list[Offer]:
    """All that fits `typed`, each place once; `level` holds the server's entries below it."""
    found: dict[tuple[str, str], Offer] = {}
    for offer in islice(_all(typed.strip(), level, known), 4 * MOST_OFFERS):
        found.setdefault((offer.text, "" if isinstance(offer.opens, Location) else offer.kind), offer)
    return list(found.values())[:MOST_OFFERS]


def _all(typed: str, level: Sequence[Location], known: OfferSources) -> Iterator[Offer]:
    if not typed:
        yield from (Offer(place, place.uri, "history") for place in known.history)
    for place in level:
        yield Offer(place, place.uri, "prefix" if place.is_prefix else "object")
    yield from _buckets(typed, known.buckets)
    letters = typed.casefold()
    for place in known.history:
        if letters in place.uri.casefold():
            yield Offer(place, place.uri, "history")
    for bookmark in known.bookmarks:
        for begin in (bookmark.left, bookmark.right):
            if begin.spec and letters in f"{bookmark.name}\n{begin.location.uri}".casefold():
                yield Offer(begin, begin.location.uri, f"bookmark {bookmark.name} · {label_of(begin.spec)}")
    for spec in known.identities:
        if letters in label_of(spec).casefold():
            yield Offer(PaneStart(spec), label_of(spec), "identity")


def _buckets(typed: str, buckets: Sequence[str]) -> Iterator[Offer]:
    """Buckets that start with the text come before those that contain it."""
    name = with_plain_scheme(typed).removeprefix(SCHEME)
    if DELIMITER in name:
        return
    for fits in (lambda bucket: bucket.startswith(name), lambda bucket: name in bucket):
        for bucket in buckets:
            if fits(bucket):
                place = Location(bucket)
                yield Offer(place, place.uri, "bucket")


def completed(typed: str, shown: Sequence[Offer]) -> str:
    """`typed`, longer by what all entries below it have in common; else the first of them."""
    texts = [offer.text for offer in shown if offer.kind in ("bucket", "prefix", "object")]
    plain = with_plain_scheme(typed)
    whole = plain if plain.startswith(SCHEME) else SCHEME + plain
    going_on = [text for text in texts if text.startswith(whole)]
    if not going_on:
        return shown[0].text if shown else typed
    first, last = min(going_on), max(going_on)
    same = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    return first[:same] if same > len(whole) else going_on[0]


def offer_line(offer: Offer, width: int) -> Content:
    """A row in `width` cells: the text, and its kind at the right edge."""
    kind = fmt.cut_middle(fmt.visible(offer.kind), width // 2)
    shown = fmt.cut_start(fmt.visible(offer.text), width - cell_len(kind) - 1)
    gap = " " * (width - cell_len(shown) - cell_len(kind))
    return Content.assemble(shown, gap, (kind, MUTED))


WORDS = "Open a bucket of another account by name: ListBuckets shows only your own."

FORMS = "   ".join(kind.written for kind in PLACE_KINDS)


class OfferList(OptionList, can_focus=False):
    """The keys stay in the line: its screen moves the cursor."""


class OpenLocationScreen(Dialog[OpenTarget]):
    """Answers with the typed or chosen location; mistakes are shown under the line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("pagedown", "move(8)", show=False),
        Binding("pageup", "move(-8)", show=False),
        Binding("tab", "complete", show=False, priority=True),
    ]

    def __init__(
        self,
        initial: Location | None = None,
        known: OfferSources | None = None,
        levels: Levels | None = None,
        endpoint: str = "",
    ) -> None:
        """`initial` is selected in the line; `known` and `levels` are offered; `endpoint`'s links are read."""
        super().__init__()
        self._endpoint = endpoint
        self._initial = initial.uri if initial and initial.bucket else ""
        self._known, self._levels = known or OfferSources(), levels
        self._offered: Sequence[Offer] = ()
        self._untouched = True
        """Whether the line still has its first text, which nobody typed."""

    def compose(self) -> ComposeResult:
        keys = [("tab", "complete"), ("↑ ↓", "choose")] if self._levels else []
        with Frame("Open", id="open-location"):
            yield LineInput(self._initial, placeholder="s3://bucket/prefix/", compact=True, id="location")
            yield OfferList(id="offers", compact=True, markup=False)
            yield Static(id="message")
            yield Static(f"{WORDS}\n{FORMS}", classes="muted")
            yield Static(hint(*keys, ("enter", "open"), ("esc", "cancel")), classes="hints")

    def on_mount(self) -> None:
        """The line begins with the pane's location: nothing was typed yet."""
        self._offer("")

    def on_resize(self) -> None:
        self.call_after_refresh(self._lay_out)

    @property
    def _list(self) -> OptionList:
        return self.query_one(OptionList)

    @property
    def _line(self) -> Input:
        return self.query_one(Input)

    def offer_also(self, known: OfferSources) -> None:
        """Offer more; the engine may answer before the dialog is composed."""
        self._known = known
        if self.is_mounted:
            self._offer(self._typed_text)

    @property
    def _typed_text(self) -> str:
        return "" if self._untouched else self._line.value

    @on(Input.Changed)
    def _changed(self) -> None:
        self.say("")
        self._list.highlighted = None
        self._untouched = self._untouched and self._line.value == self._initial
        self._offer(self._typed_text)

    @work(exclusive=True, group="offers")
    async def _offer(self, typed: str) -> None:
        """Offer what is known at once, and the server's entries as soon as they arrive."""
        self._show(offers(typed, (), self._known))
        if typed and self._levels and (level := await self._levels.below(typed)):
            self._show(offers(typed, level, self._known))

    def _show(self, offered: Sequence[Offer]) -> None:
        """What was chosen stays chosen while more is offered."""
        number = self._list.highlighted
        chosen = None if number is None else self._offered[number]
        self._list.highlighted = None
        self._offered = offered
        self._list.display = bool(offered)
        self._lay_out()
        self._list.highlighted = offered.index(chosen) if chosen in offered else None

    def _lay_out(self) -> None:
        if not self.is_mounted:  # or no longer
            return
        chosen, width = self._list.highlighted, max(20, self._line.size.width - 1)
        self._list.set_options([Option(offer_line(offer, width)) for offer in self._offered])
        self._list.highlighted = chosen

    def action_move(self, rows: int) -> None:
        """Choose another row; up from the first one leads back to the line."""
        before = -1 if self._list.highlighted is None else self._list.highlighted
        after = min(before + rows, len(self._offered) - 1)
        self._list.highlighted = after if after >= 0 else None

    def action_complete(self) -> None:
        """Put the chosen row into the line; without one, the common start of all entries that fit."""
        if (number := self._list.highlighted) is not None:
            text = self._offered[number].text
        else:
            text = completed(self._typed_text, self._offered)
        if text:
            self._line.value = text
            self._line.cursor_position = len(text)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self.leave(self._offered[event.option_index].opens)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if (number := self._list.highlighted) is not None:
            self.leave(self._offered[number].opens)
            return
        text = event.value  # a paste may have spaces around it, but behind a key they may be part of it
        names_a_key = "/" in with_plain_scheme(text).removeprefix(SCHEME).rstrip("/ ")
        try:
            location = typed_location(text.lstrip(" ") if names_a_key else text.strip(" "), self._endpoint)
        except LocationError as error:
            self.say(f"✗ {error}", BAD)
        else:
            self.leave(location)


STARTS = (*(kind.scheme for kind in PLACE_KINDS), "arn:", "https://", "http://")

MOST_PASTED = 10_000


@dataclass(frozen=True, slots=True)
class Pasted:
    """The locations in their order, each once, and the first line that is none, with the reason."""

    locations: list[Location]
    wrong: str = ""
    others: int = 0
    """The lines that are no locations."""


def pasted_locations(text: str, endpoint: str = "") -> Pasted:
    """Read every line, also links to the server at `endpoint`; quotes and spaces around it are ignored."""
    found: dict[Location, None] = {}
    wrong, others = "", 0
    for line in text.splitlines()[:MOST_PASTED]:
        plain = line.strip().strip("\"'`<>,")
        if not plain:
            continue
        try:
            if not with_plain_scheme(plain).startswith(STARTS):
                raise LocationError("not an s3:// URI, ARN, link or path")
            found[typed_location(plain, endpoint)] = None
        except LocationError as error:
            wrong, others = wrong or str(error), others + 1
    return Pasted(list(found), wrong, others)
