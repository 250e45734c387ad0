"""A connection: one resolved identity with its S3 client, and how every client is configured."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import aiobotocore
import botocore
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from botocore import UNSIGNED

from tui import __version__
from tui.accounts.addresses import LiveAddressBook
from tui.accounts.clients.endpoints import EndpointSetting, service_of, sts_endpoint
from tui.accounts.clients.retries import ATTEMPTS, MODE, ONE_ATTEMPT
from tui.accounts.clients.services import ServiceTraits
from tui.accounts.clients.support import SupportedFeatures
from tui.accounts.clients.transport import CountedSession, WatchedSession
from tui.accounts.ids import connection_id
from tui.accounts.problems.attempt import Attempt
from tui.accounts.sso_login import Login
from tui.core.identity import AuthMethod, Identity, IdentitySpec

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

POOL_CONNECTIONS = 128
"""The connections that a client keeps to its endpoint, and so the most requests at once that transfers send there."""

LIST_BUCKETS = ("ListBuckets", "s3:ListAllMyBuckets")
"""The request by which an identity is tried, and its IAM action, as in the table of the stores' operations."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long is waited, in seconds: for a connection, and for each next byte of an answer."""

    connect: float = 10
    read: float = 60
    process: float = 60
    """For a credential process, as a whole: it may ask for a touch of a key, or a confirmation on a telephone."""


@dataclass(frozen=True, slots=True)
class ResolvedIdentity:
    """An identity as the configuration describes it, before any request is sent."""

    spec: IdentitySpec
    session: AioSession
    label: str
    region: str
    partition: str
    endpoint: EndpointSetting
    method: AuthMethod
    detail: str
    """What the method hangs on: `Identity.detail`."""
    login: Login | None = None
    """The sign-in to IAM Identity Center that the credentials come from, if they do."""

    def same_as(self, other: ResolvedIdentity) -> bool:
        """Whether both lead to the same place in the same way, whatever the credentials."""
        return (self.spec, self.region, self.endpoint) == (other.spec, other.region, other.endpoint)

    @property
    def attempt(self) -> Attempt:
        """The attempt to become this identity, for problems."""
        return Attempt(
            self.label,
            endpoint=self.endpoint.url,
            profile=self.session.profile,
            connection=connection_id(self.spec),
            login=self.login,
        )


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Connection:
    """One identity, ready to ask S3. Make it with `Connections.get`; it is closed there, too."""

    id: str
    settings: ResolvedIdentity
    client: S3Client
    endpoint: str
    """The URL that requests start from, as botocore resolved it."""
    credentials: Any
    """botocore's credentials object; None for an anonymous connection."""
    addresses: LiveAddressBook
    services: ServiceTraits
    attempts: int
    """How often a request is sent, in all, before it fails."""
    timeouts: Timeouts
    short_way: bool = True
    """Whether what transfers send most goes by connections of our own (`tui.stores.s3.wire`)."""
    support: SupportedFeatures = field(default_factory=SupportedFeatures)

    @property
    def label(self) -> str:
        """The identity's name, as problems and facts give it."""
        return self.settings.label

    @property
    def service(self) -> str:
        """The object store behind the endpoint: equal for two connections that can copy between them server-side."""
        return service_of(self.endpoint, self.settings.partition)

    @property
    def list_buckets_attempt(self) -> Attempt:
        """The attempt to list its buckets, for problems."""
        operation, permission = LIST_BUCKETS
        return replace(self.settings.attempt, operation=operation, permission=permission, endpoint=self.endpoint)

    def sts(self) -> Any:
        """A fresh STS client of this identity, to be entered (``async with``)."""
        settings = self.settings
        return settings.session.create_client(
            "sts",
            region_name=settings.region,
            endpoint_url=sts_endpoint(settings.session, settings.endpoint),
            config=client_config(anonymous=False, attempts=ATTEMPTS, timeouts=self.timeouts),
        )


def identity_of(settings: ResolvedIdentity) -> Identity:
    """The identity as far as it is configured."""
    return Identity(
        connection=connection_id(settings.spec),
        label=settings.label,
        method=settings.method,
        spec=settings.spec,
        region=settings.region,
        endpoint=settings.endpoint.url,
        endpoint_source=settings.endpoint.source,
        detail=settings.detail,
    )


_USER_AGENT = f"xs3-tui/{__version__} aiobotocore/{aiobotocore.__version__} botocore/{botocore.__version__}"
"""Given whole: botocore would build it again for every request, a twelfth of what a request costs."""


def client_config(*, anonymous: bool, attempts: int, timeouts: Timeouts, path_style: bool = False) -> AioConfig:
    """Timeouts, pool and what is asked for here; all else stays as the user configured it, checksums and retries, too.

    `attempts` that are not `ONE_ATTEMPT` are the session's own (see `set_retry_defaults`).
    """
    once = attempts == ONE_ATTEMPT
    options: dict[str, Any] = {"signature_version": UNSIGNED} if anonymous else {}
    options |= {"retries": {"mode": MODE, "total_max_attempts": ONE_ATTEMPT}} if once else {}
    options |= {"s3": {"addressing_style": "path"}} if path_style else {}
    return AioConfig(
        http_session_cls=CountedSession if once else WatchedSession,
        connect_timeout=timeouts.connect,
        read_timeout=timeouts.read,
        max_pool_connections=POOL_CONNECTIONS,
        user_agent=_USER_AGENT,
        **options,
    )
