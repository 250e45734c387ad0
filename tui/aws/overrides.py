"""All our overrides of botocore, aiobotocore and aiohttp internals."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar, Protocol
from urllib.parse import urlencode

import aiohttp
from aiobotocore.credentials import (
    AioAssumeRoleProvider,
    AioCredentialResolver,
    AioDeferredRefreshableCredentials,
    AioProcessProvider,
    AioProfileProviderBuilder,
)
from aiobotocore.httpsession import AIOHTTPSession
from aiobotocore.session import AioSession
from aiobotocore.utils import AioContainerMetadataFetcher, AioIMDSFetcher
from aiobotocore.utils import _RefCountedSessionMixin as _Mixin  # type: ignore[attr-defined]  # not in the stubs
from botocore.awsrequest import AWSHTTPConnection, AWSHTTPConnectionPool, AWSHTTPSConnection, AWSHTTPSConnectionPool
from botocore.credentials import CredentialProvider
from botocore.exceptions import BotoCoreError, ReadTimeoutError
from botocore.handlers import _handle_200_error  # type: ignore[attr-defined]  # it has no public name
from botocore.hooks import EVENT_ALIASES
from botocore.httpsession import URLLib3Session, get_cert_path
from botocore.tokens import SSOTokenProvider
from botocore.utils import IMDSFetcher

_contexts: dict[tuple[object, ...], ssl.SSLContext] = {}
"""By trusted certificates. Reading a bundle takes some 15 ms, more than the rest of a new client."""


class HookedResponse(aiohttp.ClientResponse):
    """A response whose body a subclass may read in its own way."""

    @property
    def kept_body(self) -> bytes | None:
        """The whole body; None if not read yet."""
        return self._body

    @kept_body.setter
    def kept_body(self, body: bytes) -> None:
        self._body = body


class ConnectionOwner(Protocol):
    """An object with its own connections."""

    async def close_connections(self) -> None:
        pass


class HookedSession(AIOHTTPSession):
    """A session that follows no redirects; its subclass chooses classes and timeouts."""

    beside: ConnectionOwner | None = None
    """Sends requests on its own connections to the same servers; closed with the session."""

    response_class: ClassVar[type[aiohttp.ClientResponse]] = aiohttp.ClientResponse
    connector_class: ClassVar[type[aiohttp.TCPConnector]] = aiohttp.TCPConnector
    """Precedes aiobotocore's own class, which handles proxies."""
    retries_closed_connections: ClassVar[bool] = True
    """Whether aiohttp silently repeats an idempotent request if its connection turns out to be closed."""

    def read_seconds(self) -> float | None:
        """Timeout for each next byte of the response to this request; None: as the client is configured."""
        return None

    @property
    def usual_read_seconds(self) -> float | None:
        """The client's timeout for each next byte; None: none."""
        seconds: float | None = self._timeout.sock_read  # type: ignore[attr-defined]  # not in the stubs
        return seconds

    def proxy_for(self, url: str) -> str | None:
        """The proxy URL for requests to a URL; None: no proxy."""
        proxies: Any = self._proxy_config  # type: ignore[attr-defined]  # not in the stubs
        found: str | None = proxies.proxy_url_for(url)
        return found

    async def tls_context(self) -> ssl.SSLContext:
        """TLS settings of connections: the user's `verify`, CA bundle and client certificate."""
        contexts = await asyncio.to_thread(self._build_ssl_contexts, None)  # type: ignore[attr-defined]  # the same
        context: ssl.SSLContext = contexts[0]
        return context

    def _build_verify_context(self) -> ssl.SSLContext:
        trusted = None if self._cert_file else _trusted(self._verify)  # type: ignore[attr-defined]  # the same
        if trusted is None:  # a client certificate is added to the context later, so this one is not shared
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
    """The trusted certificates for ``verify`` (False, True or a file), with the file's state; None: unknown."""
    if not verify:
        return (False,)
    bundle = Path(str(get_cert_path(verify)))
    if not bundle.is_file():
        return None
    found = bundle.stat()
    return bundle, found.st_ino, found.st_size, found.st_mtime_ns


