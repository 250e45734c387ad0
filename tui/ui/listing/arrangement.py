"""In which order the entries of a level are shown, and which of them: sort and filter."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import translate
from heapq import merge

from tui.ui.listing.columns import Columns, Extent

CHUNK = 10_000
"""Entries sorted in one go: about 5 ms during which no other thread runs."""

GLOB_CHARACTERS = frozenset("*?[")


class SortKey(StrEnum):
    """What entries can be sorted by; the value is the column's title."""

    NAME = "name"
    SIZE = "size"
    MODIFIED = "modified"
    CLASS = "class"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A sort and a filter; containers always come first. An empty pattern shows everything."""

    key: SortKey = SortKey.NAME
    descending: bool = False
    pattern: str = ""

    @property
    def natural(self) -> bool:
        """Whether this is how S3 lists: nothing to compute."""
        return self == Arrangement()

    def sorted_by(self, key: SortKey) -> Arrangement:
        """Sorted by another key, or the other way round when it is the same."""
        return replace(self, key=key, descending=self.key is key and not self.descending)

    def filtered(self, pattern: str) -> Arrangement:
        """With another filter."""
        return replace(self, pattern=pattern)


@dataclass(frozen=True, slots=True)
class View:
    """The indices of the entries to show, in order; None stands for all of them as they were listed."""

    containers: array[int] | None = None
    objects: array[int] | None = None


def matcher(pattern: str) -> Callable[[str], bool]:
    """A test for names: a glob for the whole name (without a container's ``/``), else a part of it; case is ignored."""
    if GLOB_CHARACTERS.isdisjoint(pattern):
        part = pattern.casefold()
        return lambda name: part in name.casefold()
    matches = re.compile(translate(pattern), re.IGNORECASE).match
    if pattern.endswith("/"):
        return lambda name: matches(name) is not None
    return lambda name: matches(name.removesuffix("/")) is not None


def arrange(columns: Columns, arrangement: Arrangement, keep: Iterable[str] = (), extent: Extent | None = None) -> View:
    """The view of `columns` up to `extent`; containers named in `keep` are shown whatever the filter says.

    Safe in a thread while entries are appended behind `extent`; it gives up the interpreter lock all the time.
    """
    extent = extent or columns.extent
    if arrangement.natural and columns.sorted:
        return View()
    containers = _chosen(columns.containers, range(extent.containers), arrangement.pattern, keep)
    objects = _chosen(columns.names, range(extent.objects), arrangement.pattern)
    return View(
        _in_order(containers, _container_key(columns, arrangement), columns, arrangement),
        _in_order(objects, _object_key(columns, arrangement), columns, arrangement),
    )


def extend(view: View, columns: Columns, since: Extent, arrangement: Arrangement) -> None:
    """Add the entries from `since` on that pass the filter at the end of `view`, as they were listed."""
    if view.containers is not None:
        span = range(since.containers, len(columns.containers))
        view.containers.extend(_chosen(columns.containers, span, arrangement.pattern))
    if view.objects is not None:
        view.objects.extend(_chosen(columns.names, range(since.objects, len(columns.names)), arrangement.pattern))


def _chosen(names: Sequence[str], span: range, pattern: str, keep: Iterable[str] = ()) -> Iterator[int]:
    if not pattern:
        return iter(span)
    test, kept = matcher(pattern), frozenset(keep)
    return (index for index in span if test(names[index]) or names[index] in kept)


def _in_order(
    chosen: Iterator[int], key: Callable[[int], int | str] | None, columns: Columns, arrangement: Arrangement
) -> array[int]:
    if key is None:
        reverse = arrangement.descending and arrangement.key is SortKey.NAME and columns.sorted
        return array("I", reversed(list(chosen))) if reverse else array("I", chosen)
    return array("I", _sorted(chosen, key, descending=arrangement.descending))


def _sorted(chosen: Iterator[int], key: Callable[[int], int | str], *, descending: bool) -> Iterator[int]:
    """A merge of short sorted runs: one `sorted` of a million would hold the interpreter lock for a second."""
    indices = array("I", chosen)
    runs = (
        sorted(indices[start : start + CHUNK], key=key, reverse=descending) for start in range(0, len(indices), CHUNK)
    )
    return merge(*runs, key=key, reverse=descending)


def _container_key(columns: Columns, arrangement: Arrangement) -> Callable[[int], int | str] | None:
    if arrangement.key is SortKey.MODIFIED and any(columns.created):
        return columns.created.__getitem__
    return None if columns.sorted else columns.containers.__getitem__


def _object_key(columns: Columns, arrangement: Arrangement) -> Callable[[int], int | str] | None:
    match arrangement.key:
        case SortKey.SIZE:
            return columns.sizes.__getitem__
        case SortKey.MODIFIED:
            return columns.modified.__getitem__
        case SortKey.CLASS:
            return columns.storage_class
        case SortKey.NAME:
            return None if columns.sorted else columns.names.__getitem__
