"""Going from place to place in a pane, and back."""

from __future__ import annotations

from dataclasses import dataclass, field

from textual.widget import Widget

from tui.core.location import Location
from tui.core.searching import Search
from tui.panes.arrangement import find_entry, name_at, next_entry
from tui.panes.branch import Branch
from tui.panes.branches import Branches
from tui.panes.jump_bar import FilterBar, JumpBar
from tui.panes.tree import row_of
from tui.text import format as fmt


class Navigation:
    """Shows places and remembers them."""

    def __init__(self, node: Widget, branches: Branches, filter_bar: FilterBar) -> None:
        """`node` shows the toasts. Leaving a place closes the filter."""
        self._node, self._branches, self._filter_bar = node, branches, filter_bar
        self._history = NavigationHistory()
        self._sought: Location | None = None
        """The object that was opened by name, until its level is listed."""

    def begin(self, location: Location) -> None:
        """Show a place as another identity; it is listed once that is connected."""
        self._history = NavigationHistory()
        self._leave(location, None)
        self._branches.tree.root.begin()
        self._branches.changed(self._branches.tree.root)

    def go(self, location: Location, cursor: Location | None = None, *, by_name: bool = False) -> None:
        """Show another place, with the cursor on the entry `cursor`; an object is shown in its prefix."""
        named = location
        if not location.is_prefix:
            location, cursor = location.parent, location
        if by_name:
            self._branches.listings.remember(location.bucket)
        self._history.leave(self._place)
        self._enter(location, cursor)
        if by_name:
            self.seek(named)

    def seek(self, named: Location) -> None:
        """Put the cursor on the named object; if its level does not contain it, a toast says so."""
        if not named.is_prefix:
            self._sought = named
            self._branches.table.await_entry(named)

    def tell_missing(self) -> None:
        """Say that the named object is not in its level, which is listed now."""
        sought, self._sought = self._sought, None
        if sought and row_of(self._branches.tree, sought) is None:
            title = sought.kind.missing
            self._node.notify(fmt.visible(sought.uri), title=title, severity="warning", markup=False)

    @property
    def _place(self) -> HistoryEntry:
        """Where the pane and its cursor are."""
        here, subject = self._branches.location, self._branches.subject
        return HistoryEntry(here, subject if subject != here else None, self._branches.tree.root.search)

    def find(self, location: Location, search: Search) -> None:
        if not self._branches.tree.root.search:  # one search after another is left at once
            self._history.leave(self._place)
        self._enter(location, None, search)

    def leave_results(self) -> bool:
        """Return from search results to the listing; False if there are none."""
        if not self._branches.tree.root.search:
            return False
        self.action_back()
        return True

    def _enter(self, location: Location, cursor: Location | None, search: Search | None = None) -> None:
        self._leave(location, cursor, search)
        self._branches.changed(self._branches.tree.root)
        self._branches.refresh()

    def _leave(self, location: Location, cursor: Location | None, search: Search | None = None) -> None:
        self._sought = None
        self._branches.replace(location, cursor, search)
        self._filter_bar.display = False
        self._filter_bar.value = ""

    def action_up(self) -> None:
        """Go to the level above, with the cursor on the level that was left."""
        here = self._branches.location
        if here.bucket and not self.leave_results():
            self.go(here.parent, here)

    def action_back(self) -> None:
        self._return_to(self._history.back(self._place))

    def action_forward(self) -> None:
        self._return_to(self._history.forward(self._place))

    def _return_to(self, place: HistoryEntry | None) -> None:
        if place:
            self._enter(place.location, place.cursor, place.search)


DEPTH = 100
"""Locations remembered in each direction."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A location, and the entry the cursor stood on; with a `search`, what was found below it."""

    location: Location
    cursor: Location | None = None
    search: Search | None = None


@dataclass(slots=True)
class NavigationHistory:
    """Places left behind and, after going back, those ahead."""

    _behind: list[HistoryEntry] = field(default_factory=list)
    _ahead: list[HistoryEntry] = field(default_factory=list)

    def leave(self, place: HistoryEntry) -> None:
        """Leave `place` for a new one: the way forward is forgotten."""
        self._behind = [*self._behind[1 - DEPTH :], place]
        self._ahead = []

    def back(self, place: HistoryEntry) -> HistoryEntry | None:
        """The location before `place`, which becomes the way forward; None at the beginning."""
        if not self._behind:
            return None
        self._ahead.append(place)
        return self._behind.pop()

    def forward(self, place: HistoryEntry) -> HistoryEntry | None:
        """The location that was left by going back; None if there is none."""
        if not self._ahead:
            return None
        self._behind.append(place)
        return self._ahead.pop()


class Jumping:
    """Moves the cursor on the level that it is on."""

    def __init__(self, branches: Branches, bar: JumpBar) -> None:
        self._branches, self._bar = branches, bar
        bar.typed, bar.stepped, bar.left = self._typed, self._step, self._leave
        self._branch: Branch | None = None
        """The level that is searched."""
        self._position: int | None = None
        """The position of the match on its level."""
        self._looked_at = 0
        """Entries of the level that were searched."""

    def action_jump(self) -> None:
        row = self._branches.cursor_row
        self._branch = row.branch if row and row.version is None else self._branches.tree.root
        self._bar.value, self._bar.missing, self._bar.display = "", False, True
        self._bar.screen.set_focus(self._bar)

    def listed(self, branch: Branch) -> None:
        """More entries of the level have arrived: search them, too."""
        if self._bar.display and branch is self._branch and self._position is None and self._bar.value:
            self._search()

    def _typed(self, text: str) -> None:
        self._position, self._looked_at = None, 0
        if text:
            self._search()
        else:
            self._bar.missing = False

    def _search(self) -> None:
        branch = self._branch
        if branch is None:
            return
        found, self._looked_at = find_entry(branch.shown, self._bar.value, self._looked_at)
        self._bar.missing = found is None
        self._go(found)

    def _step(self, by: int) -> None:
        if self._branch and self._position is not None:
            self._go(next_entry(self._branch.shown, self._bar.value, self._position, by))

    def _go(self, position: int | None) -> None:
        if self._branch is None or position is None:
            return
        self._position = position
        place = self._branch.location.child(name_at(self._branch.shown, position))
        if (number := self._branches.tree.row_of(place)) is not None:
            self._branches.table.move(number)

    def _leave(self) -> None:
        self._bar.screen.set_focus(self._branches.table)