def forget_event_aliases() -> None:
    """Let botocore no longer look for old names of 65 other services in each new name of an event.

    Only for a process in which no other code uses botocore. It takes two thirds of the time of a new session.
    """
    EVENT_ALIASES.clear()


def session_of(client: Any) -> HookedSession | None:
    """The session of a client; None for one of another class."""
    session = client._endpoint.http_session
    return session if isinstance(session, HookedSession) else None


SharedSessionMixin: Any = _Mixin
"""Keeps a session open while it has users."""


def send_metadata_requests_by(session_class: type[AIOHTTPSession]) -> None:
    """Use this class for botocore's metadata requests, whose sessions botocore creates itself."""
    fetcher: Any
    for fetcher in (AioIMDSFetcher, AioContainerMetadataFetcher):
        fetcher._ref_counted_session_cls = session_class


class WindowedCredentials(AioDeferredRefreshableCredentials):
    """Credentials that renew in time windows that a subclass chooses."""

    def windows(self, life: float) -> tuple[float, float]:
        """Seconds before the end from which a request may, and must, renew; `life` is the total in seconds."""
        raise NotImplementedError

    def _publish_refresh(self) -> None:
        super()._publish_refresh()  # type: ignore[misc]  # the stubs know public names only
        advisory, mandatory = self.windows(self._seconds_remaining())  # type: ignore[attr-defined]  # the same
        self._advisory_refresh_timeout, self._mandatory_refresh_timeout = advisory, mandatory


def expiry_of(credentials: Any) -> float | None:
    """The end in seconds since the epoch; None if there is none, or nothing was fetched yet."""
    end = getattr(credentials, "_expiry_time", None)
    return end.timestamp() if isinstance(end, datetime) else None


def renewal_windows(credentials: Any) -> tuple[float, float]:
    """Seconds before their end from which credentials are renewed if possible, and from which they are useless
    otherwise."""
    return credentials._advisory_refresh_timeout, credentials._mandatory_refresh_timeout


def last_fetched(credentials: Any) -> Any:
    """The secrets as last fetched; reading refreshable credentials would fetch new ones."""
    return getattr(credentials, "_frozen_credentials", None) or credentials


LONGEST_VALUE = 256
"""Characters of a value that is read; expected ones have 20 at most."""


class MetadataReader(IMDSFetcher):
    """Reads IMDS values with a token, as botocore's settings allow. It blocks: for worker threads."""

    @property
    def disabled(self) -> bool:
        """Whether the user has disabled instance metadata."""
        found: bool = self._disabled  # type: ignore[attr-defined]  # not in the stubs
        return found

    def token(self) -> str:
        """An IMDSv2 token; empty if nothing answers or it refuses. Raises botocore's errors."""
        return str(self._fetch_metadata_token() or "")  # type: ignore[attr-defined]  # the same

    def value(self, path: str, token: str) -> str:
        """The value at a path below ``latest/meta-data/``, or the empty string. Raises botocore's errors."""
        fetch: Any = self._get_request  # type: ignore[attr-defined]  # the same
        # Never retry: a response without the value is a response, too.
        answer = fetch(f"latest/meta-data/{path}", lambda _answer: False, token)
        found = answer.text.strip() if answer.status_code == HTTPStatus.OK else ""
        return found if len(found) <= LONGEST_VALUE else ""


NoAnswerError: type[Exception] = IMDSFetcher._RETRIES_EXCEEDED_ERROR_CLS  # type: ignore[attr-defined]  # the same
"""Raised when nothing answers, or instance metadata is disabled."""


handle_200_error = _handle_200_error


_IN_QUERY = ("x-amz-request-payer",)
"""Headers that S3 also reads from the query, so that users of the link need not send them."""


