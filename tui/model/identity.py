"""Who a pane acts as, how that identity was had, and who is who among canonical ids."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from tui.model.problem import Problem


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


class IdentitySpec(Struct, frozen=True):
    """What the user asked for: a profile (None: the SDK's default chain), and overrides of its settings."""

    profile: str | None = None
    endpoint: str | None = None
    region: str | None = None
    anonymous: bool = False
    local: bool = False
    """This machine's file system instead of an account."""


class ProfileSummary(Struct, frozen=True):
    """A profile of the AWS config files, for the chooser."""

    name: str
    method: AuthMethod
    region: str = ""
    endpoint: str = ""
    detail: str = ""
    """What the method hangs on: role ARN and source profile, sso session, process; never a secret."""


class Identity(Struct, frozen=True):
    """A connected identity. Empty strings are what is not known (yet); `problem` says why.

    `connection` names it in later requests; `canonical_id` is the caller's own owner id where ListBuckets told it.
    `expires` is in seconds since the epoch, None for credentials that do not expire.
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
    """Everything known about who is behind canonical ids."""

    entries: dict[str, Address] = {}

    def name(self, canonical_id: str) -> str:
        """The label of an id, or its account number, or a cut form of the id itself; never empty for a real id."""
        entry = self.entries.get(canonical_id)
        if entry and (entry.label or entry.account):
            return entry.label or entry.account
        return canonical_id if len(canonical_id) <= 12 else canonical_id[:8] + "…"
