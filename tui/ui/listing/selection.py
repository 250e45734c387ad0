"""What the user has picked, as a copy understands it."""

from __future__ import annotations

from dataclasses import dataclass

from tui.core.location import Location
from tui.core.orders import Selection
from tui.core.versions import VersionLocation
from tui.text import format as fmt
from tui.ui.listing.rows import is_below


@dataclass(frozen=True, slots=True)
class Picked:
    """One object, prefix or bucket; `size` in bytes for an object, None for what has no size of its own."""

    location: Location
    size: int | None = None


LATER = "still loading: the marks are inverted when all is listed; * again takes that back, esc ends the listing"


class PickError(ValueError):
    """What was picked cannot be copied together; the message says why."""


def select(connection: str, picked: list[Picked]) -> Selection:
    """The selection, its names relative to the deepest level that contains all of it; raise `PickError`.

    A bucket means all that is in it. What lies below a prefix that is picked, too, is not named twice.
    """
    if versions := [one.location for one in picked if isinstance(one.location, VersionLocation)]:
        if len(picked) > 1:
            raise PickError("versions go one at a time: mark only one, or none and move the cursor to it")
        one = versions[0].of_object
        return Selection(connection, one.parent, keys=[one.key], version=versions[0].version)
    buckets = {one.location.bucket for one in picked}
    if not buckets or buckets == {""}:
        raise PickError("select something to copy first")
    if len(buckets) > 1:
        raise PickError("the marked rows are in several buckets: copy from one bucket at a time")
    [bucket] = buckets
    keys = sorted({one.location.key for one in picked})  # a million of them in a second, locations in many
    tops = _outermost([Location(bucket, key) for key in keys])
    return Selection(
        connection=connection,
        base=_common_level(tops),
        keys=[location.key for location in tops if not location.is_prefix],
        prefixes=[location.key for location in tops if location.is_prefix],
    )


def describe(picked: list[Picked]) -> str:
    """In a few words: ``2 objects, 213 MiB``, ``1 object, 12 B and 2 prefixes``."""
    sizes = [one.size for one in picked if one.size is not None]
    objects = f"{fmt.counted(len(sizes), 'object')}, {fmt.size(sum(sizes))}" if sizes else ""
    buckets = sum(1 for one in picked if not one.location.key)
    prefixes = len(picked) - len(sizes) - buckets
    parts = [
        objects,
        fmt.counted(prefixes, "prefix") if prefixes else "",
        fmt.counted(buckets, "bucket") if buckets else "",
    ]
    return " and ".join(part for part in parts if part)


def below_base(selection: Selection) -> list[str]:
    """The names of what is selected below its base, prefixes first; the base itself by its own name."""
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
