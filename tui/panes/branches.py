"""What a pane lists: the branches of its tree, each listed, stopped, unfolded, sorted and filtered on its own."""

from __future__ import annotations

from collections.abc import Callable

from textual.widget import Widget

from tui.core.identity import Identity
from tui.core.location import Location
from tui.core.searching import Search
from tui.kit.commands import key_of
from tui.link.session import EngineAccess
from tui.panes.arrangement import Arrangement
from tui.panes.branch import Branch, VersionBranch
from tui.panes.columns import SortKey
from tui.panes.jump_bar import FilterBar
from tui.panes.loading import Listings
from tui.panes.news import PaneRefreshed
from tui.panes.rows import PaneRow, RowKind, is_below
from tui.panes.tree import Tree
from tui.panes.tree_table import KeyedTable
from tui.text import format as fmt


class Branches:
    """The tree of a pane, and the table that shows it."""

    def __init__(
        self,
        node: Widget,
        engine: EngineAccess,
        table: KeyedTable,
        identity: Callable[[], Identity | None],
        shown: Callable[[Branch], None],
    ) -> None:
        """`identity` returns None if not connected; workers run on `node`; `shown` is called after each change."""
        self.table = table
        self.tree = table.shown
        self.with_parent = True
        """Whether the first row of a place is ``..``."""
        self.listings = Listings(node, engine, self.changed)
        self._node, self._identity, self._shown = node, identity, shown
        self.connecting = False
        """Whether an identity is being connected: branches wait for it."""

    @property
    def location(self) -> Location:
        return self.tree.root.location

    @property
    def cursor_row(self) -> PaneRow | None:
        return self.table.cursor_row

    @property
    def subject(self) -> Location:
        row = self.cursor_row
        return row.location if row and row.is_entry else self.location

    def replace(self, location: Location, cursor: Location | None, search: Search | None = None) -> None:
        """Show another place, or what a `search` finds below it, with the cursor on `cursor`; nothing is listed yet."""
        self.stop()
        kept = self.tree.arrangement.filtered("")
        if location.bucket != self.location.bucket:
            kept = kept.only_foreign("")
        stays = location.bucket == self.location.bucket or not self.location.bucket
        self.show_deleted(on=self.tree.with_deleted and stays)
        deleted = self.listings.with_deleted
        self.tree = Tree(location, kept, search, with_deleted=deleted, with_parent=self.with_parent)
        self.table.show(self.tree, cursor)

    def refresh(self) -> None:
        self._node.post_message(PaneRefreshed())
        for branch in list(self.tree.branches):
            self.list_branch(branch)

    def refresh_failed(self) -> None:
        """List again what failed."""
        for branch in list(self.tree.branches):
            if branch.problem:
                self.list_branch(branch)

    def refresh_below(self, *locations: Location) -> None:
        """List again, once, each branch that shows one of the changed `locations` or lies below it."""
        changed = []
        for branch in list(self.tree.branches):
            here = branch.location
            found = branch.search and any(is_below(location, here) for location in locations)
            if found or any(here in (location, location.parent) or is_below(here, location) for location in locations):
                changed.append(branch)
        if changed:
            self._node.post_message(PaneRefreshed())
        for branch in changed:
            self.list_branch(branch)

    def list_branch(self, branch: Branch) -> None:
        """List a branch again, once an identity is connected."""
        if identity := self._identity():
            self.listings.start(branch, identity.connection)
        elif self.connecting:
            branch.begin()
            self.changed(branch)

    def stop(self) -> bool:
        """Stop all listings; return whether any was running."""
        stopped = [branch for branch in list(self.tree.branches) if self.listings.stop(branch)]
        return bool(stopped)

    def show_deleted(self, *, on: bool) -> None:
        """Whether to list keys whose latest version is a delete marker, too; from the next listing on."""
        self.tree.with_deleted = self.listings.with_deleted = on

    def toggle_versions(self, row: PaneRow) -> None:
        """Show or hide an object's versions; `row` is the object or one of its versions."""
        place = row.branch.location if isinstance(row.branch, VersionBranch) else row.location
        if branch := self.tree.unfold_versions(place):
            self.list_branch(branch)
        else:
            for closed in self.tree.collapse(place):
                self.listings.stop(closed)
            self.table.await_entry(place)
        self.changed(self.tree.root)

    def toggle(self, row: PaneRow) -> None:
        """Expand or collapse a container; on an object, collapse its versions."""
        if row.kind is not RowKind.CONTAINER and not row.expanded:
            return
        if row.expanded:
            for closed in self.tree.collapse(row.location):
                self.listings.stop(closed)
        elif branch := self.tree.expand(row.location):
            self.list_branch(branch)
        self.changed(self.tree.root)

    def arrange(self, arrangement: Arrangement) -> None:
        self.tree.arrange(arrangement)
        for branch in list(self.tree.branches):
            self.listings.arrange(branch)
        self.changed(self.tree.root)

    def changed(self, branch: Branch) -> None:
        """Index the rows of a changed branch again, and show them."""
        if self.tree.branch(branch.location) is not branch:
            return
        if branch.has_news and not branch.loading:  # a million marks are not looked at for every key
            branch.has_news = False
            self.tree.forget_gone(branch)
        self.tree.changed()
        self.table.sync()
        if self.tree.settle():
            self.table.marks_changed()
        self._shown(branch)


