"""One pane: who acts, where it is, and what is there."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.geometry import Offset
from textual.reactive import reactive

from tui.model.identity import AddressBook, IdentitySpec
from tui.model.location import FILE_SCHEME, SCHEME, Location
from tui.model.problem import Problem
from tui.protocol.session import EngineAccess
from tui.ui.drops import DropTarget
from tui.ui.listing.branch import Branch
from tui.ui.listing.history import History, Place
from tui.ui.listing.rows import Row, RowKind, is_below
from tui.ui.listing.selection import Picked
from tui.ui.listing.tree import Tree
from tui.ui.messages import CursorMoved, MarksChanged, NotConnected, PaneChanged, PlaceChosen, RowToggled, Side
from tui.ui.widgets.acting_pane import ActingPane
from tui.ui.widgets.filter_bar import FilterBar
from tui.ui.widgets.header import TableHeader
from tui.ui.widgets.listings import Listings
from tui.ui.widgets.path_line import PathLine
from tui.ui.widgets.statuses import path_status
from tui.ui.widgets.table_keys import KeyedTable


class Pane(ActingPane):
    """Wires the widgets of a pane to the engine; `PaneKeys` adds what the keys do."""

    book: reactive[AddressBook] = reactive(AddressBook(), init=False)
    """Who is who, given from above."""
    bucket_owners: reactive[dict[str, str]] = reactive(dict, init=False)
    """Canonical ids of the owners of buckets, by bucket, as far as either pane knows; given from above."""

    def __init__(self, side: Side, engine: EngineAccess, clock: Callable[[], float] = time.time) -> None:
        """`clock` tells the present in seconds since the epoch."""
        super().__init__(side, engine, clock)
        self.contents = Tree(Location())
        self.history = History()
        self.listings = Listings(self, engine, self._changed)
        self.path = PathLine()
        self.header = TableHeader()
        self.table = KeyedTable(self.contents, clock=clock)
        self.filter_bar = FilterBar()

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        self.filter_bar.display = False
        yield self.strip
        yield self.path
        yield self.header
        yield self.table
        yield self.filter_bar

    @property
    def location(self) -> Location:
        """Where the pane is."""
        return self.contents.root.location

    @property
    def cursor_row(self) -> Row | None:
        """The row under the cursor."""
        return self.table.cursor_row

    @property
    def subject(self) -> Location:
        """What the user means: the entry under the cursor, else where the pane is."""
        row = self.cursor_row
        return row.location if row and row.is_entry else self.location

    @property
    def picked(self) -> list[Picked]:
        """The marks; without any, the entry under the cursor."""
        return self.contents.picked(self.cursor_row)

    @property
    def known_owners(self) -> dict[str, str]:
        """The identity's own buckets, each with its owner's canonical id, as far as they were listed."""
        own = self.listings.own_buckets
        owner = (self.identity.canonical_id if self.identity else "") or (own.owner.id if own and own.owner else "")
        return {bucket.name: owner for bucket in own.buckets} if own and owner else {}

    def connect(self, spec: IdentitySpec, location: Location) -> None:
        """Act as another identity from now on, at `location`."""
        self.listings.own_buckets = None
        self.path.top = FILE_SCHEME if spec.local else SCHEME
        self.history = History()
        self.act_as(spec)
        self._enter(location, None, listed=False)
        self.contents.root.begin()
        self._changed(self.contents.root)

    def reconnect(self) -> None:
        """Act as the same identity, dressed anew: the place, its rows and marks stay."""
        if self.spec:
            self.stop()
            self.act_as(self.spec)

    def connected(self) -> None:
        """List as the new identity."""
        self.list_anew()

    async def settled(self) -> None:
        """Within a bucket nothing has told yet which buckets are the identity's own."""
        if self.identity and self.listings.own_buckets is None and self.location.bucket:
            await self.listings.own(self.identity.connection)
            self.post_message(PaneChanged(self.side))

    def failed(self, problem: Problem) -> None:
        """The row that says so takes the place of the listing."""
        self.stop()
        self.contents.root.fail(problem)
        self._changed(self.contents.root)
        self.post_message(NotConnected(self.side, problem))

    def working_again(self) -> None:
        """List what could not be listed without."""
        for branch in list(self.contents.branches):
            if branch.problem:
                self.list_branch(branch)
        self.run_worker(self.settled(), group="settling", exclusive=True)

    def go(self, location: Location, cursor: Location | None = None, *, by_name: bool = False) -> None:
        """Show another place, the cursor on the entry `cursor`; a URI that names an object shows it in its prefix."""
        if not location.is_prefix:
            location, cursor = location.parent, location
        if by_name:
            self.listings.remember(location.bucket)
        self.history.leave(self.place)
        self._enter(location, cursor)

    @property
    def place(self) -> Place:
        """Where the pane and its cursor are, for the history."""
        return Place(self.location, self.subject if self.subject != self.location else None)

    def return_to(self, place: Place | None) -> None:
        """Show a place of the history; None: there is none."""
        if place:
            self._enter(place.location, place.cursor)

    def _enter(self, location: Location, cursor: Location | None, *, listed: bool = True) -> None:
        self.stop()
        self.contents = Tree(location, self.contents.arrangement.filtered(""))
        self.filter_bar.display = False
        self.filter_bar.value = ""
        self.table.show(self.contents, cursor)
        self._changed(self.contents.root)
        if listed and self.identity:
            self.list_anew()

    def list_anew(self) -> None:
        """List every branch again; cursor, marks, filter and scroll stay."""
        for branch in list(self.contents.branches):
            self.list_branch(branch)

    def list_branch(self, branch: Branch) -> None:
        """List one branch again."""
        if self.identity:
            self.listings.start(branch, self.identity.connection)

    def stop(self) -> bool:
        """End all listings; whether there was one."""
        stopped = [branch for branch in list(self.contents.branches) if self.listings.stop(branch)]
        return bool(stopped)

    def refresh_below(self, *locations: Location) -> None:
        """Something changed at `locations`: list the branches that show one of them, or lie below it, once each."""
        for branch in list(self.contents.branches):
            here = branch.location
            if any(here in (location, location.parent) or is_below(here, location) for location in locations):
                self.list_branch(branch)

    def _changed(self, branch: Branch) -> None:
        """A branch has changed: index the rows anew and show them."""
        if self.contents.branch(branch.location) is not branch:
            return
        if not branch.loading:
            self.contents.forget_gone(branch)
        self.contents.changed()
        self.table.sync()
        self._show_state()

    def _show_state(self) -> None:
        self.path.location = self.location
        self.path.status, self.path.short_status = path_status(self.contents)
        self.header.arrangement = self.contents.arrangement
        self._show_owners()
        self.post_message(PaneChanged(self.side))

    def _show_owners(self) -> None:
        self.table.bucket_owner = self.bucket_owners.get(self.location.bucket, "")
        self.table.book = self.book

    def on_resize(self) -> None:
        """The headings follow the table."""
        self.call_after_refresh(self._align_header)

    def _align_header(self) -> None:
        self.header.plan = self.table.plan

    def watch_book(self) -> None:
        """Owners have names now."""
        self._show_owners()

    def watch_bucket_owners(self) -> None:
        """Owners can be told apart now."""
        self._show_owners()

    @on(CursorMoved)
    @on(MarksChanged)
    def _moved(self, event: CursorMoved | MarksChanged) -> None:
        event.stop()
        self.path.status, self.path.short_status = path_status(self.contents)
        self.post_message(PaneChanged(self.side))

    @on(RowToggled)
    def _toggled(self, event: RowToggled) -> None:
        event.stop()
        row = self.table.row_at(event.number)
        if row:
            self.toggle(row)

    def toggle(self, row: Row) -> None:
        """Unfold a container, or fold it."""
        if row.kind is not RowKind.CONTAINER:
            return
        if row.expanded:
            for closed in self.contents.collapse(row.location):
                self.listings.stop(closed)
        elif branch := self.contents.expand(row.location):
            self.list_branch(branch)
        self._changed(self.contents.root)

    @on(PlaceChosen)
    def _place_chosen(self, event: PlaceChosen) -> None:
        event.stop()
        if event.location != self.location:
            self.go(event.location)

    def drop_target(self, pointer: Offset) -> DropTarget | None:
        """What a drop at a cell of the screen means here: a path segment, a container's row, else the whole pane."""
        if not self.region.contains_point(pointer):
            return None
        if place := self.path.place_at(pointer):
            return DropTarget(self.side, place)
        number = self.table.row_number_at(pointer)
        row = None if number is None else self.table.row_at(number)
        if row and row.kind is RowKind.CONTAINER:
            return DropTarget(self.side, row.location)
        return DropTarget(self.side, self.location)

    def show_drop(self, target: DropTarget | None) -> None:
        """Highlight what a drop would go to; None: nothing of this pane."""
        place = target.location if target and target.side is self.side else None
        row = None if place is None else self.contents.row_of(place)
        self.table.highlight(drop=row)
        self.path.drop = place if row is None else None
        self.set_class(place is not None and place == self.location, "-drop")
