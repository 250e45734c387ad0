"""A connection: a resolved identity with its S3 client; the configuration of all clients."""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiobotocore
import botocore
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from botocore import UNSIGNED
from botocore.configprovider import ConstantProvider
from botocore.exceptions import InvalidConfigError, UnknownRegionError
from botocore.session import Session
from botocore.utils import ensure_boolean

from tui import __version__
from tui.aws.addresses import LiveAddressBook
from tui.aws.ids import connection_id
from tui.aws.refusals import Attempt, Login
from tui.aws.server_traits import LearnedTraits
from tui.aws.transport import CountedSession, WatchedSession
from tui.core.identity import AuthMethod, EndpointSource, Identity, IdentitySpec

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client


FALLBACK_REGION = "us-east-1"
_AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".aws.dev")


@dataclass(frozen=True, slots=True)
class EndpointSetting:
    """A configured endpoint URL (empty: AWS's rules apply) and its source."""

    url: str
    source: EndpointSource


def s3_endpoint(session: Session, spec: IdentitySpec) -> EndpointSetting:
    """The endpoint of a session's S3 clients, in botocore's order of precedence.

    Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
    """
    if spec.endpoint:
        return EndpointSetting(spec.endpoint, EndpointSource.FLAG)
    if ensure_boolean(session.get_config_variable("ignore_configured_endpoint_urls")):
        return EndpointSetting("", EndpointSource.RULES)
    places = (
        (os.environ.get("AWS_ENDPOINT_URL_S3"), EndpointSource.ENV_S3),
        (os.environ.get("AWS_ENDPOINT_URL"), EndpointSource.ENV),
        (services_endpoint(session.full_config, session.get_scoped_config()), EndpointSource.SERVICES),
        (session.get_scoped_config().get("endpoint_url"), EndpointSource.PROFILE),
    )
    return next(
        (EndpointSetting(url, source) for url, source in places if url), EndpointSetting("", EndpointSource.RULES)
    )


def services_endpoint(full: Mapping[str, Any], profile: Mapping[str, Any], service: str = "s3") -> str:
    """The endpoint of a service in the profile's ``services`` section; empty if there is none."""
    section = full.get("services", {}).get(profile.get("services", ""), {})
    of_service = section.get(service, {})
    return str(of_service.get("endpoint_url", "")) if isinstance(of_service, Mapping) else ""


def service_endpoint(session: Session, s3: EndpointSetting, service: str) -> str | None:
    """The endpoint of another service, named as in the ``services`` section: ``sts``, ``iam``, ``s3_control``.

    None leaves it to the settings and AWS's rules. A server other than AWS knows only its own identities; AWS is never
    asked about keys of such a server.
    """
    configured = (
        os.environ.get(f"AWS_ENDPOINT_URL_{service.upper()}")
        or os.environ.get("AWS_ENDPOINT_URL")
        or services_endpoint(session.full_config, session.get_scoped_config(), service)
        or session.get_scoped_config().get("endpoint_url")
    )
    if configured and not ensure_boolean(session.get_config_variable("ignore_configured_endpoint_urls")):
        return None
    return s3.url if s3.url and not is_aws(s3.url) else None


def region_of(session: Session, spec: IdentitySpec) -> str:
    """The flag's region, that of an explicit profile, the environment's, or the default profile's."""
    of_profile = session.get_scoped_config().get("region")
    of_environment = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    order = (of_profile, of_environment) if spec.profile else (of_environment, of_profile)
    return spec.region or order[0] or order[1] or FALLBACK_REGION


def partition_of(session: Session, region: str) -> str:
    """The AWS partition of a region; ``aws`` for a region that only another server knows."""
    try:
        return str(session.get_partition_for_region(region))
    except UnknownRegionError:
        return "aws"


@lru_cache(maxsize=64)
def is_aws(url: str) -> bool:
    """Whether a URL is one of AWS's endpoints, including VPC endpoints."""
    host = urlsplit(url).hostname or ""
    return host.endswith(_AWS_DOMAINS)


@lru_cache(maxsize=64)
def service_of(url: str, partition: str) -> str:
    """Identifies an object store: AWS's S3 is one per partition, with any region or VPC endpoint."""
    if not is_aws(url):
        return url.rstrip("/")
    return "https://s3.amazonaws.com" + (
        ".cn" if partition == "aws-cn" else "" if partition == "aws" else f"#{partition}"
    )


ATTEMPTS = 4
"""Requests in all before a failure is reported, for callers that need the answer soon."""

ONE_ATTEMPT = 1
"""For transfers: they retry themselves, to count each retry and each SlowDown."""

MODE = "standard"
"""botocore's default is ``legacy``, which waits longer and knows fewer transient errors."""


def set_retry_defaults(session: Session) -> None:
    """Set our retry defaults for all clients of a session; the user's settings override them.

    Raises botocore's `InvalidConfigError` for an invalid number of attempts.
    """
    store = session.get_component("config_store")
    for name, value in (("retry_mode", MODE), ("max_attempts", ATTEMPTS)):
        store.get_config_provider(name).set_default_provider(ConstantProvider(value))
    try:
        attempts = store.get_config_variable("max_attempts")
    except ValueError as error:
        raise InvalidConfigError(error_msg=f"max_attempts (AWS_MAX_ATTEMPTS) is not a number: {error}") from error
    if attempts < 1:
        raise InvalidConfigError(error_msg=f"max_attempts (AWS_MAX_ATTEMPTS) is {attempts}: set 1 or more")


