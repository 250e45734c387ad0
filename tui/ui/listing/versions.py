"""The versions of one object as a branch: rows below the object's row, newest first, in no other order."""

from __future__ import annotations

from tui.core.listing import ObjectSummary, make_page
from tui.core.location import Location
from tui.core.problem import Problem
from tui.core.versions import DELETED, ObjectVersion, VersionLocation, VersionPage
from tui.ui.listing.arrangement import Arrangement, Shown, View
from tui.ui.listing.branch import Branch, BranchState
from tui.ui.listing.entries import Entries


class VersionBranch(Branch):
    """Versions and delete markers of the object that `location` is; names of its entries are version ids."""

    def __init__(self, location: Location) -> None:
        super().__init__(location)
        self.versions: list[ObjectVersion] = []
        """Those that are shown, in the order of the rows."""
        self._coming: list[ObjectVersion] = []

    def begin(self) -> None:
        """See `Branch`."""
        super().begin()
        self._coming = []

    def take_versions(self, page: VersionPage) -> None:
        """The next page."""
        self._coming += page.versions
        entries = Entries()
        entries.append_page(make_page("", [], [_summary(each) for each in self._coming]))
        self.versions, self.shown, self.has_news = list(self._coming), Shown(entries, View()), True
        if page.next is None:
            self.state = BranchState.COMPLETE

    def fail(self, problem: Problem) -> None:
        """See `Branch`."""
        came = self.shown
        super().fail(problem)
        if self._coming:
            self.shown = came

    def arrange(self, arrangement: Arrangement) -> None:
        """Neither sorted nor filtered: their order is their history."""

    def place(self, index: int) -> VersionLocation:
        """Where the version at `index` is."""
        return VersionLocation(self.location.bucket, self.location.key, self.versions[index].version)


def _summary(one: ObjectVersion) -> ObjectSummary:
    """A row; its key is the version id."""
    kind = DELETED if one.marker else one.storage_class or "STANDARD"
    return ObjectSummary(one.version, one.size, int(one.modified), kind, one.owner, one.etag)
