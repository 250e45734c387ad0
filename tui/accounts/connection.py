"""One identity, ready to ask: what its settings say, its S3 client, and how every client is set up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiobotocore
import botocore
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from botocore import UNSIGNED

from tui import __version__
from tui.accounts.addresses import AddressKeeper
from tui.accounts.endpoints import EndpointSetting, service_of, sts_endpoint
from tui.accounts.ids import connection_id
from tui.accounts.logins import Login
from tui.accounts.problems import Attempt
from tui.accounts.retries import ATTEMPTS, MODE, ONE_ATTEMPT
from tui.accounts.transport import CountedSession, WatchedSession
from tui.model.identity import AuthMethod, Identity, IdentitySpec

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

POOL_CONNECTIONS = 128


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long is waited, in seconds: for a connection, and for each next byte of an answer."""

    connect: float = 10
    read: float = 60
    process: float = 60
    """For a credential process, as a whole: it may ask for a touch of a key, or a confirmation on a telephone."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the configuration says about an identity, before anything is asked."""

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

    def same_as(self, other: Settings) -> bool:
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
    settings: Settings
    client: S3Client
    endpoint: str
    """The URL that requests start from, as botocore resolved it."""
    credentials: Any
    """botocore's credentials object; None for an anonymous connection."""
    addresses: AddressKeeper
    attempts: int
    """How often a request is sent, in all, before its failure is told."""
    timeouts: Timeouts

    @property
    def label(self) -> str:
        """The identity's name, as problems and facts give it."""
        return self.settings.label

    @property
    def service(self) -> str:
        """The object store behind the endpoint: equal for two connections that can copy between them server-side."""
        return service_of(self.endpoint, self.settings.partition)

    def sts(self) -> Any:
        """A fresh STS client of this identity, to be entered (``async with``)."""
        settings = self.settings
        return settings.session.create_client(
            "sts",
            region_name=settings.region,
            endpoint_url=sts_endpoint(settings.session, settings.endpoint),
            config=client_config(anonymous=False, attempts=ATTEMPTS, timeouts=self.timeouts),
        )


def described(settings: Settings) -> Identity:
    """The identity as far as the configuration tells it."""
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
"""Given whole: left to itself botocore puts it together anew for every request, a twelfth of what a request costs."""


def client_config(*, anonymous: bool, attempts: int, timeouts: Timeouts, path_style: bool = False) -> AioConfig:
    """Timeouts, pool and what is asked for here; all else stays as the user configured it, checksums and retries, too.

    `attempts` that are not `ONE_ATTEMPT` are the session's own (see `settle_retries`).
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
