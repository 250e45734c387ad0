"""Presigned links."""

from __future__ import annotations

from msgspec import Struct

from tui.core.location import Location
from tui.link.request import Request
from tui.model.links.presigned import LinkOptions, PresignedLink


class Presigned(Struct, frozen=True):
    """The links, in the order of their locations. They are secrets: only who asked gets them."""

    links: list[PresignedLink]


class Presign(Request[Presigned], frozen=True, tag="presign"):
    """Links to at most `MOST_LINKS` objects; each is looked at by a HeadObject first."""

    connection: str
    locations: list[Location]
    options: LinkOptions = LinkOptions()


Requests = Presign
"""All requests of this subject."""
