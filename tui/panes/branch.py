"""One level of the tree as it is shown: its entries, how they are arranged, and how far its listing has come."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from tui.core.listing import Bucket, ObjectSummary, Page, make_page
from tui.core.location import Location
from tui.core.problem import Problem
from tui.core.searching import FindProgress, Search
from tui.core.versions import DELETED, ObjectVersion, VersionLocation, VersionPage
from tui.panes.arrangement import Arrangement, EntryIndices, ShownEntries, arrange, extend
from tui.panes.entries import Entries, Extent

SMALL = 5_000
"""Up to so many entries are arranged at once: that takes less time than a key press may."""


class BranchState(Enum):
    """How far the listing of a branch has come."""

    WAITING = auto()
    LOADING = auto()
    COMPLETE = auto()
    STOPPED = auto()
    FAILED = auto()


class Branch:
    """A bucket list, a bucket or a prefix. A refresh keeps the old entries until the page that replaces them comes.

    A view consists of indices, which must stay valid: with a sort or filter a new listing is gathered aside and
    takes the old one's place, entries and view in one step, when it is complete.
    """

    def __init__(
        self, location: Location, arrangement: Arrangement | None = None, search: Search | None = None
    ) -> None:
        """With a `search` its entries are what was found, at any depth, named by their keys below `location`."""
        self.location = location
        self.search = search
        self.progress: FindProgress | None = None
        """How far the search has come."""
        self.shown = ShownEntries(Entries(), EntryIndices())
        """Entries and view, which are always replaced together."""
        self.state = BranchState.WAITING
        self.problem: Problem | None = None
        self.waiting = ""
        """Which host has not answered for how long, while the branch is loading."""
        self.arrangement = arrangement or Arrangement()
        self.arranged = True
        """False while the view lags behind entries or arrangement; then `job` says what to compute."""
        self.has_marker = False
        """Whether the level has an object of its own name, as a folder that a console made."""
        self.expanded: set[str] = set()
        """Names of the containers that are expanded; no filter hides them."""
        self.had_entries = False
        """Whether an earlier listing of it found something."""
        self.has_news = True
        """Whether the entries have changed since the marks on them were looked at."""
        self._incoming = Entries()
        self._staged: Entries | None = None
        self._fresh = Extent()

    @property
    def entries(self) -> Entries:
        return self.shown.entries

    @property
    def total(self) -> int:
        return self.entries.extent.total

    @property
    def loading(self) -> bool:
        """Whether pages are awaited."""
        return self.state is BranchState.LOADING

    @property
    def exists(self) -> bool:
        """Whether a level that was listed to its end is there: in S3 a prefix is as long as a key begins with it."""
        there = self.total or self.has_marker or not self.location.key or self.location.kind.has_directories
        return bool(there or self.search)

    @property
    def growing(self) -> bool:
        """Whether entries are awaited behind the last one; False where a refresh still runs through old ones."""
        return self.loading and self._appends

    def begin(self) -> None:
        """A listing starts from its first page; entries there are stay until it reaches them."""
        self.had_entries = self.had_entries or bool(self.total or self.has_marker)
        self.state, self.problem, self.progress = BranchState.LOADING, None, None
        self._incoming, self._fresh = Entries(), Extent()
        self.has_marker = False

    def take(self, page: Page) -> None:
        """The next page of the listing."""
        self.has_marker = self.has_marker or bool(page.names and not page.names[0])
        self._incoming.append_page(page)
        self._took(last=page.last)

    def take_buckets(self, buckets: list[Bucket]) -> None:
        """The whole bucket list."""
        self._incoming.append_buckets(buckets)
        self._took(last=True)

    def stop(self) -> None:
        """The user has had enough: what came stays, and so do the old entries that it did not reach."""
        if self.loading:
            self.state = BranchState.STOPPED
            self._incoming = Entries()

    def fail(self, problem: Problem) -> None:
        """The listing ended with an error; what came stays. Without any of it, what an earlier one found is no news."""
        self.state, self.problem, self.has_news = BranchState.FAILED, problem, True
        if not self._fresh.total and not self._incoming.extent.total:
            self.shown, self._staged, self.arranged = ShownEntries(Entries(), EntryIndices()), None, True
        self._incoming = Entries()

    def arrange(self, arrangement: Arrangement) -> None:
        """Sort and filter: at once when that is quick, else `arranged` turns False and the view stays as it was."""
        self.arrangement = arrangement
        self._rearrange()

    def job(self) -> ArrangeJob:
        """What is to be computed aside; give the result to `adopt`."""
        entries = self._staged or self.entries
        return ArrangeJob(entries, self.arrangement, entries.extent, frozenset(self.expanded))

    def adopt(self, job: ArrangeJob, view: EntryIndices) -> None:
        """Take a view that was computed aside, unless it has been overtaken."""
        latest = self._staged or self.entries
        if job.entries is not latest or job.arrangement != self.arrangement:
            return
        extend(view, latest, job.extent, self.arrangement)
        self.arranged = job.extent == latest.extent
        self.has_news = self.has_news or latest is self._staged
        self.shown, self._staged = ShownEntries(latest, view), None

    @property
    def _appends(self) -> bool:
        """Whether the next page goes behind all there is."""
        return self._staged is None and self._fresh == self.entries.extent

    @property
    def _plain(self) -> bool:
        """Whether there is no view of indices, and none is being computed."""
        return self._staged is None and self.shown.view == EntryIndices() and self.arranged

    def _took(self, *, last: bool) -> None:
        if last:
            self.state = BranchState.COMPLETE
        if self._appends or self._plain:
            self._insert(last=last)
        elif last:
            self._stage()

    def _insert(self, *, last: bool) -> None:
        """Put what came in the place of the old entries it covers."""
        before, start, came = self.entries.extent, self._fresh, self._incoming
        end = before if last else self._covered(start)
        self.entries.splice(start, end, came)
        self.has_news = True
        self._fresh, self._incoming = start + came.extent, Entries()
        if self.arrangement.natural and self.entries.sorted:
            return
        if start == before and self.total > SMALL:
            extend(self.shown.view, self.entries, before, self.arrangement)
            self.arranged = False
        else:
            self._rearrange()

    def _covered(self, start: Extent) -> Extent:
        """How far the pages that came reach among the old entries."""
        names = [column[-1] for column in (self._incoming.containers, self._incoming.names) if column]
        return self.entries.reach(max(names), start) if names and self._incoming.sorted else start

    def _stage(self) -> None:
        """The new listing is whole: it waits for its view."""
        staged = self.entries.head(self._fresh)
        staged.splice(self._fresh, self._fresh, self._incoming)
        self._staged, self._incoming, self._fresh = staged, Entries(), staged.extent
        self._rearrange()

    def _rearrange(self) -> None:
        latest = self._staged or self.entries
        if latest.extent.total <= SMALL or (self.arrangement.natural and latest.sorted):
            self.has_news = self.has_news or latest is self._staged
            self.shown = ShownEntries(latest, arrange(latest, self.arrangement, self.expanded))
            self._staged, self.arranged = None, True
        else:
            self.arranged = False


@dataclass(frozen=True, slots=True)
class ArrangeJob:
    """A view to be computed off the loop: `arrange(job.entries, job.arrangement, job.keep)`."""

    entries: Entries
    arrangement: Arrangement
    extent: Extent
    keep: frozenset[str]

    def run(self) -> EntryIndices:
        """Compute the view; for a thread."""
        return arrange(self.entries, self.arrangement, self.keep, self.extent)


class VersionBranch(Branch):
    """Versions and delete markers of the object that `location` is; names of its entries are version ids."""

    def __init__(self, location: Location) -> None:
        super().__init__(location)
        self.versions: list[ObjectVersion] = []
        """Those that are shown, in the order of the rows."""
        self._coming: list[ObjectVersion] = []

    def begin(self) -> None:
        super().begin()
        self._coming = []

    def take_versions(self, page: VersionPage) -> None:
        self._coming += page.versions
        entries = Entries()
        entries.append_page(make_page("", [], [_summary(each) for each in self._coming]))
        self.versions, self.shown, self.has_news = list(self._coming), ShownEntries(entries, EntryIndices()), True
        if page.next is None:
            self.state = BranchState.COMPLETE

    def fail(self, problem: Problem) -> None:
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
