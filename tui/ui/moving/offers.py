"""What can be opened and fits what was typed: a level, buckets, history, bookmarks, identities. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from rich.cells import cell_len
from textual.content import Content

from tui.core.identity import IdentitySpec
from tui.core.location import DELIMITER, SCHEME, Location, with_plain_scheme
from tui.kit.lines import MUTED
from tui.saved.bookmarks import Bookmark
from tui.settings import PaneStart
from tui.text import format as fmt
from tui.text.listing_lines import label_of

MOST_OFFERS = 100
"""More are not shown."""

Opened = Location | PaneStart
"""A location for the pane's identity, or one with another identity."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One row: what it opens, the text that Tab puts into the line, and what it is."""

    opens: Opened
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is known without asking a server."""

    buckets: Sequence[str] = ()
    history: Sequence[Location] = ()
    bookmarks: Sequence[Bookmark] = ()
    identities: Sequence[IdentitySpec] = field(default=())


def offers(typed: str, level: Sequence[Location], known: Known) -> list[Offer]:
    """All that fits `typed`, each place once; `level` are the entries below what was typed, as the server has them."""
    found: dict[tuple[str, str], Offer] = {}
    for offer in islice(_all(typed.strip(), level, known), 4 * MOST_OFFERS):
        found.setdefault((offer.text, "" if isinstance(offer.opens, Location) else offer.kind), offer)
    return list(found.values())[:MOST_OFFERS]


def _all(typed: str, level: Sequence[Location], known: Known) -> Iterator[Offer]:
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
    """Those that start with what was typed come before those that contain it."""
    name = with_plain_scheme(typed).removeprefix(SCHEME)
    if DELIMITER in name:
        return
    for fits in (lambda bucket: bucket.startswith(name), lambda bucket: name in bucket):
        for bucket in buckets:
            if fits(bucket):
                place = Location(bucket)
                yield Offer(place, place.uri, "bucket")


def completed(typed: str, shown: Sequence[Offer]) -> str:
    """`typed`, longer by what all entries below it have in common; where that is nothing, the first of them."""
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
    """A row in `width` cells: the text, and at the right edge what it is."""
    kind = fmt.cut_middle(fmt.visible(offer.kind), width // 2)
    shown = fmt.cut_start(fmt.visible(offer.text), width - cell_len(kind) - 1)
    gap = " " * (width - cell_len(shown) - cell_len(kind))
    return Content.assemble(shown, gap, (kind, MUTED))
