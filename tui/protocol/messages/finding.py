"""Searches below a location."""

from __future__ import annotations

from tui.model.finding.criteria import Search
from tui.model.finding.found import Found
from tui.model.location import Location
from tui.protocol.messages.base import Feed


class FindObjects(Feed[Found], frozen=True, tag="find-objects"):
    """What is found below a location, and how far the search has come; stopping it stops the search."""

    connection: str
    location: Location
    search: Search


Requests = FindObjects
"""All requests of this subject."""
