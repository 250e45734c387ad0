"""Bookmarks as rows of a list, and finding them by a few letters. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from tui.kit.lines import MUTED, STRONG, outside
from tui.saved.bookmarks import Bookmark
from tui.settings import PaneStart
from tui.text import typed as fuzzy
from tui.text.format import cut_middle, cut_start, visible
from tui.text.listing_lines import label_of

BETWEEN = "  │  "
INDENT = "  "


def matching(bookmarks: Sequence[Bookmark], typed: str) -> list[Bookmark]:
    """Those whose name, identities or places match, the best first; all, in their order, when nothing was typed."""
    found = [(fuzzy.find(typed, _texts(bookmark)), bookmark) for bookmark in bookmarks]
    return [bookmark for _, bookmark in sorted((each for each in found if each[0]), key=lambda each: -_score(each[0]))]


def _score(found: fuzzy.Found | None) -> float:
    return found.score if found else 0.0


def _texts(bookmark: Bookmark) -> tuple[str, ...]:
    panes = [pane for pane in (bookmark.left, bookmark.right) if pane.spec]
    return (bookmark.name, *(text for pane in panes for text in (_who(pane), pane.location.uri)))


def bookmark_row(bookmark: Bookmark, width: int) -> Content:
    """Its name, and below it identity and location of each pane, in lines of at most `width` cells."""
    panes = [pane for pane in (bookmark.left, bookmark.right) if pane.spec]
    room = (width - len(INDENT) - len(BETWEEN) * (len(panes) - 1)) // max(1, len(panes))
    shown = Content.styled(BETWEEN, MUTED).join(_pane(pane, room) for pane in panes)
    return Content.assemble((cut_middle(visible(bookmark.name), width), STRONG), "\n", INDENT, shown)


def _pane(pane: PaneStart, room: int) -> Content:
    who = cut_middle(visible(_who(pane)), room // 2)
    return Content.assemble(who, " ", outside(cut_start(visible(pane.location.uri), room - len(who) - 1), MUTED))


def _who(pane: PaneStart) -> str:
    return label_of(pane.spec) if pane.spec else ""


def proposed_name(left: PaneStart, right: PaneStart) -> str:
    """A name for a new bookmark: the buckets of its locations, else their identities."""
    names = [pane.location.bucket or _who(pane) for pane in (left, right) if pane.spec]
    return " - ".join(dict.fromkeys(names))
