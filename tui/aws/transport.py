"""The clients' HTTP session: it follows no redirects, limits responses, and records the peer."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
from botocore.exceptions import HTTPClientError, ReadTimeoutError

from tui.aws.overrides import HookedResponse, HookedSession, SharedSessionMixin
from tui.aws.refusals import AnswerTooLargeError

if TYPE_CHECKING:
    from aiohttp.client_reqrep import ClientRequest
    from aiohttp.connector import Connection as SocketConnection
    from aiohttp.tracing import Trace


class PendingRequests:
    """The requests of one call that have no complete response yet."""

    def __init__(self) -> None:
        self.begun: dict[object, tuple[float, str]] = {}
        """When each began, with its URL."""

    def longest(self) -> tuple[str, float] | None:
        """The host that has kept this call waiting longest, with the seconds; None: no request is in progress."""
        if not self.begun:
            return None
        begun, url = min(self.begun.values())
        return urlsplit(url).netloc, monotonic() - begun


class _Noted:
    """The block of `pending_request`; a generator would cost more than everything else here."""

    __slots__ = ("_pending", "_url")

    def __init__(self, pending: PendingRequests, url: str) -> None:
        self._pending, self._url = pending, url

    def __enter__(self) -> None:
        self._pending.begun[self] = monotonic(), self._url

    def __exit__(self, *_: object) -> None:
        del self._pending.begun[self]


_NOBODY_ASKS = nullcontext()
_pending: ContextVar[PendingRequests | None] = ContextVar("pending", default=None)


@contextmanager
def tracking_requests(pending: PendingRequests) -> Iterator[None]:
    """Records the requests in this block, and in tasks started in it, in `pending`."""
    token = _pending.set(pending)
    try:
        yield
    finally:
        _pending.reset(token)


def pending_request(url: str) -> AbstractContextManager[None]:
    """A block around a request to a URL and reading its response."""
    pending = _pending.get()
    return _Noted(pending, url) if pending else _NOBODY_ASKS


MAX_ANSWER = 16 * 1024 * 1024
"""Bytes of a response that is read whole: a list, a document, an error. A list of 1,000 keys of 1,024 escaped bytes has
4 MB. Object content is read by ranges, without this limit.
"""


WHOLE = 5
"""The timeout for a whole response is this many times the timeout for its next byte."""

MOST_TAGS = 200_000
_SHORTEST_TAG = len("<a>")
"""XML tags of a whole response; those of 1,000 objects have up to 60,000. The parser needs time for each."""


@dataclass(slots=True)
class Sighting:
    """The last request of a block: URL, signing region and name as sent, and its connection.

    `host` and `port` are the peer's, which may be a proxy; `proxy` is its URL without credentials. `certificate` is the
    subject of the server's certificate if it was verified.
    """

    url: str = ""
    signing_region: str = ""
    signing_name: str = ""
    host: str = ""
    port: int = 0
    proxy: str = ""
    tls: str = ""
    certificate: str = ""


_sighting: ContextVar[Sighting | None] = ContextVar("sighting", default=None)
_no_object: ContextVar[bool] = ContextVar("no_object", default=False)
_read_timeout: ContextVar[float | None] = ContextVar("read_timeout", default=None)


@contextmanager
def watching() -> Iterator[Sighting]:
    """Record the requests in this block."""
    sighting = Sighting()
    token = _sighting.set(sighting)
    try:
        yield sighting
    finally:
        _sighting.reset(token)


@contextmanager
def no_object() -> Iterator[None]:
    """In this block, do not read the body of an object, which no expected response is."""
    token = _no_object.set(True)
    try:
        yield
    finally:
        _no_object.reset(token)


@contextmanager
def read_timeout(seconds: float) -> Iterator[None]:
    """In this block, use this timeout for each next byte, instead of the client's."""
    token = _read_timeout.set(seconds)
    try:
        yield
    finally:
        _read_timeout.reset(token)


def note_request(request: Any, **_: Any) -> None:
    """A handler for botocore's ``before-send`` event; the request is already signed."""
    if sighting := _sighting.get():
        sighting.url = request.url
        sighting.signing_region, sighting.signing_name = _scope(request.headers.get("Authorization", ""))


def _scope(authorization: str | bytes) -> tuple[str, str]:
    """Region and service in a SigV4 header: ``… Credential=KEY/DATE/REGION/s3/aws4_request, …``."""
    text = authorization.decode() if isinstance(authorization, bytes) else authorization
    scope = text.partition("Credential=")[2].partition(",")[0].split("/")
    return (scope[-3], scope[-2]) if len(scope) >= 5 else ("", "")


def note_sent(url: str, region: str) -> None:
    """Record a request's URL and signing region for `watching`."""
    if sighting := _sighting.get():
        sighting.url, sighting.signing_region = url, region


def note_peer(peer: tuple[str, int] | None) -> None:
    """Record the request's host and port for `watching`."""
    if peer and (sighting := _sighting.get()):
        sighting.host, sighting.port = peer


def read_seconds(otherwise: float) -> float:
    """The timeout for each next byte; see `read_timeout`."""
    seconds = _read_timeout.get()
    return otherwise if seconds is None else seconds


def is_object(headers: Mapping[str, str]) -> bool:
    """Whether a response is an object, by its headers; some frameworks add a (weak) ETag to every response.

    Names of headers are in lower case, or their case is of no matter.
    """
    return "last-modified" in headers and headers.get("etag", "W/").startswith('"')


