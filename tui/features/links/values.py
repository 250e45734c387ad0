"""Presigned links."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from tui.core.location import Location
from tui.link.request import Request

LONGEST_LIFE = 7 * 86400
"""The longest validity in seconds (Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters")."""

USUAL_LIFE = 3600
"""The default validity in seconds."""

MOST_LINKS = 1000
"""Links of one request."""


class LinkMethod(StrEnum):
    """What a link does."""

    GET = "GET"
    """Downloads the object."""
    PUT = "PUT"
    """Uploads an object of up to 5 GiB, replacing the existing one."""


class LinkOptions(Struct, frozen=True):
    """The options of links; `seconds` is the requested validity."""

    method: LinkMethod = LinkMethod.GET
    seconds: int = USUAL_LIFE
    version: str = ""
    """The version of the only object; empty: the current version when the link is used."""
    content_type: str = ""
    """The required Content-Type of an upload; empty: any."""
    response: dict[str, str] = {}
    """Headers that the answer to a GET gets in place of the object's own, in lower case: ``content-type``,
    ``content-disposition``, ``content-encoding``, ``content-language``, ``cache-control``."""


class PresignedLink(Struct, frozen=True):
    """A presigned URL. Whoever has it can use it, so it is a secret that no repr shows.

    Times are in seconds since the epoch. The request must be sent with `headers`.
    """

    location: Location
    method: LinkMethod
    url: str
    identity: str
    """The signer's label."""
    account: str
    arn: str
    asked: float
    """The end of the requested validity."""
    until: float
    """The real end: the link expires with the credentials that signed it."""
    headers: dict[str, str] = {}
    warnings: tuple[str, ...] = ()

    @property
    def ends_with_credentials(self) -> bool:
        return self.until < self.asked

    def __repr__(self) -> str:
        return f"PresignedLink({self.method} {self.location.uri})"


class Presigned(Struct, frozen=True):
    """In the order of the locations. Only the requester gets these secrets."""

    links: list[PresignedLink]


class Presign(Request[Presigned], frozen=True, tag="presign"):
    """Sign links to at most `MOST_LINKS` objects, after a HeadObject of each."""

    connection: str
    locations: list[Location]
    options: LinkOptions = LinkOptions()