async def presigned_url(
    client: Any, operation: str, params: dict[str, Any], seconds: int
) -> tuple[str, dict[str, str]]:
    """A presigned URL and the headers to send with it. Nothing is sent.

    This is aiobotocore's `generate_presigned_url` with other query parameters. Raises what signing raises.
    """
    client.meta.events.register_first("choose-signer.s3", _version_4, unique_id="presigned-version-4")
    model = client.meta.service_model.operation_model(operation)
    context = {"is_presign_request": True, "use_global_endpoint": False}
    params = await client._emit_api_params(api_params=params, operation_model=model, context=context)
    of_arn = str(params.get("Bucket", "")).startswith("arn:")
    endpoint, headers, _ = await client._resolve_endpoint_ruleset(
        model, params, context, ignore_signing_region=not of_arn
    )
    request = await client._convert_to_request_dict(
        api_params=params,
        operation_model=model,
        endpoint_url=endpoint,
        context=context,
        headers=headers,
        set_user_agent_header=False,
    )
    to_send = request["headers"]
    query = {name: to_send.pop(name) for name in list(to_send) if name.lower() in _IN_QUERY}
    if query:
        request["url"] += ("&" if "?" in request["url"] else "?") + urlencode(query)
    needed = {str(name): str(value) for name, value in to_send.items()}
    url = await client._request_signer.generate_presigned_url(
        request_dict=request, operation_name=operation, expires_in=seconds
    )
    return url, needed


def _version_4(signature_version: str, **_: Any) -> str | None:
    """Signature version 4 for S3 itself; directory buckets and access points keep theirs."""
    others = signature_version.startswith(("v4a", "v4-s3express"))
    return "s3v4-query" if signature_version.endswith("-query") and not others else None


Assume = Callable[[dict[str, Any], Any], Any]
"""Assumes a role by the role's profile settings and the source credentials."""


class RoleProvider(AioAssumeRoleProvider):
    """botocore's provider for profile roles; `assume` assumes them."""

    def __init__(self, stock: Any, assume: Assume) -> None:
        """`stock` is botocore's provider."""
        super().__init__(
            stock._load_config,
            stock._client_creator,
            stock.cache,
            stock._profile_name,
            credential_sourcer=stock._credential_sourcer,
            profile_provider_builder=stock._profile_provider_builder,
        )
        self._assume = assume

    async def _load_creds_via_assume_role(self, profile_name: str) -> Any:
        stock: Any = self
        config = stock._get_role_config(profile_name)
        source = await stock._resolve_source_credentials(config, profile_name)
        return self._assume(config, source)


class ProfileProviders(AioProfileProviderBuilder):
    """Creates the providers of a profile and of its chain of roles."""

    def __init__(
        self,
        session: AioSession,
        stock: Any,
        tokens: Any,
        process: Callable[[str], AioProcessProvider],
        login: Callable[[str], CredentialProvider],
    ) -> None:
        """`stock` is botocore's builder; `tokens` is the sign-in cache."""
        super().__init__(session, stock._cache, stock._region_name, tokens, stock._login_token_cache)
        self._process, self._login = process, login

    def _create_process_provider(self, profile_name: str) -> AioProcessProvider:
        return self._process(profile_name)

    def _create_login_provider(self, profile_name: str) -> CredentialProvider:
        return self._login(profile_name)


def replace_providers(
    resolver: AioCredentialResolver, profile: str, made_by: Callable[[Any], ProfileProviders], container_fetcher: object
) -> None:
    """Replace the resolver's providers for sign-ins, programs and roles by those of another builder.

    `made_by` gets botocore's builder. `container_fetcher` calls the endpoint of a container's role.
    """
    roles: Any = resolver.get_provider("assume-role")
    builder: Any = made_by(roles._profile_provider_builder)
    roles._profile_provider_builder = builder
    ours = {
        "sso": builder._create_sso_provider,
        "custom-process": builder._create_process_provider,
        "login": builder._create_login_provider,
    }
    resolver.providers = [ours[each.METHOD](profile) if each.METHOD in ours else each for each in resolver.providers]
    container: Any = resolver.get_provider("container-role")
    container._fetcher = container_fetcher


