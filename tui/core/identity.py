"""Identities, their authentication, and names for canonical IDs."""

from __future__ import annotations

from enum import StrEnum
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from msgspec import Struct

from tui.core.location import DISK, LOCAL_BUCKET, S3, Location, LocationError, PlaceKind, location_of_path
from tui.core.problem import Problem


class AuthMethod(StrEnum):
    """The source of credentials; the identity strip shows the values."""

    KEYS = "keys"
    ROLE = "assume role"
    SSO = "sso"
    LOGIN = "console sign-in"
    PROCESS = "process"
    WEB_IDENTITY = "web identity"
    CONTAINER = "container role"
    INSTANCE = "instance role"
    ENVIRONMENT = "environment"
    ANONYMOUS = "anonymous"
    LOCAL = "local disk"
    UNKNOWN = "unknown"


LOCAL_LABEL = DISK.label
"""The label of this machine's file system as an identity."""


class EndpointSource(StrEnum):
    """Where the endpoint URL was configured, highest precedence first."""

    FLAG = "command line"
    ENV_S3 = "AWS_ENDPOINT_URL_S3"
    ENV = "AWS_ENDPOINT_URL"
    SERVICES = "services section of the profile"
    PROFILE = "endpoint_url of the profile"
    RULES = "default rules"


class RoleSpec(Struct, frozen=True, omit_defaults=True):
    """A role to assume, with AssumeRole's parameters; empty means not given. It contains no secret."""

    arn: str
    external_id: str = ""
    session_name: str = ""
    duration: int | None = None
    """Seconds; None: AWS's default of one hour."""
    mfa_serial: str = ""
    """Serial number or ARN of the MFA device; the user is asked for its code."""
    policy: str = ""
    """A session policy as JSON; it restricts the session."""


class Safety(Struct, frozen=True, omit_defaults=True):
    """Restrictions of an identity; the app itself enforces them before any request."""

    read_only: bool = False
    """It writes nothing."""
    patterns: tuple[str, ...] = ()
    """Globs (``*prod*``) for names, account numbers, account labels and ARNs, in any case. A matching identity writes
    nothing, and nobody writes to a matching bucket."""
    accounts: tuple[str, ...] = ()
    """If not empty, only these account numbers write, and only to buckets of these accounts or of unknown ones."""

    def pattern_for(self, name: str) -> str:
        """The first pattern that matches a name; empty if none matches or the name is unknown."""
        matching = (each for each in self.patterns if fnmatchcase(name.casefold(), each.casefold()))
        return next(matching, "") if name else ""


class IdentitySpec(Struct, frozen=True, omit_defaults=True):
    """The identity that the user asked for: a profile (None: the SDK's default chain), with overrides.

    It never contains a secret: it is saved in journals and bookmarks.
    """

    profile: str | None = None
    endpoint: str | None = None
    region: str | None = None
    anonymous: bool = False
    local: bool = False
    """This machine's file system instead of an account."""
    access_key: str = ""
    """The ID of typed access keys, instead of a profile; only the engine's memory has their secret."""
    roles: tuple[RoleSpec, ...] = ()
    """Assumed one after another; the rest of this spec assumes the first."""
    path_style: bool = False
    """``https://host/bucket`` instead of ``https://bucket.host``, for servers without virtual-hosted buckets."""
    name: str = ""
    """Its name in the settings; empty: its profile's name."""
    safety: Safety = Safety()
    requester_pays: tuple[str, ...] = ()
    """Buckets for whose requests this identity's account pays."""

    @property
    def kind(self) -> PlaceKind:
        """The kind of the places that it reaches."""
        return DISK if self.local else S3

    def reaches(self, location: Location) -> bool:
        return location.kind is self.kind

    @property
    def start(self) -> Location:
        """Where it begins: at its buckets; on the local disk, in the current directory."""
        if self.kind.has_accounts:
            return Location()
        try:
            return location_of_path(".")
        except LocationError:  # it is gone, or no key can name it
            return Location(LOCAL_BUCKET)


def without_account(location: Location, safety: Safety) -> IdentitySpec:
    """The identity for a place where no account is needed."""
    return IdentitySpec(local=location.kind is DISK, safety=safety)


class ProfileSummary(Struct, frozen=True):
    """A profile of the AWS config files, for the accounts screen."""

    name: str
    method: AuthMethod
    region: str = ""
    endpoint: str = ""
    detail: str = ""
    """What the method depends on: role ARN and source profile, sso session, process; never a secret."""
    ways: dict[str, str | dict[str, str]] = {}
    """Its region, endpoints and the like, as in the file. A profile that uses this one as its source does not inherit
    them."""


def in_clear(url: str) -> bool:
    """Whether others on the network can read requests to a URL; on this machine nobody can."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1")


IN_CLEAR = "not encrypted: others on the network can read the traffic"
"""The warning for such a URL."""


class Identity(Struct, frozen=True):
    """A connected identity. Empty strings are not known (yet); `problem` says why.

    `connection` names it in later requests; `canonical_id` is the caller's own owner ID if ListBuckets returned it.
    `expires` is in seconds since the epoch; None for credentials that do not expire. `detail` is as in
    `ProfileSummary`. `read_only` says why the app refuses writes; empty if it does not.
    """

    connection: str
    label: str
    method: AuthMethod
    spec: IdentitySpec
    region: str = ""
    endpoint: str = ""
    endpoint_source: EndpointSource = EndpointSource.RULES
    account: str = ""
    arn: str = ""
    canonical_id: str = ""
    expires: float | None = None
    problem: Problem | None = None
    detail: str = ""
    read_only: str = ""

    @property
    def in_clear(self) -> bool:
        """Whether its requests use plain http: session token, codes and content are readable in transit."""
        return in_clear(self.endpoint)

    @property
    def principal(self) -> str:
        """The short form of the ARN: ``user/bob``, ``role/deploy``."""
        tail = self.arn.rsplit(":", 1)[-1]
        if tail.startswith("assumed-role/"):
            return "role/" + tail.split("/")[1]
        return tail


class Owner(Struct, frozen=True):
    """An account as S3 names it: its canonical ID (64 hex digits on AWS), and its name if known."""

    id: str
    name: str = ""


class Address(Struct, frozen=True):
    """An address book entry: a canonical ID with its account number and label."""

    canonical_id: str
    account: str = ""
    label: str = ""


class AddressBook(Struct, frozen=True):
    """The accounts of canonical IDs, and the names of account numbers."""

    entries: dict[str, Address] = {}
    accounts: dict[str, str] = {}
    """Labels by account number, for accounts named by hand."""

    def name(self, canonical_id: str) -> str:
        """An ID's label or account number, else the shortened ID; never empty for a real ID."""
        entry = self.entries.get(canonical_id)
        if entry and (entry.label or entry.account):
            return entry.label or entry.account
        return canonical_id if len(canonical_id) <= 12 else canonical_id[:8] + "…"

    def account_label(self, number: str) -> str:
        """The label of an account number; empty if unknown."""
        if number in self.accounts or not number:
            return self.accounts.get(number, "")
        return next((each.label for each in self.entries.values() if each.account == number and each.label), "")


def short_key(access_key: str) -> str:
    """An access key ID as a label: ``AKIA…MPLE``."""
    return access_key if len(access_key) <= 10 else f"{access_key[:4]}…{access_key[-4:]}"
