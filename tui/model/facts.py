"""What is known about an object, how it is known, and what follows.

A fact is never simply missing: it is known, denied, absent (the server said there is none) or unknown (and why).
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from tui.model.identity import Owner
from tui.model.inspection.lifecycle import LifecycleRule, LifecycleRules
from tui.model.network.endpoint import EffectiveEndpoint
from tui.model.network.path import NetworkPath


class FactName(StrEnum):
    """The facts of the inspector; the value is the label on screen. Their order: `tui.model.inspection.sections`."""

    OBJECT_OWNER = "owner"
    BUCKET_OWNER = "bucket owner"
    OWNERSHIP = "ownership"
    GRANTS = "grants"
    BUCKET_GRANTS = "bucket grants"
    POLICY = "policy"
    PUBLIC_ACCESS = "public access"
    ENDPOINT = "endpoint"
    NETWORK_PATH = "network path"
    SIZE = "size"
    MODIFIED = "modified"
    PATH = "path"
    MODE = "mode"
    LEADS_TO = "leads to"
    STORAGE_CLASS = "class"
    CONTENT_TYPE = "type"
    HEADERS = "headers"
    ENCRYPTION = "encryption"
    LOCK = "object lock"
    ETAG = "etag"
    CHECKSUMS = "checksums"
    VERSION = "version"
    METADATA = "metadata"
    TAGS = "tags"
    RESTORE = "restore"
    EXPIRES = "expires"
    REPLICATION_STATUS = "replicated"
    RETENTION = "retention"
    LEGAL_HOLD = "legal hold"
    POLICY_STATUS = "policy status"
    ACCOUNT_PUBLIC_ACCESS = "account block"
    ACCESS_POINTS = "access points"
    DEFAULT_ENCRYPTION = "default SSE"
    VERSIONING = "versioning"
    BUCKET_LOCK = "bucket lock"
    REPLICATION = "replication"
    LIFECYCLE = "lifecycle"
    BUCKET_TAGS = "bucket tags"
    LOGGING = "logging"
    WEBSITE = "website"
    CORS = "CORS"
    PAYER = "payer"


class ObjectOwnership(StrEnum):
    """The Object Ownership setting of a bucket, as S3 spells it."""

    OBJECT_WRITER = "ObjectWriter"
    BUCKET_OWNER_PREFERRED = "BucketOwnerPreferred"
    BUCKET_OWNER_ENFORCED = "BucketOwnerEnforced"


class Grant(Struct, frozen=True):
    """One line of an ACL. `grantee` is a canonical id, or the name of a group such as ``AllUsers``."""

    grantee: Owner
    permission: str
    is_group: bool = False


class Text(Struct, frozen=True, tag="text"):
    """A value that is shown unchanged (control characters made visible)."""

    text: str


class Size(Struct, frozen=True, tag="size"):
    """A count of bytes."""

    bytes: int


class Instant(Struct, frozen=True, tag="instant"):
    """A time, in seconds since the epoch."""

    seconds: float


class OwnedBy(Struct, frozen=True, tag="owned-by"):
    """An owner, of an object or a bucket."""

    owner: Owner


class Grants(Struct, frozen=True, tag="grants"):
    """An ACL."""

    grants: list[Grant]


class Ownership(Struct, frozen=True, tag="ownership"):
    """The bucket's Object Ownership setting."""

    setting: ObjectOwnership


class Pairs(Struct, frozen=True, tag="pairs"):
    """Names and values: metadata, tags, headers, checksums."""

    pairs: list[tuple[str, str]]


class Effect(StrEnum):
    """What a policy statement does."""

    ALLOW = "Allow"
    DENY = "Deny"


class Applies(StrEnum):
    """Whether a statement covers a request; MAYBE when a condition cannot be judged from here."""

    YES = "applies"
    NO = "does not apply"
    MAYBE = "may apply"


class ConditionReading(Struct, frozen=True):
    """One condition of a statement, read for one request."""

    operator: str
    key: str
    """As written: ``aws:SourceVpce``."""
    wanted: list[str]
    """Any of these values, or (with a negated operator) none of them."""
    has: list[str] | None
    """What the request has there; empty: surely nothing; None: not known from here."""
    applies: Applies
    """Whether the condition is met."""


class StatementReading(Struct, frozen=True):
    """One statement of a bucket policy, read for one identity and one object."""

    sid: str
    effect: Effect
    applies: Applies
    why: str
    """One clause that says what decides: ``names another principal``, ``needs aws:SourceIp 203.0.113.0/24``."""
    conditions: list[ConditionReading] = []
    covers: bool = True
    """Whether principal, action and resource may be those of the request: then only the conditions decide."""


class RuleReading(Struct, frozen=True):
    """One lifecycle rule, read for one object (or prefix)."""

    rule: LifecycleRule
    applies: Applies
    why: str
    """One clause that says what decides, empty where it applies to every object."""
    steps: list[str]
    """What it does and when, a clause each."""


class Lifecycle(Struct, frozen=True, tag="lifecycle"):
    """The lifecycle rules of a bucket and what each of them does to this object."""

    rules: LifecycleRules
    readings: list[RuleReading]


class PolicyReading(Struct, frozen=True, tag="policy"):
    """A bucket policy and what each statement says about reading this object as this identity."""

    document: str
    statements: list[StatementReading]
    covers_object: bool
    """False when the object belongs to another account than the bucket: no Allow then reaches it."""
    problem: str = ""
    """What of the document could not be read, empty if all could."""
    whose: str = ""
    """The label of the identity whose request each statement was read for; empty: it is not known."""


FactValue = (
    Text
    | Size
    | Instant
    | OwnedBy
    | Grants
    | Ownership
    | Pairs
    | PolicyReading
    | EffectiveEndpoint
    | NetworkPath
    | Lifecycle
)


class Known(Struct, frozen=True, tag="known"):
    """The server returned it."""

    value: FactValue


class Denied(Struct, frozen=True, tag="denied"):
    """Access was denied; `permission` is the missing IAM action."""

    permission: str


class Absent(Struct, frozen=True, tag="absent"):
    """The server has none (no policy, no tags)."""


class Unknown(Struct, frozen=True, tag="unknown"):
    """Cannot be had from here, and why."""

    why: str


class Fact(Struct, frozen=True):
    """One fact, its source operation (``GetObjectAcl``) and the label of the identity that asked."""

    name: FactName
    state: Known | Denied | Absent | Unknown
    operation: str
    identity: str
    asked: float = 0.0
    """When it was answered, in seconds since the epoch; 0: not noted."""


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    GOOD = "good"


class Verdict(StrEnum):
    """A finding's verdict on an action: all findings on one identity and action agree."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "not known"


class Finding(Struct, frozen=True):
    """What follows from the facts: one plain sentence, what it rests on, and what can be done."""

    rule: str
    severity: Severity
    sentence: str
    evidence: list[FactName]
    remedy: str = ""
    identity: str = ""
    """The label of the identity that the verdict is about, or ``everybody``; empty: it is about no identity."""
    action: str = ""
    """The action that the verdict is about: ``s3:GetObject``."""
    verdict: Verdict | None = None