def sso_token_directory() -> Path:
    """The directory where botocore and the AWS CLI keep tokens of IAM Identity Center."""
    botocore: Any = SSOTokenProvider
    return Path(botocore._SSO_TOKEN_CACHE_DIR)


# boto3's HTTP session with limits for the time and size of a response. Its own timeouts apply to each next byte: a
# server that sends one byte a second would keep a thread for years.


@dataclass
class _Asking(threading.local):
    """The request of this thread."""

    sockets: list[socket.socket] = field(default_factory=list)
    most: int = 0
    too_large: Callable[[], Exception] = Exception


_asking = _Asking()


class _Bounded:
    """A connection with bounded responses."""

    sock: Any

    def getresponse(self) -> Any:
        _asking.sockets.append(self.sock)  # the connection forgets it after its last response
        response: Any = super().getresponse()  # type: ignore[misc]  # of the class beside this one
        response.stream = _bounded(response.stream, _asking.most, _asking.too_large)
        return response


def _bounded(stream: Callable[..., Iterator[bytes]], most: int, too_large: Callable[[], Exception]) -> Any:
    def pieces(*arguments: Any, **named: Any) -> Iterator[bytes]:
        size = 0
        for piece in stream(*arguments, **named):
            size += len(piece)
            if size > most:
                raise too_large()
            yield piece

    return pieces


class _BoundedConnection(_Bounded, AWSHTTPConnection):  # type: ignore[misc]  # the stubs of its bases disagree
    pass


class _BoundedTLSConnection(_Bounded, AWSHTTPSConnection):  # type: ignore[misc]  # the same
    pass


class _BoundedPool(AWSHTTPConnectionPool):
    ConnectionCls = _BoundedConnection


class _BoundedTLSPool(AWSHTTPSConnectionPool):
    ConnectionCls = _BoundedTLSConnection


_POOLS = {"http": _BoundedPool, "https": _BoundedTLSPool}


class _BoundedSession(URLLib3Session):
    """See `bound_answers`."""

    seconds: float
    most: int
    too_large: Callable[[], Exception]

    def send(self, request: Any) -> Any:
        """Raises botocore's errors, and the result of `too_large`."""
        _asking.most, _asking.too_large = self.most, self.too_large
        try:
            with _deadline(self.seconds) as over:
                answer = super().send(request)
        except BotoCoreError as error:
            if over.is_set():
                raise ReadTimeoutError(endpoint_url=request.url, error=error) from error
            if isinstance(inner := error.kwargs.get("error"), BotoCoreError):  # from `too_large`, but wrapped
                raise inner from error
            raise
        if over.is_set():  # the closed connection looks like the end of the response
            raise ReadTimeoutError(endpoint_url=request.url, error="the answer was not whole in time")
        return answer


@contextmanager
def _deadline(seconds: float) -> Iterator[threading.Event]:
    """Close the connections of this thread's request after a number of seconds, and set the event."""
    over, sockets = threading.Event(), list[socket.socket]()
    _asking.sockets = sockets

    def end() -> None:
        over.set()
        for each in sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.name = "answer-deadline"
    timer.start()
    try:
        yield over
    finally:
        timer.cancel()
        timer.join()


def bound_answers(client: Any, seconds: float, most: int, too_large: Callable[[], Exception]) -> None:
    """Make a boto3 client give up a response after a number of seconds, or above `most` bytes."""
    session = client._endpoint.http_session
    session.__class__ = _BoundedSession
    session.seconds, session.most, session.too_large = seconds, most, too_large
    session._pool_classes_by_scheme = session._manager.pool_classes_by_scheme = _POOLS
