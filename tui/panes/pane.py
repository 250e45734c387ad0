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
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.core.identity import AddressBook, Identity, IdentitySpec
from tui.core.location import Location
from tui.kit.command_base import CommandScope
from tui.kit.commands import commands_of, take_actions
from tui.kit.dialog import Dialog, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import hint
from tui.kit.need_dialogs import need_words
from tui.link.session import EngineAccess
from tui.panes import news
from tui.panes.branch import Branch, BranchState
from tui.panes.branches import Arranging, Branches
from tui.panes.cells import path_status
from tui.panes.clipboard import Clipboard
from tui.panes.drag import DropPlaces
from tui.panes.identity_strip import IdentityStrip
from tui.panes.jump_bar import FilterBar, JumpBar
from tui.panes.navigation import Jumping, Navigation
from tui.panes.pane_connection import PaneConnection
from tui.panes.path_line import PathLine
from tui.panes.row_line import RowInFull, row_texts
from tui.panes.rows import Marks, PaneRow, PickError, RowKind, later
from tui.panes.tree import Tree
from tui.panes.tree_table import TABLE_COMMANDS, KeyedTable, TableHeader
from tui.settings import PaneStart
from tui.text.format import number

PANE_COMMANDS = [command for command in commands_of(CommandScope.PANE) if command.id not in TABLE_COMMANDS]


class Pane(Vertical):
    """Owns the widgets of a pane, and the controllers for its keys and messages."""

    BINDINGS: ClassVar[list[BindingType]] = [command.binding() for command in PANE_COMMANDS]

    identity: reactive[Identity | None] = reactive(None, init=False)
    """None until one was chosen and its configuration read."""
    book: reactive[AddressBook] = reactive(AddressBook(), init=False)
    bucket_owners: reactive[dict[str, str]] = reactive(dict, init=False)
    """Canonical ids of bucket owners, by bucket, as far as either pane knows them; set from above."""

    def __init__(self, side: news.PaneSide, engine: EngineAccess, clock: Callable[[], float] = time.time) -> None:
        super().__init__(classes=f"-{side.value}")
        self.side = side
        self.begins: PaneStart | None = None
        """What a tab shows when it first comes to the front."""
        self.strip = IdentityStrip(clock=clock)
        self.path = PathLine()
        self.header = TableHeader()
        self.table = table = KeyedTable(Tree(Location()), clock=clock)
        self.row_line = RowInFull()
        self.filter_bar = filter_bar = FilterBar()
        self.branches = branches = Branches(self, engine, table, lambda: self.identity, self._branch_shown)
        self.navigation = navigation = Navigation(self, branches, filter_bar)
        self.connection = PaneConnection(self, engine, branches, navigation, self.strip, self.path)
        self.opening = Opening(self, side, branches, navigation, lambda: self.identity)
        self.arranging = Arranging(
            branches, filter_bar, lambda: self.bucket_owners.get(self.location.bucket, ""), navigation.leave_results
        )
        self.jump_bar = JumpBar()
        self.jumping = Jumping(branches, self.jump_bar)
        self.drops = DropPlaces(self, side, branches, self.path)
        controllers = (
            navigation,
            self.connection,
            self.opening,
            Clipboard(self, branches),
            self.arranging,
            PatternMarks(table),
            self.jumping,
        )
        take_actions(self, PANE_COMMANDS, *controllers)

    def compose(self) -> ComposeResult:
        self.filter_bar.display = self.jump_bar.display = False
        yield self.strip
        yield self.path
        yield self.header
        yield self.table
        yield self.row_line
        yield self.filter_bar
        yield self.jump_bar

    @property
    def spec(self) -> IdentitySpec | None:
        """The identity that was asked for, without what the settings add."""
        return self.connection.spec

    @property
    def contents(self) -> Tree:
        return self.branches.tree

    @property
    def location(self) -> Location:
        return self.branches.location

    @property
    def cursor_row(self) -> PaneRow | None:
        return self.branches.cursor_row

    @property
    def subject(self) -> Location:
        return self.branches.subject

    @property
    def picked(self) -> Marks:
        """The marks; without any, the entry under the cursor. `PickError`: marks are still to be inverted."""
        if self.contents.inverts_later:
            raise PickError(later())
        row = self.cursor_row
        return dict(self.contents.marks) or (row.picked if row and row.is_entry else {})

    @property
    def hidden_marks(self) -> str:
        """How many of the marks the filter hides; empty if it hides none."""
        tree = self.contents
        hidden = tree.hidden_marks() if tree.marks and tree.arrangement.filters else 0
        return f"{number(hidden)} of {number(len(tree.marks))} marked rows are hidden by the filter" if hidden else ""

    @property
    def known_owners(self) -> dict[str, str]:
        """The identity's own buckets, each with its owner's canonical id, as far as they were listed."""
        own = self.branches.listings.own_buckets
        owner = (self.identity.canonical_id if self.identity else "") or (own.owner.id if own and own.owner else "")
        return {bucket.name: owner for bucket in own.buckets} if own and owner else {}

    def watch_identity(self, identity: Identity | None) -> None:
        self.strip.identity = identity
        self.post_message(news.PaneChanged(self.side))

    def _show_owners(self) -> None:
        self.table.bucket_owner = self.bucket_owners.get(self.location.bucket, "")
        self.table.book = self.book
        self._show_row()

    watch_book = watch_bucket_owners = _show_owners

    def _branch_shown(self, branch: Branch) -> None:
        """The rows of a branch have changed: update what depends on them."""
        if branch is self.contents.root and branch.state is BranchState.COMPLETE:
            self.navigation.tell_missing()
        self.jumping.listed(branch)
        self.path.location = self.location
        self.header.arrangement = self.contents.arrangement
        self._show_owners()
        self._show_status()

    @on(news.CursorMoved)
    @on(news.MarksChanged)
    def _show_status(self) -> None:
        self.path.status, self.path.short_status = path_status(self.contents)
        self._show_row()
        self.post_message(news.PaneChanged(self.side))

    def _show_row(self) -> None:
        row = self.cursor_row
        self.row_line.texts = row_texts(row, self.table.around) if row else []

    @on(news.ColumnsPlanned)
    def _align_header(self) -> None:
        self.header.plan = self.table.plan

    @on(news.RowToggled)
    def _row_toggled(self, event: news.RowToggled) -> None:
        if row := self.table.row_at(event.number):
            self.branches.toggle(row)

    @on(news.RowOpened)
    def _row_opened(self, event: news.RowOpened) -> None:
        if row := self.table.row_at(event.number):
            self.opening.open(row)

    @on(news.PlaceChosen)
    def _place_chosen(self, event: news.PlaceChosen) -> None:
        if event.location != self.location:
            self.navigation.go(event.location)

    @on(news.FilterChanged)
    def _filter_changed(self, event: news.FilterChanged) -> None:
        self.arranging.filter(event.pattern)

    @on(news.FilterLeft)
    def _filter_left(self, event: news.FilterLeft) -> None:
        self.arranging.leave_filter(clear=event.clear)

    @on(news.SortChosen)
    def _sort_chosen(self, event: news.SortChosen) -> None:
        self.arranging.sort_by(event.key)

    @on(IdentityStrip.LifetimeChanged)
    def _lifetime_changed(self, event: IdentityStrip.LifetimeChanged) -> None:
        if self.display:  # a tab behind another one shows it when it comes to the front
            self.post_message(news.CredentialsAged(self.side, event.lifetime))

    @on(IdentityStrip.Opened)
    def _strip_opened(self) -> None:
        self.post_message(news.IdentityOpened(self.side))


