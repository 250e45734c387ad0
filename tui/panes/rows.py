"""From row numbers to entries and back: the visible rows of a tree, indexed by its expanded branches only."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, auto

from tui.core.identity import Owner
from tui.core.location import DELIMITER, Location
from tui.core.orders import Selection
from tui.core.versions import DELETED, ObjectVersion, VersionLocation
from tui.kit.commands import key_of
from tui.panes.branch import Branch, BranchState, VersionBranch
from tui.text import format as fmt

Marks = dict[Location, int | None]
"""Objects with their size in bytes; prefixes and buckets, which have no size of their own, with None."""


class RowKind(Enum):
    """The kinds of rows."""

    CONTAINER = auto()
    OBJECT = auto()
    VERSION = auto()
    """A version of an object, or a delete marker, below the object's row."""
    STATUS = auto()
    """How far the listing of the branch has come: loading, denied, empty, …"""
    PARENT = auto()
    """The row ``..`` above all others: the place above."""


@dataclass(frozen=True, slots=True)
class PaneRow:
    """One row. `index` is the entry's in the branch's entries."""

    kind: RowKind
    branch: Branch
    index: int
    depth: int
    expanded: bool = False

    @property
    def name(self) -> str:
        """The name relative to its branch, a version's id; empty for a status."""
        match self.kind:
            case RowKind.CONTAINER:
                return self.branch.entries.containers[self.index]
            case RowKind.OBJECT | RowKind.VERSION:
                return self.branch.entries.names[self.index]
            case RowKind.STATUS:
                return ""
            case RowKind.PARENT:
                return ".."

    @property
    def location(self) -> Location:
        """The place of the entry; for any other row, that of its branch."""
        if isinstance(self.branch, VersionBranch) and self.kind is RowKind.VERSION:
            return self.branch.place(self.index)
        return self.branch.location.child(self.name) if self.is_entry else self.branch.location

    @property
    def is_entry(self) -> bool:
        """Whether it is a container, an object or a version."""
        return self.kind not in (RowKind.STATUS, RowKind.PARENT)

    @property
    def has_content(self) -> bool:
        """Whether it is an object or a version: with size, class and owner."""
        return self.kind in (RowKind.OBJECT, RowKind.VERSION)

    @property
    def version(self) -> ObjectVersion | None:
        """None for any other row."""
        return self.branch.versions[self.index] if isinstance(self.branch, VersionBranch) and self.has_content else None

    @property
    def is_deleted(self) -> bool:
        """Whether it is a delete marker, or a key whose latest version is one."""
        return self.storage_class == DELETED

    @property
    def size(self) -> int:
        return self.branch.entries.sizes[self.index] if self.has_content else 0

    @property
    def picked(self) -> Marks:
        return {self.location: self.size if self.has_content else None}

    @property
    def modified(self) -> int:
        """Seconds since the epoch; 0 if it is not known."""
        entries = self.branch.entries
        match self.kind:
            case RowKind.CONTAINER:
                return entries.created[self.index]
            case RowKind.OBJECT | RowKind.VERSION:
                return entries.modified[self.index]
            case RowKind.STATUS | RowKind.PARENT:
                return 0

    @property
    def storage_class(self) -> str:
        """Of an object; empty otherwise."""
        return self.branch.entries.storage_class(self.index) if self.has_content else ""

    @property
    def owner(self) -> Owner | None:
        return self.branch.entries.owner(self.index) if self.has_content else None


class RowBlock:
    """The rows of one branch and, between them, those of its expanded children. Rebuilt when anything changes.

    `starts` has the row (counted from this block's first) at which each child's block begins, `before` how many rows
    the children before it take.
    """

    __slots__ = ("before", "branch", "depth", "head", "length", "position", "starts", "subs")

    def __init__(self, branch: Branch, depth: int, position: int, subs: list[RowBlock]) -> None:
        self.branch, self.depth, self.position = branch, depth, position
        self.length: int
        self.subs = sorted(subs, key=lambda sub: sub.position)
        self.head = 1 if branch.state is BranchState.FAILED else 0
        self.starts: list[int] = []
        self.before: list[int] = []
        inserted = 0
        for sub in self.subs:
            self.starts.append(self.head + sub.position + 1 + inserted)
            self.before.append(inserted)
            inserted += sub.length
        self.length = self.head + branch.shown.count + inserted + (1 if _has_tail(branch) else 0)

    def row(self, number: int) -> PaneRow:
        """The row at `number`, counted from the first of this block."""
        found = bisect_right(self.starts, number) - 1
        inserted = 0
        if found >= 0:
            offset = number - self.starts[found]
            if offset < self.subs[found].length:
                return self.subs[found].row(offset)
            inserted = self.before[found] + self.subs[found].length
        return self._own_row(number - inserted - self.head, found)

    def _own_row(self, position: int, found: int) -> PaneRow:
        branch = self.branch
        if position < 0 or position >= branch.shown.count:
            return PaneRow(RowKind.STATUS, branch, 0, self.depth)
        expanded = found + 1 < len(self.subs) and self.subs[found + 1].position == position
        if position < branch.shown.container_count:
            return PaneRow(RowKind.CONTAINER, branch, branch.shown.container_at(position), self.depth, expanded)
        index = branch.shown.object_at(position - branch.shown.container_count)
        kind = RowKind.VERSION if isinstance(branch, VersionBranch) else RowKind.OBJECT
        return PaneRow(kind, branch, index, self.depth, expanded)

    def number(self, position: int) -> int:
        """The row, counted from the first of this block, of the entry shown at `position` of its branch."""
        found = bisect_right([sub.position for sub in self.subs], position - 1) - 1
        inserted = self.before[found] + self.subs[found].length if found >= 0 else 0
        return self.head + position + inserted

    def find(self, location: Location) -> int | None:
        """The row, counted from the first of this block, of an entry below this branch; None if it has none."""
        for start, sub in zip(self.starts, self.subs, strict=True):
            if isinstance(sub.branch, VersionBranch):
                version = version_below(location, sub.branch)
                if version is not None:
                    return start + sub.number(version)
            elif is_below(location, sub.branch.location):
                inner = sub.find(location)
                return None if inner is None else start + inner
        name = name_in(location, self.branch)
        position = None if name is None else self.branch.shown.position_of(name)
        return None if position is None else self.number(position)


