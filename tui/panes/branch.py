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
"""Up to so many entries are arranged at once: that is faster than a key press."""


class BranchState(Enum):
    """How far the listing of a branch has come."""

    WAITING = auto()
    LOADING = auto()
    COMPLETE = auto()
    STOPPED = auto()
    FAILED = auto()


class Branch:
    """A bucket list, a bucket or a prefix. A refresh keeps old entries until the page that replaces them arrives.

    A view consists of indices, which must stay valid: with a sort or filter, a new listing is collected apart and
    replaces entries and view in one step when it is complete.
    """

    def __init__(
        self, location: Location, arrangement: Arrangement | None = None, search: Search | None = None
    ) -> None:
        """With a `search` its entries are the matches at any depth, named by their keys below `location`."""
        self.location = location
        self.search = search
        self.progress: FindProgress | None = None
        self.shown = ShownEntries(Entries(), EntryIndices())
        """Entries and view, always replaced together."""
        self.state = BranchState.WAITING
        self.problem: Problem | None = None
        self.waiting = ""
        """Which host has not answered yet, and for how long."""
        self.arrangement = arrangement or Arrangement()
        self.arranged = True
        """False while the view lags behind entries or arrangement; then `job` says what to compute."""
        self.has_marker = False
        """Whether the level has an object of its own name, such as a folder that the console made."""
        self.expanded: set[str] = set()
        """Names of the expanded containers; no filter hides them."""
        self.had_entries = False
        """Whether an earlier listing found entries."""
        self.has_news = True
        """Whether the entries have changed since the marks were last compared with them."""
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
        return self.state is BranchState.LOADING

    @property
    def exists(self) -> bool:
        """Whether a completely listed level exists. An S3 prefix exists as long as a key begins with it."""
        there = self.total or self.has_marker or not self.location.key or self.location.kind.has_directories
        return bool(there or self.search)

    @property
    def growing(self) -> bool:
        """Whether entries will be appended; False while a refresh replaces old ones."""
        return self.loading and self._appends

    def begin(self) -> None:
        """Start from the first page; old entries stay until the listing reaches them."""
        self.had_entries = self.had_entries or bool(self.total or self.has_marker)
        self.state, self.problem, self.progress = BranchState.LOADING, None, None
        self._incoming, self._fresh = Entries(), Extent()
        self.has_marker = False

    def take(self, page: Page) -> None:
        self.has_marker = self.has_marker or bool(page.names and not page.names[0])
        self._incoming.append_page(page)
        self._took(last=page.last)

    def take_buckets(self, buckets: list[Bucket]) -> None:
        self._incoming.append_buckets(buckets)
        self._took(last=True)

    def stop(self) -> None:
        """Stop for the user: new entries stay, and so do old ones that were not reached."""
        if self.loading:
            self.state = BranchState.STOPPED
            self._incoming = Entries()

    def fail(self, problem: Problem) -> None:
        """End with an error; pages that came stay. If none came, older entries are dropped."""
        self.state, self.problem, self.has_news = BranchState.FAILED, problem, True
        if not self._fresh.total and not self._incoming.extent.total:
            self.shown, self._staged, self.arranged = ShownEntries(Entries(), EntryIndices()), None, True
        self._incoming = Entries()

    def arrange(self, arrangement: Arrangement) -> None:
        """Sort and filter: at once if that is quick, else `arranged` turns False and the view stays for now."""
        self.arrangement = arrangement
        self._rearrange()

    def job(self) -> ArrangeJob:
        """What to compute in a thread; `adopt` takes the result."""
        entries = self._staged or self.entries
        return ArrangeJob(entries, self.arrangement, entries.extent, frozenset(self.expanded))

    def adopt(self, job: ArrangeJob, view: EntryIndices) -> None:
        """Take a computed view, unless entries or arrangement have changed since."""
        latest = self._staged or self.entries
        if job.entries is not latest or job.arrangement != self.arrangement:
            return
        extend(view, latest, job.extent, self.arrangement)
        self.arranged = job.extent == latest.extent
        self.has_news = self.has_news or latest is self._staged
        self.shown, self._staged = ShownEntries(latest, view), None

    @property
    def _appends(self) -> bool:
        """Whether the next page is appended behind all entries."""
        return self._staged is None and self._fresh == self.entries.extent

    def _took(self, *, last: bool) -> None:
        if last:
            self.state = BranchState.COMPLETE
        as_listed = self._staged is None and self.shown.view == EntryIndices() and self.arranged
        if self._appends or as_listed:
            self._insert(last=last)
        elif last:  # the new listing is complete, and waits for its view
            staged = self.entries.head(self._fresh)
            staged.splice(self._fresh, self._fresh, self._incoming)
            self._staged, self._incoming, self._fresh = staged, Entries(), staged.extent
            self._rearrange()

    def _insert(self, *, last: bool) -> None:
        """Replace the old entries that the new pages cover."""
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
        """How far the new pages reach among the old entries."""
        names = [column[-1] for column in (self._incoming.containers, self._incoming.names) if column]
        return self.entries.reach(max(names), start) if names and self._incoming.sorted else start

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
    """A view to compute in a thread: `arrange(job.entries, job.arrangement, job.keep)`."""

    entries: Entries
    arrangement: Arrangement
    extent: Extent
    keep: frozenset[str]

    def run(self) -> EntryIndices:
        return arrange(self.entries, self.arrangement, self.keep, self.extent)


class VersionBranch(Branch):
    """Versions and delete markers of the object that `location` is; names of its entries are version ids."""

    def __init__(self, location: Location) -> None:
        super().__init__(location)
        self.versions: list[ObjectVersion] = []
        """The versions shown, in the order of the rows."""
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
        """Versions are neither sorted nor filtered: their order is their history."""

    def place(self, index: int) -> VersionLocation:
        return VersionLocation(self.location.bucket, self.location.key, self.versions[index].version)


def _summary(one: ObjectVersion) -> ObjectSummary:
    """A row whose key is the version id."""
    kind = DELETED if one.marker else one.storage_class or "STANDARD"
    return ObjectSummary(one.version, one.size, int(one.modified), kind, one.owner, one.etag)
