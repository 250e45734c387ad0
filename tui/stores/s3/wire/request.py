"""A request as it is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple


class StreamedBody:
    """A body of known length that is sent as it comes from somewhere else, once; its length is `len`.

    It may be given as ``Body`` where the payload is not signed, which needs all of it beforehand: over TLS, or where
    the user has turned that off.
    """

    def __init__(self, size: int, chunks: AsyncIterator[bytes]) -> None:
        self._size, self.chunks = size, chunks

    def __len__(self) -> int:
        return self._size


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
    body: bytes | StreamedBody
    waits: bool
    """Whether the body is sent when the server has asked for it (``100 Continue``)."""

    def headers(self) -> dict[str, str]:
        """Names, in lower case, and values."""
        lines = self.head.decode().split("\r\n")[1:-2]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