class PatternMarks:
    """Asks for a pattern, and marks the rows of a table that match."""

    def __init__(self, table: KeyedTable) -> None:
        self._table = table

    def action_mark_pattern(self) -> None:
        self._ask("Mark", on=True)

    def action_unmark_pattern(self) -> None:
        self._ask("Unmark rows", on=False)

    def _ask(self, title: str, *, on: bool) -> None:
        def answered(pattern: str | None) -> None:
            if pattern:
                self._table.mark_matching(pattern, on=on)

        self._table.app.push_screen(PatternScreen(title), answered)


class PatternScreen(Dialog[str]):
    """Answers with a shell pattern such as ``*.json``; never with an empty one."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        with Frame(self._title):
            yield LineInput("*", placeholder="*.json", compact=True, id="pattern")
            yield Static("* any text   ? any character   [ab] one of these", classes="muted", markup=False)
            yield Static(hint(("enter", "go"), ("esc", "cancel")), classes="hints")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if event.value:
            self.dismiss(event.value)


class Opening:
    """Commands on rows; messages of `node` ask the screen for anything outside the pane."""

    def __init__(
        self,
        node: Widget,
        side: news.PaneSide,
        branches: Branches,
        navigation: Navigation,
        identity: Callable[[], Identity | None],
    ) -> None:
        self._node, self._side, self._identity = node, side, identity
        self._branches, self._navigation = branches, navigation

    def action_open(self) -> None:
        if row := self._branches.cursor_row:
            self.open(row)

    def open(self, row: PaneRow) -> None:
        """Open a container or object, continue a stopped listing, or explain an error."""
        match row.kind:
            case RowKind.CONTAINER:
                self._navigation.go(row.location)
            case RowKind.PARENT:
                self._navigation.action_up()
            case RowKind.OBJECT | RowKind.VERSION:
                self._node.post_message(news.ObjectOpened(self._side))
            case RowKind.STATUS if row.branch.state is BranchState.STOPPED:
                self._branches.list_branch(row.branch)
            case RowKind.STATUS if (problem := row.branch.problem) and need_words(problem):
                self._node.post_message(news.NeedOpened(self._side, problem))
            case RowKind.STATUS:
                self.action_explain()

    def action_expand(self) -> None:
        """Expand; on an expanded row, go to its first child; on a search result, go to its location."""
        row = self._branches.cursor_row
        if row and row.kind is RowKind.OBJECT and row.branch.search:
            self._navigation.go(row.location)
        elif row and row.kind is RowKind.CONTAINER:
            if row.expanded:
                self._branches.table.action_cursor_down()
            else:
                self._branches.toggle(row)

    def action_collapse(self) -> None:
        """Collapse; on a collapsed row, go to its parent; at the top, go up."""
        row = self._branches.cursor_row
        parent = self._branches.tree.parent_row(row) if row else None
        if row and row.expanded:
            self._branches.toggle(row)
        elif parent is not None:
            self._branches.table.move(parent)
        else:
            self._navigation.action_up()

    def action_explain(self) -> None:
        """Explain the error of the row or the pane; without an error, show the identity."""
        row = self._branches.cursor_row
        branch = row.branch if row and row.branch.problem else self._branches.tree.root
        if branch.problem:
            self._node.post_message(news.ProblemOpened(self._side, branch.problem, branch.location))
        elif self._identity():
            self._node.post_message(news.IdentityOpened(self._side, explaining=True))
        else:
            self._node.notify("still connecting" if self._branches.connecting else "no identity selected", markup=False)
