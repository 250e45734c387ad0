"""One pane: its identity, where it is, and what is there."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.reactive import reactive

from tui.core.identity import AddressBook, Identity, IdentitySpec
from tui.core.location import Location
from tui.kit.command_base import Scope
from tui.kit.commands import commands_of, take_actions
from tui.link.session import EngineAccess
from tui.settings import PaneStart
from tui.ui.kit.messages import (
    ColumnsPlanned,
    CredentialsAged,
    CursorMoved,
    FilterChanged,
    FilterLeft,
    IdentityOpened,
    MarksChanged,
    PaneChanged,
    PlaceChosen,
    RowOpened,
    RowToggled,
    Side,
    SortChosen,
)
from tui.ui.listing.branch import Branch, BranchState
from tui.ui.listing.rows import Row
from tui.ui.listing.selection import Picked
from tui.ui.listing.tree import Tree
from tui.ui.panes.arranging import Arranging
from tui.ui.panes.branches import Branches
from tui.ui.panes.cells import path_status
from tui.ui.panes.connection import PaneConnection
from tui.ui.panes.drag import DropPlaces
from tui.ui.panes.filter_bar import FilterBar
from tui.ui.panes.identity_strip import IdentityStrip
from tui.ui.panes.jump_bar import JumpBar
from tui.ui.panes.jumping import Jumping
from tui.ui.panes.marking import PatternMarks
from tui.ui.panes.navigation import Navigation
from tui.ui.panes.opening import Opening
from tui.ui.panes.path_line import PathLine
from tui.ui.panes.table_keys import TABLE_COMMANDS, KeyedTable
from tui.ui.panes.tree_table import TableHeader

PANE_COMMANDS = [command for command in commands_of(Scope.PANE) if command.id not in TABLE_COMMANDS]


class Pane(Vertical):
    """Owns the widgets of a pane and the controllers that do what its keys and messages mean."""

    BINDINGS: ClassVar[list[BindingType]] = [command.binding() for command in PANE_COMMANDS]

    identity: reactive[Identity | None] = reactive(None, init=False)
    """What the pane is connected as; None until one was chosen and its configuration read."""
    book: reactive[AddressBook] = reactive(AddressBook(), init=False)
    """The address book, set from above."""
    bucket_owners: reactive[dict[str, str]] = reactive(dict, init=False)
    """Canonical ids of the owners of buckets, by bucket, as far as either pane knows; given from above."""

    def __init__(self, side: Side, engine: EngineAccess, clock: Callable[[], float] = time.time) -> None:
        """`clock` returns the current time in seconds since the epoch."""
        super().__init__(classes=f"-{side.value}")
        self.side = side
        self.begins: PaneStart | None = None
        """What a tab shows as soon as it comes to the front for the first time."""
        self.strip = IdentityStrip(clock=clock)
        self.path = PathLine()
        self.header = TableHeader()
        self.table = table = KeyedTable(Tree(Location()), clock=clock)
        self.filter_bar = filter_bar = FilterBar()
        self.branches = branches = Branches(self, engine, table, lambda: self.identity, self._branch_shown)
        self.navigation = navigation = Navigation(self, branches, filter_bar)
        self.connection = PaneConnection(self, engine, branches, navigation, self.strip, self.path)
        self.opening = Opening(self, side, branches, navigation, lambda: self.identity)
        self.arranging = Arranging(
            branches,
            filter_bar,
            lambda: self.bucket_owners.get(self.location.bucket, ""),
            navigation.leave_results,
        )
        self.jump_bar = JumpBar()
        self.jumping = Jumping(branches, self.jump_bar)
        self.drops = DropPlaces(self, side, branches, self.path)
        controllers = (navigation, self.connection, self.opening, self.arranging, PatternMarks(table), self.jumping)
        take_actions(self, PANE_COMMANDS, *controllers)

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        self.filter_bar.display = self.jump_bar.display = False
        yield self.strip
        yield self.path
        yield self.header
        yield self.table
        yield self.filter_bar
        yield self.jump_bar

    @property
    def spec(self) -> IdentitySpec | None:
        """The identity that was asked for, without what the settings add."""
        return self.connection.spec

    @property
    def contents(self) -> Tree:
        """What is listed."""
        return self.branches.tree

    @property
    def location(self) -> Location:
        """Where the pane is."""
        return self.branches.location

    @property
    def cursor_row(self) -> Row | None:
        """The row under the cursor."""
        return self.branches.cursor_row

    @property
    def subject(self) -> Location:
        """What the user means: the entry under the cursor, else where the pane is."""
        return self.branches.subject

    @property
    def picked(self) -> list[Picked]:
        """The marks; without any, the entry under the cursor."""
        return self.branches.picked

    @property
    def known_owners(self) -> dict[str, str]:
        """The identity's own buckets, each with its owner's canonical id, as far as they were listed."""
        own = self.branches.listings.own_buckets
        owner = (self.identity.canonical_id if self.identity else "") or (own.owner.id if own and own.owner else "")
        return {bucket.name: owner for bucket in own.buckets} if own and owner else {}

    def watch_identity(self, identity: Identity | None) -> None:
        """Show it."""
        self.strip.identity = identity
        self.post_message(PaneChanged(self.side))

    def watch_book(self) -> None:
        """Owners have names now."""
        self._show_owners()

    def watch_bucket_owners(self) -> None:
        """The owners of rows can be compared now."""
        self._show_owners()

    def _show_owners(self) -> None:
        self.table.bucket_owner = self.bucket_owners.get(self.location.bucket, "")
        self.table.book = self.book

    def _branch_shown(self, branch: Branch) -> None:
        """The rows of a branch have changed: show what else follows from them."""
        if branch is self.contents.root and branch.state is BranchState.COMPLETE:
            self.navigation.tell_missing()
        self.jumping.listed(branch)
        self.path.location = self.location
        self.header.arrangement = self.contents.arrangement
        self._show_owners()
        self._show_status()

    @on(CursorMoved)
    @on(MarksChanged)
    def _cursor_or_marks_changed(self, event: CursorMoved | MarksChanged) -> None:
        event.stop()
        self._show_status()

    def _show_status(self) -> None:
        self.path.status, self.path.short_status = path_status(self.contents)
        self.post_message(PaneChanged(self.side))

    @on(ColumnsPlanned)
    def _align_header(self, event: ColumnsPlanned) -> None:
        event.stop()
        self.header.plan = self.table.plan

    @on(RowToggled)
    def _row_toggled(self, event: RowToggled) -> None:
        event.stop()
        if row := self.table.row_at(event.number):
            self.branches.toggle(row)

    @on(RowOpened)
    def _row_opened(self, event: RowOpened) -> None:
        event.stop()
        if row := self.table.row_at(event.number):
            self.opening.open(row)

    @on(PlaceChosen)
    def _place_chosen(self, event: PlaceChosen) -> None:
        event.stop()
        if event.location != self.location:
            self.navigation.go(event.location)

    @on(FilterChanged)
    def _filter_changed(self, event: FilterChanged) -> None:
        event.stop()
        self.arranging.filter(event.pattern)

    @on(FilterLeft)
    def _filter_left(self, event: FilterLeft) -> None:
        event.stop()
        self.arranging.leave_filter(clear=event.clear)

    @on(SortChosen)
    def _sort_chosen(self, event: SortChosen) -> None:
        event.stop()
        self.arranging.sort_by(event.key)

    @on(IdentityStrip.LifetimeChanged)
    def _lifetime_changed(self, event: IdentityStrip.LifetimeChanged) -> None:
        event.stop()
        if self.display:  # a tab behind another one shows it when it comes to the front
            self.post_message(CredentialsAged(self.side, event.lifetime))

    @on(IdentityStrip.Opened)
    def _strip_opened(self, event: IdentityStrip.Opened) -> None:
        event.stop()
        self.post_message(IdentityOpened(self.side))
