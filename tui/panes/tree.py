"""The tree of a pane: the branch it shows, the branches expanded below, and their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tui.core.location import DELIMITER, Location
from tui.core.searching import Search
from tui.core.versions import VersionLocation
from tui.panes.arrangement import Arrangement, matcher
from tui.panes.branch import Branch, VersionBranch
from tui.panes.rows import Marks, PaneRow, RowBlock, RowKind, is_below, name_in


class Tree:
    """Branches by location. Call `changed` after any of them changed; rows are indexed again when next asked for."""

    def __init__(
        self,
        location: Location,
        arrangement: Arrangement | None = None,
        search: Search | None = None,
        *,
        with_deleted: bool = False,
        with_parent: bool = False,
    ) -> None:
        """`with_deleted`: keys whose latest version is a delete marker are listed, too.

        `with_parent`: the first row is ``..``, but for the list of buckets, which has nothing above.
        """
        self.root = Branch(location, arrangement, search)
        self.with_deleted = with_deleted
        self.first = 1 if with_parent and location.bucket else 0
        """The first row that is not ``..``."""
        self.marks: Marks = {}
        self.cleared: Marks = {}
        """The marks that Esc has cleared, if they were several."""
        self.inverts_later = False
        """Whether to invert the marks once everything is listed."""
        self._branches = {location: self.root}
        self._block: RowBlock | None = None

    @property
    def arrangement(self) -> Arrangement:
        return self.root.arrangement

    @property
    def row_count(self) -> int:
        return self.first + self._rows.length

    @property
    def branches(self) -> Iterator[Branch]:
        return iter(self._branches.values())

    @property
    def loading(self) -> bool:
        return any(branch.loading for branch in self.branches)

    def row(self, number: int) -> PaneRow:
        if not 0 <= number < self.row_count:
            raise IndexError(number)
        return self._rows.row(number - self.first) if number >= self.first else PaneRow(RowKind.PARENT, self.root, 0, 0)

    def row_of(self, location: Location) -> int | None:
        found = self._rows.find(location)
        return None if found is None else self.first + found

    def branch(self, location: Location) -> Branch | None:
        """The branch that lists `location`, if it is the root or expanded."""
        return self._branches.get(location)

    def parent_row(self, row: PaneRow) -> int | None:
        """The row of the container above `row`; None at the root."""
        return None if row.branch is self.root else self.row_of(row.branch.location)

    def changed(self) -> None:
        """Call it after entries, state or arrangement of a branch have changed."""
        self._block = None

    def expand(self, location: Location) -> Branch | None:
        """Expand a container; the new branch is to be listed. None if it is expanded or not visible."""
        return self._show_below(Branch(location, self.arrangement))

    def unfold_versions(self, location: Location) -> Branch | None:
        """Show an object's versions; the new branch is to be listed. None if they are shown."""
        return self._show_below(VersionBranch(location))

    def _show_below(self, branch: Branch) -> Branch | None:
        location, parent = branch.location, self._parent(branch.location)
        if location in self._branches or parent is None:
            return None
        self._branches[location] = branch
        parent.expanded.add(name_in(location, parent) or "")
        self.changed()
        return branch

    def collapse(self, location: Location) -> list[Branch]:
        """Collapse a container with all that is expanded below, or an object's versions; return the closed branches."""
        container = location.is_prefix
        closed = [
            branch
            for branch in self.branches
            if branch is not self.root
            and (branch.location == location or (container and is_below(branch.location, location)))
        ]
        for branch in closed:
            del self._branches[branch.location]
            if parent := self._parent(branch.location):
                parent.expanded.discard(name_in(branch.location, parent) or "")
        self.changed()
        return closed

    def arrange(self, arrangement: Arrangement) -> None:
        for branch in self.branches:
            branch.arrange(arrangement)
        self.changed()

    def mark(self, row: PaneRow, *, on: bool | None = None) -> None:
        """Mark or unmark an entry; None: the other of the two. A status has no mark."""
        if not row.is_entry:
            return
        if on or (on is None and row.location not in self.marks):
            self.marks |= row.picked
        else:
            self.marks.pop(row.location, None)

    def mark_matching(self, pattern: str, *, on: bool) -> None:
        test = matcher(pattern)
        for branch in self._levels:
            for name, size in branch.shown.sizes():
                if test(name):
                    _mark(self.marks, branch.location.child(name), size, on=on)

    def hidden_marks(self) -> int:
        """How many marks the filter hides; it hides no version."""
        shown = (branch.location.child(name) for branch in self._levels for name, _ in branch.shown.sizes())
        filtered = sum(not isinstance(each, VersionLocation) for each in self.marks)
        return filtered - sum(each in self.marks for each in shown)

    def invert_marks(self) -> None:
        """Invert the marks once everything is listed; a second call before that cancels it."""
        self.inverts_later = not self.inverts_later
        self.settle()

    def settle(self) -> bool:
        """Invert the marks if that is wanted and everything is listed; return whether they were inverted."""
        if not self.inverts_later or self.loading or not all(branch.arranged for branch in self._levels):
            return False
        self.inverts_later = False
        for branch in self._levels:
            for name, size in branch.shown.sizes():
                location = branch.location.child(name)
                _mark(self.marks, location, size, on=location not in self.marks)
        return True

    def forget_gone(self, branch: Branch) -> None:
        """After `branch` was listed again: drop marks and branches of entries that are gone."""
        if isinstance(branch, VersionBranch):
            there = {branch.place(index) for index in range(len(branch.versions))}
            self.marks = {
                location: size
                for location, size in self.marks.items()
                if location in there
                or not (isinstance(location, VersionLocation) and location.of_object == branch.location)
            }
            return
        entries, is_there = branch.entries, dict[bool, Callable[[str], bool]]()
        if self.marks and not entries.sorted:  # to look for each name among all others would take minutes
            containers, objects = frozenset(entries.containers), frozenset(entries.names)
            is_there = {True: containers.__contains__, False: objects.__contains__}
        else:
            is_there = {True: entries.has_container, False: entries.has_object}
        for location in list(self.marks):
            name = name_in(location, branch)
            if name is not None and not is_there[location.is_prefix](name):
                del self.marks[location]
        for name in list(branch.expanded):
            if branch.entries.find_container(name) is None and branch.entries.find_object(name) is None:
                self.collapse(branch.location.child(name))

    def entries(self) -> Iterator[PaneRow]:
        rows = self._rows
        for number in range(rows.length):
            row = rows.row(number)
            if row.is_entry:
                yield row

    @property
    def _levels(self) -> list[Branch]:
        """The branches whose entries are marked by name: not versions."""
        return [branch for branch in self.branches if not isinstance(branch, VersionBranch)]

    def _parent(self, location: Location) -> Branch | None:
        return self.root if self.root.search else self._branches.get(location.parent)

    @property
    def _rows(self) -> RowBlock:
        if self._block is None:
            self._block = self._index(self.root, 0, 0)
        return self._block

    def _index(self, branch: Branch, depth: int, position: int) -> RowBlock:
        subs = []
        for name in branch.expanded:
            child = self._branches[branch.location.child(name)]
            where = branch.shown.position_of(name)
            if where is not None:
                subs.append(self._index(child, depth + 1, where))
        return RowBlock(branch, depth, position, subs)


