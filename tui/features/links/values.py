"""Presigned links."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from tui.core.location import Location
from tui.link.request import Request

LONGEST_LIFE = 7 * 86400
"""Seconds that a link can last (Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters")."""

USUAL_LIFE = 3600
"""Seconds, where nobody says how long."""

MOST_LINKS = 1000
"""That are made by one request."""


class LinkMethod(StrEnum):
    """What a link does."""

    GET = "GET"
    """Downloads the object."""
    PUT = "PUT"
    """Uploads an object of up to 5 GiB, in the place of the one that is there."""


class LinkOptions(Struct, frozen=True):
    """How links are made. `seconds`: how long they are asked to last."""

    method: LinkMethod = LinkMethod.GET
    seconds: int = USUAL_LIFE
    version: str = ""
    """Of the only object; empty: the one that is current when the link is used."""
    content_type: str = ""
    """What an upload must send as its Content-Type; empty: it sends what it likes."""
    response: dict[str, str] = {}
    """Headers that the answer to a GET gets in place of the object's own, in lower case: ``content-type``,
    ``content-disposition``, ``content-encoding``, ``content-language``, ``cache-control``."""


class PresignedLink(Struct, frozen=True):
    """A link. Whoever has `url` can use it: it is a secret, and no repr shows it.

    Times are in seconds since the epoch. `headers` are those that the request must be sent with.
    """

    location: Location
    method: LinkMethod
    url: str
    identity: str
    """The label of the identity that signed it."""
    account: str
    arn: str
    asked: float
    """Until when it was asked to last."""
    until: float
    """Until when it does: it ends with the credentials that signed it."""
    headers: dict[str, str] = {}
    warnings: tuple[str, ...] = ()

    @property
    def ends_with_credentials(self) -> bool:
        """Whether it ends sooner than it was asked to."""
        return self.until < self.asked

    def __repr__(self) -> str:
        return f"PresignedLink({self.method} {self.location.uri})"


class Presigned(Struct, frozen=True):
    """The links, in the order of their locations. They are secrets: only who asked gets them."""

    links: list[PresignedLink]


class Presign(Request[Presigned], frozen=True, tag="presign"):
    """Links to at most `MOST_LINKS` objects; each is looked at by a HeadObject first."""

    connection: str
    locations: list[Location]
    options: LinkOptions = LinkOptions()
