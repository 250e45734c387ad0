"""The HTTP session of the clients: it tells which address answered, and gives slow operations the time they need."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
from aiobotocore.httpsession import AIOHTTPSession

if TYPE_CHECKING:
    from aiohttp.client_reqrep import ClientRequest
    from aiohttp.connector import Connection as SocketConnection
    from aiohttp.tracing import Trace


@dataclass(slots=True)
class Sighting:
    """What was seen of the last request of a block: URL and signing region as sent, address of the peer."""

    url: str = ""
    signing_region: str = ""
    host: str = ""
    port: int = 0


_sighting: ContextVar[Sighting | None] = ContextVar("sighting", default=None)
_read_timeout: ContextVar[float | None] = ContextVar("read_timeout", default=None)


@contextmanager
def watching() -> Iterator[Sighting]:
    """Note what the requests that are made in this block look like on the wire."""
    sighting = Sighting()
    token = _sighting.set(sighting)
    try:
        yield sighting
    finally:
        _sighting.reset(token)


@contextmanager
def read_timeout(seconds: float) -> Iterator[None]:
    """Wait this long for each next byte of an answer in this block, instead of what the client is set to."""
    token = _read_timeout.set(seconds)
    try:
        yield
    finally:
        _read_timeout.reset(token)


def note_request(request: Any, **_: Any) -> None:
    """A handler for botocore's ``before-send`` event; the request is signed by then."""
    if sighting := _sighting.get():
        sighting.url = request.url
        sighting.signing_region = _signing_region(request.headers.get("Authorization", ""))


def _signing_region(authorization: str | bytes) -> str:
    """The region of a SigV4 header: ``… Credential=KEY/DATE/REGION/s3/aws4_request, …``."""
    text = authorization.decode() if isinstance(authorization, bytes) else authorization
    scope = text.partition("Credential=")[2].partition(",")[0].split("/")
    return scope[-3] if len(scope) >= 5 else ""


def _bound_silence(connection: SocketConnection, seconds: float | None) -> None:
    """Give a connection up when the peer takes no byte of a request for so long.

    aiohttp waits for the bytes of an answer only as long as it is told, but for ever for those of a request to be
    taken. The kernel does better where it can (tcp(7), ``TCP_USER_TIMEOUT``: Linux).
    """
    sock = connection.transport.get_extra_info("socket") if connection.transport else None
    if sock is not None and seconds and hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1000))


class _WatchedConnector(aiohttp.TCPConnector):
    """A connector that notes the peer of each connection it gives out, new or kept."""

    async def connect(
        self,
        req: ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  # aiohttp's signature
    ) -> SocketConnection:
        connection = await super().connect(req, traces, timeout)
        _bound_silence(connection, timeout.sock_read)
        if (sighting := _sighting.get()) and connection.transport:
            peer = connection.transport.get_extra_info("peername")
            if isinstance(peer, tuple):
                sighting.host, sighting.port = str(peer[0]), int(peer[1])
        return connection


class ReadableResponse(aiohttp.ClientResponse):
    """A response whose headers are UTF-8, as aiobotocore takes them to be; it would refuse the whole answer.

    Some servers hand out metadata as it was uploaded. Bytes that are no UTF-8 are read as ISO 8859-1, which once was
    HTTP's charset (RFC 9110, section 5.5).
    """

    @property
    def raw_headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """Names and values, in the order they came."""
        return tuple((name, _as_utf8(value)) for name, value in super().raw_headers)


def _as_utf8(value: bytes) -> bytes:
    try:
        value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1").encode()
    return value


class WatchedSession(AIOHTTPSession):
    """aiobotocore's session with `watching`, `read_timeout` and `ReadableResponse`."""

    # The methods override private ones: aiobotocore has no other place for them, and is held to one minor release.
    async def _get_session(self, proxy_url: str | None) -> aiohttp.ClientSession:
        session: aiohttp.ClientSession = await super()._get_session(proxy_url)  # type: ignore[misc]
        session._response_class = ReadableResponse  # an argument of its constructor, which is called in there
        return session

    async def _create_connector(self, proxy_url: str | None) -> aiohttp.TCPConnector:
        connector: aiohttp.TCPConnector = await super()._create_connector(proxy_url)  # type: ignore[misc]
        proxied = type(connector)
        connector.__class__ = type(proxied.__name__, (_WatchedConnector, proxied), {})
        return connector

    def _get_request_timeout(self, request: Any) -> aiohttp.ClientTimeout | None:
        seconds = _read_timeout.get()
        if seconds is None:
            return super()._get_request_timeout(request)  # type: ignore[misc,no-any-return]
        connect_timeout = self._timeout.sock_connect  # type: ignore[attr-defined]
        return aiohttp.ClientTimeout(sock_connect=connect_timeout, sock_read=seconds)


class CountedSession(WatchedSession):
    """A session that sends each request once, so that whoever retries counts every one.

    aiohttp sends an idempotent request a second time, unseen, when its connection turns out to be closed.
    """

    async def _get_session(self, proxy_url: str | None) -> aiohttp.ClientSession:
        session = await super()._get_session(proxy_url)
        session._retry_connection = False  # it has no public name
        return session
