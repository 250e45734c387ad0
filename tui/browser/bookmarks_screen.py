"""The bookmarks: locations of both panes with their identities; opened, added, removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup
from textual.content import Content
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.core.problem import ProblemError
from tui.kit.dialog import ConfirmScreen, Dialog, Foot, Frame, move_highlight
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, MUTED, STRONG, WARNING, hint, outside
from tui.panes.news import PaneSide
from tui.saved.bookmarks import Bookmark, Bookmarks
from tui.settings import PaneStart
from tui.text import typed as fuzzy
from tui.text.format import cut_middle, cut_start, visible
from tui.text.listing_lines import label_of

LONGEST_NAME = 80

EMPTY = "No bookmarks yet. Press N to add the locations and identities of both panes."


class BookmarksScreen(Dialog[Bookmark]):
    """Answers with the bookmark to open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "find", "Find"),
        Binding("N", "add", "Add"),
        Binding("D,delete,f8", "remove", "Remove"),
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("g", "move(-1000000)", show=False),
        Binding("G", "move(1000000)", show=False),
    ]

    def __init__(self, kept: Bookmarks, left: PaneStart, right: PaneStart, active: PaneSide) -> None:
        """`left` and `right` are what the panes show now; `active` is the side with the keys."""
        super().__init__()
        self._kept, self._left, self._right, self._active = kept, left, right, active
        self._shown: list[Bookmark] = []

    def compose(self) -> ComposeResult:
        with Frame("Bookmarks", id="bookmarks"):
            yield LineInput(placeholder="/ searches name, identity and location", compact=True, id="filter")
            yield OptionList(id="list", compact=True, markup=False)
            yield Static(id="message")
            with Foot():
                with HorizontalGroup(classes="buttons"):
                    yield Button("Open  enter", variant="primary", id="open", compact=True)
                    yield Button("Add both panes  N", id="add", action="screen.add", compact=True)
                    yield Button(f"Add the {self._active} pane", id="add-one", action="screen.add_one", compact=True)
                yield Static(hint(("D", "remove"), ("/", "find"), ("esc", "close")), classes="hints")

    def on_mount(self) -> None:
        """The list has the focus: letters are commands until you search."""
        self.query_one(OptionList).focus()
        self.call_after_refresh(self._show)

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    def _show(self, name: str = "") -> None:
        """List the matches, with the cursor on the bookmark `name`, else where it was."""
        listed = self.query_one(OptionList)
        before = name or (self._current.name if self._current else "")
        known = self._kept.read()
        self._shown = matching(known, self.query_one("#filter", Input).value)
        width = listed.scrollable_content_region.width
        listed.set_options(Option(bookmark_row(bookmark, width)) for bookmark in self._shown)
        names = [bookmark.name for bookmark in self._shown]
        if names:
            listed.highlighted = names.index(before) if before in names else 0
        words = "" if names else "none matches" if known else EMPTY
        self.say(words, MUTED)

    @property
    def _current(self) -> Bookmark | None:
        at = self.query_one(OptionList).highlighted
        return self._shown[at] if at is not None and at < len(self._shown) else None

    @on(Input.Changed)
    def _find(self) -> None:
        self._show()

    def action_find(self) -> None:
        self.query_one("#filter").focus()

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    @on(Button.Pressed, "#open")
    def _open(self) -> None:
        if self._current:
            self.dismiss(self._current)

    def action_add(self) -> None:
        self._add(self._left, self._right)

    def action_add_one(self) -> None:
        """Save what the active pane shows; it opens in whichever pane is active then."""
        here = self._left if self._active is PaneSide.LEFT else self._right
        self._add(here, PaneStart())

    @work(group="adding")
    async def _add(self, left: PaneStart, right: PaneStart) -> None:
        if left.spec is None and right.spec is None:
            self.say("✗ no identity selected there: choose one first", BAD)
            return
        known = frozenset(bookmark.name for bookmark in self._kept.read())
        name = await self.app.push_screen_wait(BookmarkNameScreen(proposed_name(left, right), known))
        if name:
            try:
                self._kept.add(Bookmark(name, left, right))
            except ProblemError as error:
                self.say(f"✗ {error.problem.sentence()}", BAD)
            else:
                self.query_one("#filter", Input).value = ""
                self._show(name)

    @work(group="removing")
    async def action_remove(self) -> None:
        bookmark = self._current
        if bookmark is None:
            return
        question = Content("Only the bookmark is removed, no data.")
        sure = await self.app.push_screen_wait(
            ConfirmScreen(f"Remove the bookmark {bookmark.name}?", question, "Remove")
        )
        if not sure:
            return
        try:
            self._kept.remove(bookmark.name)
        except ProblemError as error:
            self.say(f"✗ {error.problem.sentence()}", BAD)
        else:
            self._show()

    def action_move(self, rows: int) -> None:
        move_highlight(self.query_one(OptionList), rows)

    def action_cancel(self) -> None:
        """One step back: from the search to the list, from the list to the panes."""
        line = self.query_one("#filter", Input)
        if self.focused is line:
            line.value = ""
            self.query_one(OptionList).focus()
        else:
            self.leave()


class BookmarkNameScreen(Dialog[str]):
    """Answers with a name; warns if it would replace another bookmark."""

    def __init__(self, proposed: str, known: frozenset[str]) -> None:
        super().__init__()
        self._proposed, self._known = proposed[:LONGEST_NAME], known

    def compose(self) -> ComposeResult:
        with Frame("Name of the bookmark"):
            yield LineInput(self._proposed, max_length=LONGEST_NAME, compact=True, id="name")
            yield Static(id="message")
            yield Static(hint(("enter", "keep"), ("esc", "cancel")), classes="hints")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        there = event.value.strip() in self._known
        words = "replaces the bookmark with this name" if there else ""
        self.say(words, WARNING)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if name := event.value.strip():
            self.dismiss(name)


BETWEEN = "  │  "
INDENT = "  "


def matching(bookmarks: Sequence[Bookmark], typed: str) -> list[Bookmark]:
    """Bookmarks whose name, identities or locations match, best first; without a search all, in their order."""
    found = [(hit.score, bookmark) for bookmark in bookmarks if (hit := fuzzy.find(typed, _texts(bookmark)))]
    return [bookmark for _, bookmark in sorted(found, key=lambda each: -each[0])]


def _texts(bookmark: Bookmark) -> tuple[str, ...]:
    panes = [pane for pane in (bookmark.left, bookmark.right) if pane.spec]
    return (bookmark.name, *(text for pane in panes for text in (_who(pane), pane.location.uri)))


def bookmark_row(bookmark: Bookmark, width: int) -> Content:
    """The name, and below it identity and location of each pane, in lines of at most `width` cells."""
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
    """A name for a new bookmark: its buckets, else its identities."""
    names = [pane.location.bucket or _who(pane) for pane in (left, right) if pane.spec]
    return " - ".join(dict.fromkeys(names))
