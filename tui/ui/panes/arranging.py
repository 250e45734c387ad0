"""Which rows a pane shows, and in which order: filter and sort."""

from __future__ import annotations

from collections.abc import Callable

from tui.ui.listing.arrangement import Arrangement
from tui.ui.listing.columns import SortKey
from tui.ui.panes.branches import Branches
from tui.ui.panes.filter_bar import FilterBar

OWNER_UNKNOWN = "the bucket's owner is not known here: list its account's buckets in one of the panes"


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
        """Open the line to type a filter in."""
        self._filter_bar.display = True
        self._filter_bar.screen.set_focus(self._filter_bar)

    def filter(self, pattern: str) -> None:
        """Show only the rows whose name matches `pattern`."""
        if pattern != self._arrangement.pattern:
            self._branches.arrange(self._arrangement.filtered(pattern))

    def action_foreign(self) -> None:
        """Show only objects that are not the bucket owner's, or all again."""
        if self._arrangement.foreign_to:
            self._branches.arrange(self._arrangement.only_foreign(""))
        elif owner := self._bucket_owner():
            self._branches.arrange(self._arrangement.only_foreign(owner))
        else:
            where = "open a bucket first" if not self._branches.location.bucket else OWNER_UNKNOWN
            self._filter_bar.notify(where, severity="warning", markup=False)

    def leave_filter(self, *, clear: bool) -> None:
        """Go back to the rows; with `clear` all of them are shown again."""
        if clear:
            self._clear_filter()
        self._filter_bar.screen.set_focus(self._branches.table)

    def _clear_filter(self) -> None:
        self._filter_bar.display = False
        self._filter_bar.value = ""
        self._branches.arrange(self._arrangement.filtered(""))

    def action_sort(self) -> None:
        """Sort by the next column."""
        keys = list(SortKey)
        self.sort_by(keys[(keys.index(self._arrangement.key) + 1) % len(keys)])

    def action_sort_reverse(self) -> None:
        """The other way round."""
        self.sort_by(self._arrangement.key)

    def sort_by(self, key: SortKey) -> None:
        """Sort by a key; the other way round when it is the same."""
        self._branches.arrange(self._arrangement.sorted_by(key))

    def action_back_out(self) -> None:
        """One thing at a time: the drag, the listing, the filter, the marks, what was found."""
        table = self._branches.table
        if table.dragging:
            table.cancel_drag()
        elif self._branches.stop():
            return
        elif self._arrangement.pattern or self._filter_bar.display:
            self._clear_filter()
        elif self._arrangement.foreign_to:
            self._branches.arrange(self._arrangement.only_foreign(""))
        elif self._branches.tree.marks or not self._leave_results():
            table.clear_marks()
