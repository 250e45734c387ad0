"""What stands at two places that are compared: prefixes, two single objects, or nothing."""

from __future__ import annotations

from msgspec.structs import replace

from tui.model.comparing.comparison import Comparison, Place
from tui.model.location import DELIMITER, Location
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.values import ObjectHead
from tui.transfers.tasks import together


async def as_meant(comparison: Comparison, left: Store, right: Store) -> Comparison:
    """Two objects where both places name one; else ``a/b`` means all below ``a/b/``. Raises nothing."""
    mine, theirs = comparison.left, comparison.right
    if not mine.location.is_prefix and not theirs.location.is_prefix:
        both = await together(_object_at(left, mine.location), _object_at(right, theirs.location))
        if all(both):
            return comparison
    return replace(comparison, left=_below(mine), right=_below(theirs))


async def refuse_empty(store: Store, place: Location, *, needed: bool) -> None:
    """Raise `ProblemError` for a place without a listed name that is a file or an object, or is missing but `needed`.

    An empty bucket exists, and so does an empty directory, which a listing names.
    """
    if not place.key:
        return
    alone = Location(place.bucket, place.key.removesuffix(DELIMITER))
    if await _object_at(store, alone):
        raise ProblemError(
            Problem(
                kind=ProblemKind.INVALID,
                title=f"{alone.uri} is a {'file' if place.is_local else 'single object'}",
                cause=f"only a {'directory' if place.is_local else 'prefix'} can be compared or synchronised with one",
                remedy="name two directories or prefixes; diff also compares two objects, cp copies one",
            )
        )
    if needed:
        raise ProblemError(
            Problem(
                kind=ProblemKind.NO_SUCH_KEY,
                title=f"nothing found at {place.uri}",
                cause="there is no such directory" if place.is_local else "no object lies below this prefix",
                remedy=f"check the spelling of the {'path' if place.is_local else 'prefix'}",
                resource=place.uri,
            )
        )


async def _object_at(store: Store, place: Location) -> ObjectHead | None:
    """A single object or file; None also for what cannot be looked at."""
    try:
        return await store.head(place.bucket, place.key)
    except ProblemError:
        return None


def _below(place: Place) -> Place:
    location = place.location
    if location.is_prefix:
        return place
    return replace(place, location=Location(location.bucket, location.key + DELIMITER))
