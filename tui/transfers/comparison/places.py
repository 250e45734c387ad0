"""What stands at two places that are compared: prefixes, two single objects, or nothing."""

from __future__ import annotations

from msgspec.structs import replace

from tui.core.location import DELIMITER, Location
from tui.model.comparing.comparison import Comparison, Place
from tui.stores.base import Store
from tui.transfers.sides import object_at
from tui.transfers.tasks import together


async def as_meant(comparison: Comparison, left: Store, right: Store) -> Comparison:
    """Two objects where both places name one; else ``a/b`` means all below ``a/b/``. Raises nothing."""
    mine, theirs = comparison.left, comparison.right
    if not mine.location.is_prefix and not theirs.location.is_prefix:
        both = await together(object_at(left, mine.location), object_at(right, theirs.location))
        if all(both):
            return comparison
    return replace(comparison, left=_below(mine), right=_below(theirs))


def _below(place: Place) -> Place:
    location = place.location
    if location.is_prefix:
        return place
    return replace(place, location=Location(location.bucket, location.key + DELIMITER))
