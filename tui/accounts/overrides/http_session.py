"""aiobotocore's HTTP session with hooks where it has none: response, connector, redirects, retries, timeouts."""

from __future__ import annotations

import asyncio
import ssl
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Protocol

import aiohttp
from aiobotocore.httpsession import AIOHTTPSession
from aiobotocore.utils import AioContainerMetadataFetcher, AioIMDSFetcher
from aiobotocore.utils import _RefCountedSessionMixin as _Mixin  # type: ignore[attr-defined]  # not in the stubs
from botocore.httpsession import get_cert_path

_contexts: dict[tuple[object, ...], ssl.SSLContext] = {}
"""By the certificates they trust. Reading a bundle takes some 15 ms, more than all else that a new client does."""


class HookedResponse(aiohttp.ClientResponse):
    """A response whose body can be read by a subclass in its own way."""

    @property
    def kept_body(self) -> bytes | None:
        """The whole body; None: it was not read yet."""
        return self._body

    @kept_body.setter
    def kept_body(self, body: bytes) -> None:
        self._body = body


class ConnectionOwner(Protocol):
    """What has connections of its own."""

    async def close_connections(self) -> None:
        """Close them."""


class HookedSession(AIOHTTPSession):
    """A session that follows no redirect and takes classes and timeouts from its subclass."""

    beside: ConnectionOwner | None = None
    """What sends by connections of its own to the same servers; it is closed with the session."""

    response_class: ClassVar[type[aiohttp.ClientResponse]] = aiohttp.ClientResponse
    connector_class: ClassVar[type[aiohttp.TCPConnector]] = aiohttp.TCPConnector
    """Comes before aiobotocore's own class, which knows proxies."""
    retries_closed_connections: ClassVar[bool] = True
    """Whether aiohttp sends an idempotent request again, unseen, when its connection turns out to be closed."""

    def read_seconds(self) -> float | None:
        """How long to wait for each next byte of the answer to this request; None: as the client is configured."""
        return None

    @property
    def usual_read_seconds(self) -> float | None:
        """How long the client waits for each next byte of an answer; None: for ever."""
        seconds: float | None = self._timeout.sock_read  # type: ignore[attr-defined]  # not in the stubs
        return seconds

    def proxy_for(self, url: str) -> str | None:
        """The URL of the proxy that requests to a URL go through; None: they go straight."""
        proxies: Any = self._proxy_config  # type: ignore[attr-defined]  # not in the stubs
        found: str | None = proxies.proxy_url_for(url)
        return found

    async def tls_context(self) -> ssl.SSLContext:
        """How connections over TLS are made: `verify`, CA bundle and client certificate as the user has set them."""
        contexts = await asyncio.to_thread(self._build_ssl_contexts, None)  # type: ignore[attr-defined]  # the same
        context: ssl.SSLContext = contexts[0]
        return context

    def _build_verify_context(self) -> ssl.SSLContext:
        trusted = None if self._cert_file else _trusted(self._verify)  # type: ignore[attr-defined]  # the same
        if trusted is None:  # a client certificate is added to the context afterwards: that one is not shared
            return super()._build_verify_context()  # type: ignore[misc,no-any-return]  # the same
        if trusted not in _contexts:
            _contexts[trusted] = super()._build_verify_context()  # type: ignore[misc]  # the same
        return _contexts[trusted]

    async def __aexit__(self, *raised: Any) -> None:
        if self.beside is not None:
            await self.beside.close_connections()
        await super().__aexit__(*raised)

    async def _get_session(self, proxy_url: str | None) -> aiohttp.ClientSession:
        session: aiohttp.ClientSession = await super()._get_session(proxy_url)  # type: ignore[misc]  # not in the stubs
        session._response_class = self.response_class  # an argument of its constructor, which is called in there
        session._request = partial(aiohttp.ClientSession._request, session, allow_redirects=False)  # type: ignore[method-assign]  # aiobotocore does not pass the argument on
        session._retry_connection = self.retries_closed_connections
        return session

    async def _create_connector(self, proxy_url: str | None) -> aiohttp.TCPConnector:
        connector: aiohttp.TCPConnector = await super()._create_connector(proxy_url)  # type: ignore[misc]  # the same
        proxied = type(connector)
        connector.__class__ = type(proxied.__name__, (self.connector_class, proxied), {})
        return connector

    def _get_request_timeout(self, request: Any) -> aiohttp.ClientTimeout | None:
        seconds = self.read_seconds()
        if seconds is None:
            return super()._get_request_timeout(request)  # type: ignore[misc,no-any-return]  # the same
        connect_timeout = self._timeout.sock_connect  # type: ignore[attr-defined]  # the same
        return aiohttp.ClientTimeout(sock_connect=connect_timeout, sock_read=seconds)


def _trusted(verify: Any) -> tuple[object, ...] | None:
    """What a context trusts by ``verify`` (False, True or a file): a bundle as the file is now; None: not known."""
    if not verify:
        return (False,)
    bundle = Path(str(get_cert_path(verify)))
    if not bundle.is_file():
        return None
    found = bundle.stat()
    return bundle, found.st_ino, found.st_size, found.st_mtime_ns


def session_of(client: Any) -> HookedSession | None:
    """The session that a client sends its requests by; None for one of another class."""
    session = client._endpoint.http_session
    return session if isinstance(session, HookedSession) else None


SharedSessionMixin: Any = _Mixin
"""Opens a session while one of its users is at work."""


def send_metadata_requests_by(session_class: type[AIOHTTPSession]) -> None:
    """Let botocore's readers of metadata services, which it makes by itself in several places, use this class."""
    fetcher: Any
    for fetcher in (AioIMDSFetcher, AioContainerMetadataFetcher):
        fetcher._ref_counted_session_cls = session_class
