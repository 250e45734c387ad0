"""Filters that leave out everything: that is no missing place, and no failure."""

from __future__ import annotations

from tui.core.location import DELIMITER, Location
from tui.core.orders import Filters, Selection
from tui.link.session import EngineAccess
from tui.messages.order_requests import CountSelected
from tui.text.format import counted


def none_match(filtered: int) -> str:
    """``none of 60 objects matches the filters``."""
    return (
        "the object does not match the filters"
        if filtered == 1
        else f"none of {counted(filtered, 'object')} matches the filters"
    )


async def filtered_of(engine: EngineAccess, selection: Selection) -> int:
    """How many objects a selection's filters leave out; 0 without filters. Raises `ProblemError` as listings do."""
    if selection.filters == Filters():
        return 0
    return (await engine.ask(CountSelected(selection))).filtered


async def filtered_below(engine: EngineAccess, connection: str, place: Location, filters: Filters) -> int:
    """How many objects below a place the filters leave out; 0 without filters."""
    base = place if place.is_prefix else Location(place.bucket, place.key + DELIMITER)
    return await filtered_of(engine, Selection(connection, base, prefixes=[base.key], filters=filters))
