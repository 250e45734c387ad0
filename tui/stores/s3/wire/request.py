"""A request as it is sent."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """Where requests go."""

    scheme: str
    host: str
    port: int

    @property
    def tls(self) -> bool:
        """Whether it is spoken to over TLS."""
        return self.scheme == "https"


class WireRequest(NamedTuple):
    """A signed request."""

    method: str
    place: Place
    url: str
    head: bytes
    """Request line and headers, with the empty line behind them."""
    body: bytes
    waits: bool
    """Whether the body is sent when the server has asked for it (``100 Continue``)."""
    signature: str = ""

    def headers(self) -> dict[str, str]:
        """Names, in lower case, and values."""
        lines = self.head.decode().split("\r\n")[1:-2]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
