"""One level of the tree as it is shown: its entries, how they are arranged, and how far its listing has come."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from tui.model.listing import Bucket, Page
from tui.model.location import Location
from tui.model.problem import Problem
from tui.ui.listing.arrangement import Arrangement, View, arrange, extend
from tui.ui.listing.columns import Columns, Extent

SMALL = 5_000
"""Up to so many entries are arranged at once: that takes less time than a key press may."""


class BranchState(Enum):
    """Where the listing of a branch stands."""

    WAITING = auto()
    LOADING = auto()
    COMPLETE = auto()
    STOPPED = auto()
    FAILED = auto()


class Branch:
    """A bucket list, a bucket or a prefix. A refresh keeps the old entries until the page that replaces them comes.

    A view holds indices, and they must not shift under it: with a sort or filter a new listing is gathered aside and
    takes the old one's place, entries and view in one step, when it is complete.
    """

    def __init__(self, location: Location, arrangement: Arrangement | None = None) -> None:
        self.location = location
        self.columns = Columns()
        self.state = BranchState.WAITING
        self.problem: Problem | None = None
        self.view = View()
        self.arrangement = arrangement or Arrangement()
        self.arranged = True
        """False while the view lags behind entries or arrangement; then `job` says what to compute."""
        self.expanded: set[str] = set()
        """Names of the containers that are expanded; no filter hides them."""
        self._incoming = Columns()
        self._staged: Columns | None = None
        self._fresh = Extent()

    @property
    def container_count(self) -> int:
        """Containers shown."""
        return len(self.columns.containers if self.view.containers is None else self.view.containers)

    @property
    def object_count(self) -> int:
        """Objects shown."""
        return len(self.columns.names if self.view.objects is None else self.view.objects)

    @property
    def count(self) -> int:
        """Entries shown."""
        return self.container_count + self.object_count

    @property
    def total(self) -> int:
        """Entries there are, shown or not."""
        return self.columns.extent.total

    @property
    def loading(self) -> bool:
        """Whether pages are awaited."""
        return self.state is BranchState.LOADING

    @property
    def growing(self) -> bool:
        """Whether entries are awaited behind the last one; False where a refresh still runs through old ones."""
        return self.loading and self._appends

    def container_at(self, position: int) -> int:
        """The index of the container shown at `position`."""
        return position if self.view.containers is None else self.view.containers[position]

    def object_at(self, position: int) -> int:
        """The index of the object shown at `position` (counted from the first object)."""
        return position if self.view.objects is None else self.view.objects[position]

    def position_of(self, name: str) -> int | None:
        """Where an entry is shown, containers first; None if it is not."""
        index = self.columns.find_container(name)
        if index is not None:
            return _position(self.view.containers, index)
        index = self.columns.find_object(name)
        position = None if index is None else _position(self.view.objects, index)
        return None if position is None else self.container_count + position

    def shown(self) -> Iterator[tuple[str, int | None]]:
        """The name of every entry shown, with its size in bytes (None: a container)."""
        columns = self.columns
        for position in range(self.container_count):
            yield columns.containers[self.container_at(position)], None
        for position in range(self.object_count):
            index = self.object_at(position)
            yield columns.names[index], columns.sizes[index]

    def begin(self) -> None:
        """A listing starts from its first page; entries there are stay until it reaches them."""
        self.state, self.problem = BranchState.LOADING, None
        self._incoming, self._fresh = Columns(), Extent()

    def take(self, page: Page) -> None:
        """The next page of the listing."""
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
            self._incoming = Columns()

    def fail(self, problem: Problem) -> None:
        """The listing ended with an error; what came stays."""
        self.state, self.problem = BranchState.FAILED, problem
        self._incoming = Columns()

    def arrange(self, arrangement: Arrangement) -> None:
        """Sort and filter: at once when that is quick, else `arranged` turns False and the view stays as it was."""
        self.arrangement = arrangement
        self._rearrange()

    def job(self) -> ArrangeJob:
        """What is to be computed aside; give the result to `adopt`."""
        columns = self._staged or self.columns
        return ArrangeJob(columns, self.arrangement, columns.extent, frozenset(self.expanded))

    def adopt(self, job: ArrangeJob, view: View) -> None:
        """Take a view that was computed aside, unless it has been overtaken."""
        latest = self._staged or self.columns
        if job.columns is not latest or job.arrangement != self.arrangement:
            return
        extend(view, latest, job.extent, self.arrangement)
        self.arranged = job.extent == latest.extent
        self.columns, self.view, self._staged = latest, view, None

    @property
    def _appends(self) -> bool:
        """Whether the next page goes behind all there is."""
        return self._staged is None and self._fresh == self.columns.extent

    @property
    def _plain(self) -> bool:
        """Whether no view holds indices, or is being computed."""
        return self._staged is None and self.view == View() and self.arranged

    def _took(self, *, last: bool) -> None:
        if last:
            self.state = BranchState.COMPLETE
        if self._appends or self._plain:
            self._insert(last=last)
        elif last:
            self._stage()

    def _insert(self, *, last: bool) -> None:
        """Put what came in the place of the old entries it covers."""
        before, start, came = self.columns.extent, self._fresh, self._incoming
        end = before if last else self._covered(start)
        self.columns.splice(start, end, came)
        self._fresh, self._incoming = start + came.extent, Columns()
        if self.arrangement.natural and self.columns.sorted:
            return
        if start == before and self.total > SMALL:
            extend(self.view, self.columns, before, self.arrangement)
            self.arranged = False
        else:
            self._rearrange()

    def _covered(self, start: Extent) -> Extent:
        """How far the pages that came reach among the old entries."""
        names = [column[-1] for column in (self._incoming.containers, self._incoming.names) if column]
        return self.columns.reach(max(names), start) if names and self._incoming.sorted else start

    def _stage(self) -> None:
        """The new listing is whole: it waits for its view."""
        staged = self.columns.head(self._fresh)
        staged.splice(self._fresh, self._fresh, self._incoming)
        self._staged, self._incoming, self._fresh = staged, Columns(), staged.extent
        self._rearrange()

    def _rearrange(self) -> None:
        latest = self._staged or self.columns
        if latest.extent.total <= SMALL or (self.arrangement.natural and latest.sorted):
            self.view = arrange(latest, self.arrangement, self.expanded)
            self.columns, self._staged, self.arranged = latest, None, True
        else:
            self.arranged = False


@dataclass(frozen=True, slots=True)
class ArrangeJob:
    """A view to be computed off the loop: `arrange(job.columns, job.arrangement, job.keep)`."""

    columns: Columns
    arrangement: Arrangement
    extent: Extent
    keep: frozenset[str]

    def run(self) -> View:
        """Compute the view; for a thread."""
        return arrange(self.columns, self.arrangement, self.keep, self.extent)


def _position(indices: array[int] | None, index: int) -> int | None:
    if indices is None:
        return index
    try:
        return indices.index(index)
    except ValueError:
        return None
