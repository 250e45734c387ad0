"""Facts about an object, how they are known, and findings.

A fact is never simply missing: it is known, denied, absent (the server said there is none) or unknown (with a reason).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from msgspec import Struct

from tui.core.identity import Owner
from tui.core.location import Location
from tui.core.network import EffectiveEndpoint, NetworkPath
from tui.core.problem import Problem


class LifecycleAction(StrEnum):
    """What a lifecycle rule does."""

    EXPIRE = "expires"
    TRANSITION = "moves to"
    EXPIRE_OLD = "older versions are deleted"
    TRANSITION_OLD = "older versions move to"
    ABORT_UPLOADS = "incomplete uploads are aborted"
    REMOVE_MARKERS = "delete markers without versions are removed"


class LifecycleStep(Struct, frozen=True):
    """One action of a rule: after a number of days, or at a date (seconds since the epoch)."""

    step: LifecycleAction
    days: int | None = None
    date: float | None = None
    storage_class: str = ""
    spared: int = 0
    """The number of newest noncurrent versions that are retained."""


class LifecycleRule(Struct, frozen=True):
    """One rule, for keys that begin with `prefix`, with all of these tags, within these sizes in bytes."""

    id: str
    enabled: bool
    prefix: str = ""
    tags: list[tuple[str, str]] = []
    larger_than: int | None = None
    smaller_than: int | None = None
    steps: list[LifecycleStep] = []


class LifecycleRules(Struct, frozen=True):
    """All rules of a bucket."""

    rules: list[LifecycleRule]
    smallest: str = ""
    """Objects under 128 KiB that do not transition unless a rule filters by size: ``all_storage_classes_128K`` or
    ``varies_by_storage_class`` (all except transitions to an archive); empty if the server does not say.
    """


class FactName(StrEnum):
    """The inspector's facts; the value is the label on screen. `SECTIONS` has their order."""

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
    """A bucket's Object Ownership, as S3 spells it."""

    OBJECT_WRITER = "ObjectWriter"
    BUCKET_OWNER_PREFERRED = "BucketOwnerPreferred"
    BUCKET_OWNER_ENFORCED = "BucketOwnerEnforced"


class Grant(Struct, frozen=True):
    """One grant of an ACL. `grantee` is a canonical ID, or a group such as ``AllUsers``."""

    grantee: Owner
    permission: str
    is_group: bool = False


class Text(Struct, frozen=True, tag="text"):
    """A value that is shown unchanged (with control characters made visible)."""

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


class OwnershipSetting(Struct, frozen=True, tag="ownership"):
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
    """Whether a statement covers a request; MAYBE if a condition cannot be evaluated from here."""

    YES = "applies"
    NO = "does not apply"
    MAYBE = "may apply"


class ConditionReading(Struct, frozen=True):
    """One condition of a statement, evaluated for one request."""

    operator: str
    key: str
    """As written: ``aws:SourceVpce``."""
    wanted: list[str]
    """Any of these values, or (for a negated operator) none of them."""
    has: list[str] | None
    """The request's values; empty: certainly none; None: not known from here."""
    applies: Applies
    """Whether the condition is met."""


class StatementReading(Struct, frozen=True):
    """One statement of a bucket policy, evaluated for one identity and one object."""

    sid: str
    effect: Effect
    applies: Applies
    why: str
    """The deciding clause: ``names another principal``, ``needs aws:SourceIp 203.0.113.0/24``."""
    conditions: list[ConditionReading] = []
    covers: bool = True
    """Whether principal, action and resource may match: then only the conditions decide."""


class RuleReading(Struct, frozen=True):
    """One lifecycle rule, evaluated for one object or prefix."""

    rule: LifecycleRule
    applies: Applies
    why: str
    """The deciding clause; empty if it applies to every object."""
    steps: list[str]
    """Its actions and their dates, a clause each."""


class Lifecycle(Struct, frozen=True, tag="lifecycle"):
    """A bucket's lifecycle rules, and what each of them does to this object."""

    rules: LifecycleRules
    readings: list[RuleReading]


class PolicyReading(Struct, frozen=True, tag="policy"):
    """A bucket policy, and what each statement says about this identity reading this object."""

    document: str
    statements: list[StatementReading]
    covers_object: bool
    """False if the object's owner is not the bucket owner: then no Allow reaches it."""
    problem: str = ""
    """The part of the document that could not be read; empty if all could."""
    whose: str = ""
    """The label of the identity whose request was evaluated; empty if unknown."""