_COUNT_AND_KEEP = ("AmazonS3", "MinIO")
"""The names, in ``Server`` headers, of servers that count tags in heads, and keep all in CopyObject."""


@dataclass(slots=True)
class ServiceTraits:
    """What is known of one object store (see `Connection.service`)."""

    honors_if_match: bool | None = None
    """Whether it honors ``If-Match`` on DeleteObject; None if unknown."""
    learning: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held during the probe for that: one request is enough."""
    takes_unmodified_since: bool = True
    """Whether ``x-amz-delete-if-unmodified-since`` may be sent: until the server refuses it."""
    keeps_tags: bool = False
    """Whether it is known to count an object's tags in HeadObject, and to copy them with CopyObject."""
    conceals_versions: bool = False
    """Whether CopyObject does not return the new version ID: Ceph 18 does not."""
    operations: dict[str, bool] = field(default_factory=dict)
    """Whether responses showed that it has an operation."""
    learned: LearnedTraits = field(default_factory=LearnedTraits)
    """What its objects have shown, unless it is known to keep tags."""
    _first: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    _asked: set[str] = field(default_factory=set)

    @asynccontextmanager
    async def first_alone(self, operation: str) -> AsyncIterator[None]:
        """In this block an operation is requested: the first request ends before the others begin.

        So the first of many objects shows for all whether the server has the operation.
        """
        if operation not in self._asked:
            async with self._first[operation]:
                if operation not in self._asked:
                    try:
                        yield
                    finally:
                        self._asked.add(operation)
                    return
        yield

    def learn_headers(self, headers: Mapping[str, str], kind: str = "object") -> None:
        """Learn from headers of a kind of responses which server it is: Ceph has headers of its own, others a name.

        For S3 this is documented (API Reference, HeadObject and CopyObject), in MinIO's source it can be read
        (setObjectHeaders and CopyObjectHandler), for Ceph it was observed.
        """
        is_ceph = "x-rgw-object-type" in headers
        self.conceals_versions |= is_ceph
        self.keeps_tags |= is_ceph or headers.get("server") in _COUNT_AND_KEEP
        if not self.keeps_tags:
            self.learned.answered(headers.get("server", ""), kind)


@dataclass(slots=True)
class SupportedFeatures:
    """By bucket; unknown buckets are missing."""

    annotations: dict[str, bool] = field(default_factory=dict)
    """Whether its objects can have annotations."""
    conditions: dict[str, bool] = field(default_factory=dict)
    """Whether writes can be conditional; False: the server refused a condition."""
    part_checksums: dict[str, bool] = field(default_factory=dict)
    """Whether UploadPart returns the checksum that was sent."""
    asking_part_checksums: set[str] = field(default_factory=set)
    """Buckets with a part in progress that will show this, if its MD5 proves it."""
    decodes_frames: dict[str, bool] = field(default_factory=dict)
    """Whether a part that was sent in frames, and is proven by nothing, has the size of its content."""
    versioning: dict[str, bool] = field(default_factory=dict)
    """Whether it is versioned; only asked if a response does not name the new version."""
    bare_etags: bool = False
    """Whether If-Match must be sent without the quotes of an ETag (RFC 9110, section 8.8.3)."""


POOL_CONNECTIONS = 128
"""Connections that a client keeps to its endpoint, and so the most concurrent requests of transfers."""

LIST_BUCKETS = ("ListBuckets", "s3:ListAllMyBuckets")
"""The request that tests an identity, and its IAM action, as in the table of store operations."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Timeouts in seconds: for a connection, and for each next byte of a response."""

    connect: float = 10
    read: float = 60
    process: float = 60
    """For a credential process as a whole: it may wait for a security key, or for a confirmation on a phone."""


@dataclass(frozen=True, slots=True)
class ResolvedIdentity:
    """A configured identity, before any request."""

    spec: IdentitySpec
    session: AioSession
    label: str
    region: str
    partition: str
    endpoint: EndpointSetting
    method: AuthMethod
    detail: str
    """The detail of the method: `Identity.detail`."""
    login: Login | None = None
    """The IAM Identity Center sign-in behind the credentials, if any."""

    def same_as(self, other: ResolvedIdentity) -> bool:
        """Whether both use the same endpoint in the same way, with any credentials."""
        return (self.spec, self.region, self.endpoint) == (other.spec, other.region, other.endpoint)

    @property
    def attempt(self) -> Attempt:
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
    services: defaultdict[str, ServiceTraits]
    attempts: int
    """How often a request is sent, in all, before it fails."""
    timeouts: Timeouts
    short_way: bool = True
    """Whether what transfers send most goes by connections of our own (`tui.stores.http`)."""
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
    def traits(self) -> ServiceTraits:
        return self.services[self.service]

    @property
    def list_buckets_attempt(self) -> Attempt:
        operation, permission = LIST_BUCKETS
        return replace(self.settings.attempt, operation=operation, permission=permission, endpoint=self.endpoint)

    def sts(self) -> Any:
        """A fresh STS client of this identity, to be entered (``async with``)."""
        settings = self.settings
        return settings.session.create_client(
            "sts",
            region_name=settings.region,
            endpoint_url=service_endpoint(settings.session, settings.endpoint, "sts"),
            config=client_config(anonymous=False, attempts=ATTEMPTS, timeouts=self.timeouts),
        )


def identity_of(settings: ResolvedIdentity) -> Identity:
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
