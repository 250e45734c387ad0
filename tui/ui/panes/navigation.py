"""Going from place to place in a pane, and back."""

from __future__ import annotations

from textual.widget import Widget

from tui.core.location import Location
from tui.core.searching import Search
from tui.text import format as fmt
from tui.ui.listing.anchors import row_of
from tui.ui.listing.history import History, Place
from tui.ui.panes.branches import Branches
from tui.ui.panes.filter_bar import FilterBar


class Navigation:
    """Shows places and remembers them."""

    def __init__(self, node: Widget, branches: Branches, filter_bar: FilterBar) -> None:
        """`node` shows a toast about what is not found; the filter ends where a place is left."""
        self._node, self._branches, self._filter_bar = node, branches, filter_bar
        self._history = History()
        self._sought: Location | None = None
        """The object that was asked for by its name, until its level is listed."""

    def begin(self, location: Location) -> None:
        """Show a place as another identity: its listing begins when that is connected."""
        self._history = History()
        self._leave(location, None)
        self._branches.tree.root.begin()
        self._branches.changed(self._branches.tree.root)

    def go(self, location: Location, cursor: Location | None = None, *, by_name: bool = False) -> None:
        """Show another place, the cursor on the entry `cursor`; a URI that names an object shows it in its prefix."""
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
        """Put the cursor on the object that was named; when its level is listed without it, a toast says so."""
        if not named.is_prefix:
            self._sought = named
            self._branches.table.await_entry(named)

    def tell_missing(self) -> None:
        """The level is listed: an object that was asked for and is not there would else look like an answer."""
        sought, self._sought = self._sought, None
        if sought and row_of(self._branches.tree, sought) is None:
            title = "No such file" if sought.is_local else "No such key"
            self._node.notify(fmt.visible(sought.uri), title=title, severity="warning", markup=False)

    @property
    def _place(self) -> Place:
        """Where the pane and its cursor are."""
        here, subject = self._branches.location, self._branches.subject
        return Place(here, subject if subject != here else None, self._branches.tree.root.search)

    def find(self, location: Location, search: Search) -> None:
        """Show what is found below a place."""
        if not self._branches.tree.root.search:  # one search after another is left at once
            self._history.leave(self._place)
        self._enter(location, None, search)

    def leave_results(self) -> bool:
        """From what was found back to the listing; whether anything was."""
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
        """To the level above, the cursor on where we were."""
        here = self._branches.location
        if here.bucket and not self.leave_results():
            self.go(here.parent, here)

    def action_back(self) -> None:
        """Where we were before."""
        self._return_to(self._history.back(self._place))

    def action_forward(self) -> None:
        """Forward again."""
        self._return_to(self._history.forward(self._place))

    def _return_to(self, place: Place | None) -> None:
        if place:
            self._enter(place.location, place.cursor, place.search)
