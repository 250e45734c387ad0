"""In which order the entries of a level are shown, and which of them: sort and filter."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import translate
from heapq import merge

from tui.core.listing import UNKNOWN_INDEX
from tui.panes.columns import SORTED_BY, RowSortKey, SortKey
from tui.panes.entries import Entries, Extent

CHUNK = 10_000
"""Entries sorted in one go: about 5 ms during which no other thread runs."""

GLOB_CHARACTERS = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A sort and a filter; containers always come first. An empty pattern shows everything."""

    key: SortKey = SortKey.NAME
    descending: bool = False
    pattern: str = ""
    foreign_to: str = ""
    """Show only objects that this canonical id does not own, and all containers; empty: all owners."""

    @property
    def natural(self) -> bool:
        """Whether this is the order in which S3 lists: nothing to compute."""
        return self == Arrangement()

    def sorted_by(self, key: SortKey) -> Arrangement:
        """Sorted by another key; the same key reverses the order."""
        return replace(self, key=key, descending=self.key is key and not self.descending)

    @property
    def filters(self) -> bool:
        return bool(self.pattern or self.foreign_to)

    def filtered(self, pattern: str) -> Arrangement:
        return replace(self, pattern=pattern)

    def only_foreign(self, bucket_owner: str) -> Arrangement:
        """Only objects of other owners; an empty id: of all owners."""
        return replace(self, foreign_to=bucket_owner)


@dataclass(frozen=True, slots=True)
class EntryIndices:
    """The indices of the entries to show, in order; None means all of them as they were listed."""

    containers: array[int] | None = None
    objects: array[int] | None = None


@dataclass(frozen=True, slots=True)
class ShownEntries:
    """The entries of a level as they are shown; positions count the containers first, then the objects."""

    entries: Entries
    view: EntryIndices

    @property
    def container_count(self) -> int:
        return len(self.entries.containers if self.view.containers is None else self.view.containers)

    @property
    def object_count(self) -> int:
        return len(self.entries.names if self.view.objects is None else self.view.objects)

    @property
    def count(self) -> int:
        return self.container_count + self.object_count

    def container_at(self, position: int) -> int:
        return position if self.view.containers is None else self.view.containers[position]

    def object_at(self, position: int) -> int:
        return position if self.view.objects is None else self.view.objects[position]

    def position_of(self, name: str) -> int | None:
        """The position of an entry; None if it is not shown."""
        index = self.entries.find_container(name)
        if index is not None:
            return _position(self.view.containers, index)
        index = self.entries.find_object(name)
        position = None if index is None else _position(self.view.objects, index)
        return None if position is None else self.container_count + position

    def sizes(self) -> Iterator[tuple[str, int | None]]:
        """The name of every entry shown, with its size in bytes (None: a container)."""
        for position in range(self.container_count):
            yield self.entries.containers[self.container_at(position)], None
        for position in range(self.object_count):
            index = self.object_at(position)
            yield self.entries.names[index], self.entries.sizes[index]


def _position(indices: array[int] | None, index: int) -> int | None:
    if indices is None:
        return index
    try:
        return indices.index(index)
    except ValueError:
        return None


def matcher(pattern: str) -> Callable[[str], bool]:
    """A test for names that ignores case: a glob for the whole name (without a container's ``/``), else part of it."""
    if GLOB_CHARACTERS.isdisjoint(pattern):
        part = pattern.casefold()
        return lambda name: part in name.casefold()
    matches = re.compile(translate(pattern), re.IGNORECASE).match
    if pattern.endswith("/"):
        return lambda name: matches(name) is not None
    return lambda name: matches(name.removesuffix("/")) is not None


def arrange(
    entries: Entries, arrangement: Arrangement, keep: Iterable[str] = (), extent: Extent | None = None
) -> EntryIndices:
    """The view of `entries` up to `extent`; containers in `keep` are shown whatever the filter says.

    Safe in a thread while entries are appended behind `extent`: it releases the interpreter lock again and again.
    """
    extent = extent or entries.extent
    if arrangement.natural and entries.sorted:
        return EntryIndices()
    containers = _chosen(entries.containers, range(extent.containers), arrangement.pattern, keep)
    objects = _objects(entries, range(extent.objects), arrangement)
    return EntryIndices(
        _in_order(containers, _container_key(entries, arrangement), entries, arrangement),
        _in_order(objects, _object_key(entries, arrangement), entries, arrangement),
    )


def extend(view: EntryIndices, entries: Entries, since: Extent, arrangement: Arrangement) -> None:
    """Append the entries from `since` on that pass the filter, in the order of the listing."""
    if view.containers is not None:
        span = range(since.containers, len(entries.containers))
        view.containers.extend(_chosen(entries.containers, span, arrangement.pattern))
    if view.objects is not None:
        view.objects.extend(_objects(entries, range(since.objects, len(entries.names)), arrangement))