FactValue = (
    Text
    | Size
    | Instant
    | OwnedBy
    | Grants
    | OwnershipSetting
    | Pairs
    | PolicyReading
    | EffectiveEndpoint
    | NetworkPath
    | Lifecycle
)


class KnownFact(Struct, frozen=True, tag="known"):
    """The server returned it."""

    value: FactValue


class DeniedFact(Struct, frozen=True, tag="denied"):
    """Access was denied; `permission` is the missing IAM action."""

    permission: str


class AbsentFact(Struct, frozen=True, tag="absent"):
    """The server has none (no policy, no tags)."""


class UnknownFact(Struct, frozen=True, tag="unknown"):
    """Not available from here, with the reason."""

    why: str


class Fact(Struct, frozen=True):
    """One fact, its source operation (``GetObjectAcl``) and the label of the identity that asked for it."""

    name: FactName
    state: KnownFact | DeniedFact | AbsentFact | UnknownFact
    operation: str
    identity: str
    asked: float = 0.0
    """The time of the response, in seconds since the epoch; 0: not recorded."""


class FindingSeverity(StrEnum):
    """The importance of a finding."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    GOOD = "good"


class AccessVerdict(StrEnum):
    """A finding's verdict on an action; all findings on one identity and action agree."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "not known"


class Finding(Struct, frozen=True):
    """A conclusion from the facts: one sentence, its evidence, and the remedy."""

    rule: str
    severity: FindingSeverity
    sentence: str
    evidence: list[FactName]
    remedy: str = ""
    identity: str = ""
    """The label of the identity that the verdict is about, or ``everybody``; empty for none."""
    action: str = ""
    """The action that the verdict is about: ``s3:GetObject``."""
    verdict: AccessVerdict | None = None


class FactSection(StrEnum):
    """The sections in display order."""

    OBJECT = "object"
    ACCESS = "access"
    PROTECTION = "protection"
    BUCKET = "bucket"
    ENDPOINT = "endpoint"


SECTIONS: Mapping[FactSection, tuple[FactName, ...]] = {
    FactSection.OBJECT: (
        *(FactName.SIZE, FactName.MODIFIED, FactName.PATH, FactName.MODE, FactName.LEADS_TO, FactName.STORAGE_CLASS),
        *(FactName.RESTORE, FactName.EXPIRES, FactName.REPLICATION_STATUS, FactName.CONTENT_TYPE, FactName.HEADERS),
        *(FactName.ETAG, FactName.CHECKSUMS, FactName.VERSION, FactName.METADATA, FactName.TAGS),
    ),
    FactSection.ACCESS: (
        *(FactName.OBJECT_OWNER, FactName.BUCKET_OWNER, FactName.OWNERSHIP, FactName.GRANTS, FactName.BUCKET_GRANTS),
        *(FactName.POLICY, FactName.POLICY_STATUS, FactName.PUBLIC_ACCESS, FactName.ACCOUNT_PUBLIC_ACCESS),
        FactName.ACCESS_POINTS,
    ),
    FactSection.PROTECTION: (
        *(FactName.ENCRYPTION, FactName.DEFAULT_ENCRYPTION, FactName.LOCK, FactName.RETENTION, FactName.LEGAL_HOLD),
        *(FactName.BUCKET_LOCK, FactName.VERSIONING, FactName.REPLICATION, FactName.LIFECYCLE),
    ),
    FactSection.BUCKET: (FactName.BUCKET_TAGS, FactName.LOGGING, FactName.WEBSITE, FactName.CORS, FactName.PAYER),
    FactSection.ENDPOINT: (FactName.ENDPOINT, FactName.NETWORK_PATH),
}
"""Each fact belongs to one section; both are in display order."""

ORDER = tuple(name for names in SECTIONS.values() for name in names)
"""All facts in display order."""

LATER = frozenset(
    {
        *(FactName.RETENTION, FactName.LEGAL_HOLD, FactName.POLICY_STATUS, FactName.ACCOUNT_PUBLIC_ACCESS),
        *(FactName.ACCESS_POINTS, FactName.DEFAULT_ENCRYPTION, FactName.VERSIONING, FactName.BUCKET_LOCK),
        *(FactName.REPLICATION, FactName.LIFECYCLE),
        *SECTIONS[FactSection.BUCKET],
    }
)
"""Facts that no finding needs: they are requested with their section, all others at once."""