def _mark(marks: Marks, location: Location, size: int | None, *, on: bool) -> None:
    if on:
        marks[location] = size
    else:
        marks.pop(location, None)


@dataclass(slots=True)
class Anchors:
    """The entries, by location; None: none yet."""

    followed: Location | None = None
    """The entry that has, or last had, the cursor."""
    awaited: Location | None = None
    """The entry that gets the cursor as soon as it is there."""
    instead: Location | None = None
    """The entry that must have gone before, if any."""
    top: Location | None = None
    """The entry in the first row on screen."""
    on_parent: bool = False
    """Whether the user has moved the cursor to ``..``, where it never is at first."""

    def cursor(self, tree: Tree, before: int) -> int:
        """The cursor's row now; `before` if its entry is not shown."""
        for wanted in (None if row_of(tree, self.instead) else self.awaited, self.followed):
            number = row_of(tree, wanted)
            if number is not None:
                if wanted == self.awaited:
                    self.awaited = None
                return number
        return max(0 if self.on_parent else tree.first, min(before, tree.row_count - 1))

    def top_shift(self, tree: Tree, scroll: int) -> int:
        """How many rows the first row on screen has moved down from `scroll`."""
        number = None if self.top is None else tree.row_of(self.top)
        return 0 if number is None else number - scroll

    def moved(self, row: PaneRow | None) -> None:
        self.awaited = None
        self.followed = row.location if row and row.is_entry else None
        self.on_parent = row is not None and row.kind is RowKind.PARENT

    def remember(self, row: PaneRow | None) -> None:
        """A status does not count."""
        if row and row.is_entry:
            self.followed = row.location

    def remember_top(self, row: PaneRow | None) -> None:
        self.top = row.location if row and row.is_entry else None


def row_of(tree: Tree, wanted: Location | None) -> int | None:
    """The row of an entry; a key without an object may be the name of a prefix without its delimiter."""
    if wanted is None:
        return None
    number = tree.row_of(wanted)
    if number is None and not wanted.is_prefix:
        return tree.row_of(Location(wanted.bucket, wanted.key + DELIMITER))
    return number