OWNER_UNKNOWN = "the bucket owner is unknown: list the buckets of its account in one of the panes"


class Arranging:
    """Sorts and filters the branches of a pane."""

    def __init__(
        self,
        branches: Branches,
        filter_bar: FilterBar,
        bucket_owner: Callable[[], str],
        leave_results: Callable[[], bool],
    ) -> None:
        """`bucket_owner`: the canonical id of the open bucket's owner, empty where it is not known.

        `leave_results` goes from what was found back to the listing, and returns whether anything was found.
        """
        self._branches, self._filter_bar, self._bucket_owner = branches, filter_bar, bucket_owner
        self._leave_results = leave_results

    @property
    def _arrangement(self) -> Arrangement:
        return self._branches.tree.arrangement

    def action_filter(self) -> None:
        self._filter_bar.display = True
        self._filter_bar.screen.set_focus(self._filter_bar)

    def filter(self, pattern: str) -> None:
        if pattern != self._arrangement.pattern:
            self._branches.arrange(self._arrangement.filtered(pattern))

    def action_foreign(self) -> None:
        """Show only objects that the bucket owner does not own, or all again."""
        if self._arrangement.foreign_to:
            self._branches.arrange(self._arrangement.only_foreign(""))
        elif owner := self._bucket_owner():
            self._branches.arrange(self._arrangement.only_foreign(owner))
        else:
            where = "open a bucket first" if not self._branches.location.bucket else OWNER_UNKNOWN
            self._filter_bar.notify(where, severity="warning", markup=False)

    def leave_filter(self, *, clear: bool) -> None:
        """Return to the rows; `clear` removes the filter."""
        if clear:
            self._clear_filter()
        self._filter_bar.screen.set_focus(self._branches.table)

    def _clear_filter(self) -> None:
        self._filter_bar.display = False
        self._filter_bar.value = ""
        self._branches.arrange(self._arrangement.filtered(""))

    def action_sort(self) -> None:
        """Reverse an ascending order; after the reverse comes the next key."""
        keys, key = list(SortKey), self._arrangement.key
        self.sort_by(keys[(keys.index(key) + 1) % len(keys)] if self._arrangement.descending else key)

    def action_sort_reverse(self) -> None:
        self.sort_by(self._arrangement.key)

    def sort_by(self, key: SortKey) -> None:
        self._branches.arrange(self._arrangement.sorted_by(key))

    def action_back_out(self) -> None:
        """One thing at a time: the drag, the listing, the filter, the marks, the search results."""
        table = self._branches.table
        if table.dragging:
            table.cancel_drag()
        elif self._branches.stop():
            return
        elif self._arrangement.pattern or self._filter_bar.display:
            self._clear_filter()
        elif self._arrangement.foreign_to:
            self._branches.arrange(self._arrangement.only_foreign(""))
        elif self._branches.tree.marks:
            self._branches.tree.cleared = marks = dict(self._branches.tree.marks)
            table.clear_marks()
            if len(marks) > 1:
                words = f"{fmt.counted(len(marks), 'row')} unmarked; {key_of('undo')} brings the marks back"
                table.notify(words, markup=False)
        elif not self._leave_results():
            table.clear_marks()