LOCAL_FACTS = (FactName.SIZE, FactName.MODIFIED, FactName.PATH, FactName.MODE)
"""The facts of every local file."""

WHERE_THERE_IS_ONE = (FactName.LOCK, FactName.RESTORE, FactName.EXPIRES, FactName.REPLICATION_STATUS)
"""Shown only for objects that have them."""

LOCAL_ONLY = (FactName.PATH, FactName.MODE, FactName.LEADS_TO)
"""S3 objects do not have these."""

_OF_OBJECTS = (
    *SECTIONS[FactSection.OBJECT],
    *(FactName.OBJECT_OWNER, FactName.GRANTS, FactName.ENCRYPTION, FactName.LOCK, FactName.RETENTION),
    FactName.LEGAL_HOLD,
)

BUCKET_FACTS = tuple(name for name in ORDER if name not in _OF_OBJECTS)
"""Facts about a bucket, and so about everything in it."""


def facts_awaited(location: Location) -> tuple[FactName, ...]:
    """A location's facts in display order."""
    if location.kind.has_directories:
        return tuple(name for name in LOCAL_FACTS if name is not FactName.SIZE or not location.is_prefix)
    if location.is_prefix:
        return BUCKET_FACTS
    return tuple(name for name in ORDER if name not in (*LOCAL_ONLY, *WHERE_THERE_IS_ONE))


def sections_to_ask(location: Location) -> tuple[FactSection, ...]:
    """The sections of a location that have to be requested separately."""
    awaited = facts_awaited(location)
    return tuple(each for each in FactSection if any(name in LATER for name in SECTIONS[each] if name in awaited))


def names_in(sections: Collection[FactSection]) -> frozenset[FactName]:
    return frozenset(name for each in sections for name in SECTIONS[each] if name in LATER)


class Half(StrEnum):
    """The two halves of a repair."""

    BOTH = "both"
    """Both, as far as there are identities for them."""
    GRANT = "grant"
    """The uploader grants the bucket owner full control (PutObjectAcl)."""
    COPY = "copy"
    """The bucket owner copies the object onto itself (CopyObject), and then owns it."""


class OwnerCount(Struct, frozen=True):
    """How many objects an account owns, and their bytes."""

    owner: Owner
    objects: int = 0
    bytes: int = 0


class OwnersSeen(Struct, frozen=True):
    """The owners below a prefix so far: the bucket owner first, then by number of objects.

    An owner with an empty ID stands for objects that were listed without owner. `bucket_owner` None: unknown.
    """

    owners: list[OwnerCount] = []
    bucket_owner: Owner | None = None
    complete: bool = False

    @property
    def foreign(self) -> list[OwnerCount]:
        """All except the bucket owner."""
        mine = self.bucket_owner.id if self.bucket_owner else None
        return [each for each in self.owners if each.owner.id != mine]


class RepairLeftOut(Struct, frozen=True):
    """Objects that a repair skips, with the reason as one clause."""

    why: str
    objects: int = 0
    bytes: int = 0


class RepairStep(Struct, frozen=True):
    """One half of a repair: who does what, with how many write requests; or commands for somebody else."""

    half: Half
    who: str
    """The label of the identity, or a description of the one that is needed."""
    what: str
    requests: int = 0
    ours: bool = True
    """Whether it happens here; else `commands` are for somebody else."""
    commands: list[str] = []
    """The AWS CLI commands, one a line."""


class RepairPlan(Struct, frozen=True):
    """What is known about a repair before it is confirmed; sent again with each new result."""

    objects: int = 0
    """Objects that would be repaired."""
    bytes: int = 0
    large: int = 0
    """Objects among them that are copied in parts."""
    seen: OwnersSeen = OwnersSeen()
    left_out: list[RepairLeftOut] = []
    steps: list[RepairStep] = []
    versioned: bool | None = None
    """Whether each copy creates a new version and keeps the old one; None: unknown."""
    ownership: ObjectOwnership | None = None
    """The bucket's setting; None: it has none, or (if not `ownership_known`) it cannot be read."""
    ownership_known: bool = False
    notes: list[str] = []
    """Notes for the user, one sentence each."""
    problem: Problem | None = None
    complete: bool = False