def is_below(location: Location, ancestor: Location) -> bool:
    """Whether `location` lies strictly below `ancestor`."""
    if not ancestor.bucket:
        return bool(location.bucket)
    if location.bucket != ancestor.bucket or not location.key.startswith(ancestor.key):
        return False
    return location.key != ancestor.key


def version_below(location: Location, branch: VersionBranch) -> int | None:
    """The position of a version in its branch; None if it is not shown."""
    if not isinstance(location, VersionLocation) or location.of_object != branch.location:
        return None
    return branch.shown.position_of(location.version)


def name_below(location: Location, ancestor: Location) -> str | None:
    """The name relative to the level that lists it; None on another level."""
    if not ancestor.bucket:
        return location.bucket if location.bucket and not location.key else None
    if not is_below(location, ancestor):
        return None
    name = location.key[len(ancestor.key) :]
    return name if DELIMITER not in name[:-1] else None


def name_in(location: Location, branch: Branch) -> str | None:
    """The name in a branch that may list it; a search result may be levels below."""
    if branch.search and is_below(location, branch.location):
        return location.key[len(branch.location.key) :]
    return name_below(location, branch.location)


def _has_tail(branch: Branch) -> bool:
    """Whether a status follows the entries: more to come, or why there are none."""
    match branch.state:
        case BranchState.FAILED:
            return False
        case BranchState.COMPLETE:
            return branch.shown.count == 0
        case BranchState.STOPPED:
            return True
        case BranchState.WAITING | BranchState.LOADING:
            return branch.shown.count == 0 or branch.growing


def later() -> str:
    """That the marks are inverted as soon as everything is listed."""
    again, stop = key_of("invert_marks"), key_of("back_out")
    return f"still loading: marks are inverted once all is listed; {again} cancels that, {stop} stops the listing"


class PickError(ValueError):
    """The picked rows do not form one selection; the message says why."""


def select(connection: str, picked: Collection[Location]) -> Selection:
    """The selection, its names relative to the deepest level that contains all of it; raise `PickError`.

    A bucket means everything in it. Entries below a picked prefix are not named again.
    """
    if versions := [one for one in picked if isinstance(one, VersionLocation)]:
        if len(picked) > 1:
            raise PickError("one version at a time: mark one, or mark none and move the cursor to it")
        one = versions[0].of_object
        return Selection(connection, one.parent, keys=[one.key], version=versions[0].version)
    buckets = {one.bucket for one in picked}
    if not buckets or buckets == {""}:
        raise PickError("nothing is selected: mark rows, or move the cursor to one")
    if len(buckets) > 1:
        raise PickError("the marked rows are in several buckets: mark rows of one bucket")
    [bucket] = buckets
    keys = sorted({one.key for one in picked})  # a million of them in a second, locations in many
    tops = _outermost([Location(bucket, key) for key in keys])
    return Selection(
        connection=connection,
        base=_common_level(tops),
        keys=[location.key for location in tops if not location.is_prefix],
        prefixes=[location.key for location in tops if location.is_prefix],
    )


def describe(picked: Marks) -> str:
    """In a few words: ``2 objects, 213 MiB``, ``1 object, 12 B and 2 prefixes``."""
    sizes = [size for size in picked.values() if size is not None]
    objects = f"{fmt.counted(len(sizes), 'object')}, {fmt.size(sum(sizes))}" if sizes else ""
    buckets = sum(not place.key for place in picked)
    prefixes = len(picked) - len(sizes) - buckets
    parts = [
        objects,
        fmt.counted(prefixes, "prefix") if prefixes else "",
        fmt.counted(buckets, "bucket") if buckets else "",
    ]
    return " and ".join(part for part in parts if part)


def below_base(selection: Selection) -> list[str]:
    """The selected names below the base, prefixes first; the base itself by its own name."""
    base = selection.base
    return [key[len(base.key) :] or base.name for key in (*selection.prefixes, *selection.keys)]


def _outermost(locations: list[Location]) -> list[Location]:
    """`locations` (sorted) without those below another prefix among them."""
    tops: list[Location] = []
    for location in locations:
        if not (tops and tops[-1].is_prefix and is_below(location, tops[-1])):
            tops.append(location)
    return tops


def _common_level(locations: list[Location]) -> Location:
    """The deepest level above all of `locations` (sorted, none below another); for a bucket, the bucket."""
    first, last = (each.parent if each.key else each for each in (locations[0], locations[-1]))
    while not last.key.startswith(first.key):
        first = first.parent
    return first
