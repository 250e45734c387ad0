"""Searches below a location, and what is stored there."""

from __future__ import annotations

from tui.core.location import Location
from tui.core.searching import Found, Search, SizesFound, Stored
from tui.link.request import Feed


class FindObjects(Feed[Found], frozen=True, tag="find-objects"):
    """What is found below a location, and how far the search has come; stopping it stops the search."""

    connection: str
    location: Location
    search: Search


class MeasureSizes(Feed[SizesFound], frozen=True, tag="measure-sizes"):
    """What is stored below a location, piece by piece; stopping it stops the measurement."""

    connection: str
    location: Location
    stored: Stored = Stored.CURRENT
    depth: int = 0
    """Levels of prefixes that are kept apart; 0: all."""
    inventory: str = ""
    """As in `Search`; for current objects."""


Requests = FindObjects | MeasureSizes
"""All requests of this subject."""