def refuses_objects() -> bool:
    return _no_object.get()


def require_few_tags(body: bytes) -> None:
    """Raise `AnswerTooLargeError` for a response with too many tags."""
    if len(body) > _SHORTEST_TAG * MOST_TAGS and body.count(b"<") > MOST_TAGS:
        raise AnswerTooLargeError(most=f"{MOST_TAGS} tags")


def bound_silence(transport: asyncio.BaseTransport | None, seconds: float | None) -> None:
    """Give up a connection whose peer accepts no byte of a request for this long.

    asyncio would wait for ever; the kernel can do better (tcp(7), ``TCP_USER_TIMEOUT``: Linux).
    """
    sock = transport.get_extra_info("socket") if transport else None
    if sock is not None and seconds and hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1000))


class _WatchedConnector(aiohttp.TCPConnector):
    """Records the peer of each connection it hands out, new or kept."""

    async def connect(
        self,
        req: ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  # aiohttp's signature
    ) -> SocketConnection:
        connection = await super().connect(req, traces, timeout)
        bound_silence(connection.transport, timeout.sock_read)
        if (sighting := _sighting.get()) and connection.transport:
            peer = connection.transport.get_extra_info("peername")
            if isinstance(peer, tuple):
                sighting.host, sighting.port = str(peer[0]), int(peer[1])
            sighting.proxy = str(req.proxy.with_user(None)) if req.proxy else ""
            tls = connection.transport.get_extra_info("ssl_object")
            sighting.tls, sighting.certificate = (
                (tls.version() or "", subject_of(tls.getpeercert())) if tls else ("", "")
            )
        return connection


def subject_of(certificate: Mapping[str, Any] | None) -> str:
    """A certificate's common name, else its first DNS name; empty: it was not verified."""
    found = certificate or {}
    named = [value for part in found.get("subject", ()) for name, value in part if name == "commonName"]
    named += [value for kind, value in found.get("subjectAltName", ()) if kind == "DNS"]
    return str(named[0]) if named else ""


class ReadableResponse(HookedResponse):
    """A response of limited size with UTF-8 headers, which aiobotocore requires.

    Some servers return metadata as uploaded. Bytes that are not UTF-8 are read as ISO 8859-1, once the charset of HTTP
    (RFC 9110, section 5.5).
    """

    @property
    def raw_headers(self) -> tuple[tuple[bytes, bytes], ...]:
        return tuple((name, _as_utf8(value)) for name, value in super().raw_headers)

    async def read(self) -> bytes:
        """The whole body; empty for an object in a block of `no_object`.

        Raises `AnswerTooLargeError` above `MAX_ANSWER`.
        """
        if _no_object.get() and self.status < 300 and is_object(self.headers):
            self.close()
            return b""
        if self.kept_body is None:
            try:
                self.kept_body = await self._bounded_body()
            except BaseException:
                self.close()
                raise
        return await super().read()

    async def _bounded_body(self) -> bytes:
        chunks, size = list[bytes](), 0
        while chunk := await self.content.readany():
            size += len(chunk)
            if size > MAX_ANSWER:
                raise AnswerTooLargeError(most=f"{MAX_ANSWER} bytes")
            chunks.append(chunk)
        body = b"".join(chunks)
        require_few_tags(body)
        return body


def _as_utf8(value: bytes) -> bytes:
    try:
        value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1").encode()
    return value


class WatchedSession(HookedSession):
    """aiobotocore's session with `watching`, `read_timeout` and `ReadableResponse`; it follows no redirects.

    aiohttp would send token and body to whatever host a redirect names. For a redirect to a bucket's region, botocore
    creates a new request (see `tui.aws.clients`).
    """

    response_class = ReadableResponse
    connector_class = _WatchedConnector

    async def send(self, request: Any) -> Any:
        """Raises botocore's errors, and `AnswerTooLargeError`."""
        try:
            with pending_request(request.url):
                async with asyncio.timeout(self._whole_seconds(request)):
                    return await super().send(request)
        except TimeoutError as error:
            raise ReadTimeoutError(endpoint_url=request.url, error=error) from error
        except HTTPClientError as error:  # aiobotocore wraps and retries all errors that it does not know
            if isinstance(inner := error.kwargs.get("error"), AnswerTooLargeError):
                raise inner from error
            raise

    def read_seconds(self) -> float | None:
        return _read_timeout.get()

    def _whole_seconds(self, request: Any) -> float | None:
        """The timeout for a whole response except an object's; None: only the timeout between bytes applies.

        Writes to S3 may take long: the body is uploaded, and during a long copy S3 sends blanks.
        """
        of_s3 = _scope(request.headers.get("Authorization", ""))[1] in ("s3", "s3express")
        if request.method not in ("GET", "HEAD") and (of_s3 or request.method != "POST"):
            return None
        seconds = self.read_seconds() or self.usual_read_seconds
        return seconds and seconds * WHOLE


class CountedSession(WatchedSession):
    """A session that sends each request once, so that its caller counts every retry."""

    retries_closed_connections = False


class SharedSession(SharedSessionMixin, WatchedSession):  # type: ignore[misc]  # the mixin has no types
    """What botocore's readers of metadata services send their requests by: open while one of them is at work."""
