"""Identities, how they authenticate, and the names of canonical IDs."""

from __future__ import annotations

from enum import StrEnum
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from msgspec import Struct

from tui.core.problem import Problem


class AuthMethod(StrEnum):
    """How credentials are obtained; the values are what the identity strip shows."""

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


LOCAL_LABEL = "local disk"
"""The label of the identity that is this machine's file system."""


class EndpointSource(StrEnum):
    """Where the endpoint URL was configured, strongest first."""

    FLAG = "command line"
    ENV_S3 = "AWS_ENDPOINT_URL_S3"
    ENV = "AWS_ENDPOINT_URL"
    SERVICES = "services section of the profile"
    PROFILE = "endpoint_url of the profile"
    RULES = "default rules"


class RoleSpec(Struct, frozen=True, omit_defaults=True):
    """A role to assume, with what AssumeRole is given; empty is not given. Nothing of it is a secret."""

    arn: str
    external_id: str = ""
    session_name: str = ""
    duration: int | None = None
    """Seconds; None: AWS's hour."""
    mfa_serial: str = ""
    """Serial number or ARN of the MFA device; its code is asked for."""
    policy: str = ""
    """A session policy as JSON; it limits what the session can do."""


class Safety(Struct, frozen=True, omit_defaults=True):
    """What an identity must not do, refused by the app itself before any request."""

    read_only: bool = False
    """Read-only: it writes nothing."""
    patterns: tuple[str, ...] = ()
    """Globs (``*prod*``): nothing is written by an identity, or to a bucket, whose name, account number, account label
    or ARN matches one, whatever the case."""
    accounts: tuple[str, ...] = ()
    """Account numbers: if there are any, only these write, and only into buckets that belong to these or to nobody
    known."""

    def pattern_for(self, name: str) -> str:
        """The first of the patterns that a name matches; empty: none, or the name is not known."""
        matching = (each for each in self.patterns if fnmatchcase(name.casefold(), each.casefold()))
        return next(matching, "") if name else ""


class IdentitySpec(Struct, frozen=True, omit_defaults=True):
    """What the user asked for: a profile (None: the SDK's default chain), and overrides of its settings.

    It never contains a secret: it is written to journals and bookmarks.
    """

    profile: str | None = None
    endpoint: str | None = None
    region: str | None = None
    anonymous: bool = False
    local: bool = False
    """This machine's file system instead of an account."""
    access_key: str = ""
    """The id of access keys that were typed, instead of a profile; their secret is in the engine's memory alone."""
    roles: tuple[RoleSpec, ...] = ()
    """Assumed one after another, the first by what all the rest names."""
    path_style: bool = False
    """``https://host/bucket`` instead of ``https://bucket.host``, for servers that know no other."""
    name: str = ""
    """What the settings call it; empty: it goes by its profile."""
    safety: Safety = Safety()
    requester_pays: tuple[str, ...] = ()
    """Buckets whose requests this identity's account pays for."""


class ProfileSummary(Struct, frozen=True):
    """A profile of the AWS config files, for the accounts screen."""

    name: str
    method: AuthMethod
    region: str = ""
    endpoint: str = ""
    detail: str = ""
    """What the method hangs on: role ARN and source profile, sso session, process; never a secret."""
    ways: dict[str, str | dict[str, str]] = {}
    """Its region, endpoints and the like, as written in the file: a profile does not hand that on to one
    that names it as its source."""


def in_clear(url: str) -> bool:
    """Whether others on the network can read what is sent to a URL; on this machine nobody can."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1")


IN_CLEAR = "not encrypted: others on the network can read the traffic"
"""What to know about such a URL."""


class Identity(Struct, frozen=True):
    """A connected identity. Empty strings are what is not known (yet); `problem` says why.

    `connection` names it in later requests; `canonical_id` is the caller's own owner id where ListBuckets returned it.
    `expires` is in seconds since the epoch, None for credentials that do not expire. `detail` is what the method hangs
    on, as in `ProfileSummary`. `read_only` says why the app refuses to write as this identity; empty: it does not.
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
        """Whether its requests go over plain http: session token, codes and content can be read on the way."""
        return in_clear(self.endpoint)

    @property
    def principal(self) -> str:
        """The short form of the ARN: ``user/bob``, ``role/deploy``."""
        tail = self.arn.rsplit(":", 1)[-1]
        if tail.startswith("assumed-role/"):
            return "role/" + tail.split("/")[1]
        return tail


class Owner(Struct, frozen=True):
    """An account as S3 names it: its canonical id (64 hex on AWS, other forms elsewhere), and a name where known."""

    id: str
    name: str = ""


class Address(Struct, frozen=True):
    """One line of the address book: a canonical id, the account number and label it belongs to."""

    canonical_id: str
    account: str = ""
    label: str = ""


class AddressBook(Struct, frozen=True):
    """The accounts behind canonical ids, and the names of account numbers."""

    entries: dict[str, Address] = {}
    accounts: dict[str, str] = {}
    """Labels by account number, of accounts that were named by hand."""

    def name(self, canonical_id: str) -> str:
        """The label of an id, or its account number, or a cut form of the id itself; never empty for a real id."""
        entry = self.entries.get(canonical_id)
        if entry and (entry.label or entry.account):
            return entry.label or entry.account
        return canonical_id if len(canonical_id) <= 12 else canonical_id[:8] + "…"

    def account_label(self, number: str) -> str:
        """What an account is called, by its number; empty if nobody knows."""
        if number in self.accounts or not number:
            return self.accounts.get(number, "")
        return next((each.label for each in self.entries.values() if each.account == number and each.label), "")


def short_key(access_key: str) -> str:
    """An access key id as a label: ``AKIA…MPLE``."""
    return access_key if len(access_key) <= 10 else f"{access_key[:4]}…{access_key[-4:]}"
