"""Which entry of a level is meant by the first letters that were typed. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

from tui.ui.listing.arrangement import Shown

MOST_SCANNED = 100_000
"""Entries that are looked at in one go: more would be felt while one types."""


def find_entry(shown: Shown, typed: str, begin: int = 0) -> tuple[int | None, int]:
    """The position of the entry that fits best, from `begin` on, and the position up to which all were looked at.

    First comes what starts with `typed`, then what contains it, then what has its letters in their order; case is
    ignored. A level in the order of S3 is searched to its end for what starts with it, case and all.
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


def next_entry(shown: Shown, typed: str, position: int, by: int) -> int | None:
    """The next entry after `position` that contains `typed`, `by` 1 downwards or -1 upwards; None: there is none."""
    letters = typed.casefold()
    position = min(position, shown.count)  # the level may have become shorter since it was found
    stop = min(shown.count, position + 1 + MOST_SCANNED) if by > 0 else max(-1, position - 1 - MOST_SCANNED)
    positions = range(position + by, stop, by)
    return next((each for each in positions if letters in name_at(shown, each).casefold()), None)


def name_at(shown: Shown, position: int) -> str:
    """The name of the entry at a position."""
    containers = shown.container_count
    if position < containers:
        return shown.entries.containers[shown.container_at(position)]
    return shown.entries.names[shown.object_at(position - containers)]


def _by_order(shown: Shown, typed: str) -> int | None:
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