def _objects(entries: Entries, span: range, arrangement: Arrangement) -> Iterator[int]:
    chosen = _chosen(entries.names, span, arrangement.pattern)
    if not arrangement.foreign_to:
        return chosen
    index, owners = entries.owner_index, entries.owners
    return (
        each for each in chosen if index[each] != UNKNOWN_INDEX and owners[index[each]].id != arrangement.foreign_to
    )


def _chosen(names: Sequence[str], span: range, pattern: str, keep: Iterable[str] = ()) -> Iterator[int]:
    if not pattern:
        return iter(span)
    test, kept = matcher(pattern), frozenset(keep)
    return (index for index in span if test(names[index]) or names[index] in kept)


def _in_order(chosen: Iterator[int], key: RowSortKey | None, entries: Entries, arrangement: Arrangement) -> array[int]:
    if key is None:
        reverse = arrangement.descending and arrangement.key is SortKey.NAME and entries.sorted
        return array("I", reversed(list(chosen))) if reverse else array("I", chosen)
    return array("I", _sorted(chosen, key, descending=arrangement.descending))


def _sorted(chosen: Iterator[int], key: RowSortKey, *, descending: bool) -> Iterator[int]:
    """A merge of short sorted runs: one `sorted` of a million would hold the interpreter lock for a second."""
    indices = array("I", chosen)
    runs = (
        sorted(indices[start : start + CHUNK], key=key, reverse=descending) for start in range(0, len(indices), CHUNK)
    )
    return merge(*runs, key=key, reverse=descending)


def _container_key(entries: Entries, arrangement: Arrangement) -> RowSortKey | None:
    column = SORTED_BY.get(arrangement.key)
    by_name = None if entries.sorted else entries.containers.__getitem__
    return (column.container_order(entries) if column else None) or by_name


def _object_key(entries: Entries, arrangement: Arrangement) -> RowSortKey | None:
    column = SORTED_BY.get(arrangement.key)
    if column and column.order:
        return column.order(entries)
    return None if entries.sorted else entries.names.__getitem__


MOST_SCANNED = 100_000
"""Entries scanned in one go: more would delay typing."""


def find_entry(shown: ShownEntries, typed: str, begin: int = 0) -> tuple[int | None, int]:
    """The position of the entry that fits best, from `begin` on, and the position up to which all were looked at.

    Best is a name that starts with `typed`, then one that contains it, then one with its letters in order; case is
    ignored. In the order of S3, the whole level is searched for names that start with it exactly.
    """
    if begin == 0 and (position := _by_order(shown, typed)) is not None:
        return position, shown.count
    letters, found = typed.casefold(), [_starts, _contains, _has_letters]
    best: int | None = None
    end = min(shown.count, begin + MOST_SCANNED)
    for position in range(begin, end):
        name = name_at(shown, position).casefold()
        rank = next((rank for rank, fits in enumerate(found) if fits(name, letters)), None)
        if rank == 0:
            return position, end
        if rank is not None:
            best, found = position, found[:rank]
    return best, end


def next_entry(shown: ShownEntries, typed: str, position: int, by: int) -> int | None:
    """The next entry after `position` that contains `typed`, down (`by` 1) or up (-1); None: there is none."""
    letters = typed.casefold()
    position = min(position, shown.count)  # the level may have become shorter since it was found
    stop = min(shown.count, position + 1 + MOST_SCANNED) if by > 0 else max(-1, position - 1 - MOST_SCANNED)
    positions = range(position + by, stop, by)
    return next((each for each in positions if letters in name_at(shown, each).casefold()), None)


def name_at(shown: ShownEntries, position: int) -> str:
    containers = shown.container_count
    if position < containers:
        return shown.entries.containers[shown.container_at(position)]
    return shown.entries.names[shown.object_at(position - containers)]


def _by_order(shown: ShownEntries, typed: str) -> int | None:
    if shown.view.containers is not None or shown.view.objects is not None or not shown.entries.sorted:
        return None
    containers, names = shown.entries.containers, shown.entries.names
    if (index := _first(containers, typed)) is not None:
        return index
    return None if (index := _first(names, typed)) is None else len(containers) + index


def _first(names: Sequence[str], typed: str) -> int | None:
    index = bisect_left(names, typed)
    return index if index < len(names) and names[index].startswith(typed) else None


_Fits = Callable[[str, str], bool]

_starts: _Fits = str.startswith


def _contains(name: str, typed: str) -> bool:
    return typed in name


def _has_letters(name: str, typed: str) -> bool:
    at = -1
    return all((at := name.find(letter, at + 1)) >= 0 for letter in typed)
