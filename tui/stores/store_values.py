"""The values of requests and answers: checksums, heads, attributes, parts, capabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct, field

from tui.aws.server_traits import LearnedTraits
from tui.core.facts import Grant
from tui.core.identity import Owner
from tui.core.naming import counted
from tui.core.problem import Problem


class Checksum(Struct, frozen=True):
    """A checksum as S3 keeps it: `algorithm` such as ``CRC64NVME``, base64 `value`, of the whole object or of parts."""

    algorithm: str
    value: str
    full_object: bool

    @property
    def text(self) -> str:
        """``ALGORITHM:value``, as results and parts have it."""
        return f"{self.algorithm}:{self.value}"


class Digests(Struct, frozen=True):
    """The digests of a body, computed while it was read: sent along, so that the server refuses any other bytes.

    `md5` is hexadecimal, `checksum` of the whole body; either may be missing.
    """

    md5: str = ""
    checksum: Checksum | None = None

    @property
    def evidence(self) -> str:
        """Both in one text, such as ``MD5:… CRC64NVME:…``, for a journal."""
        checksum = self.checksum.text if self.checksum else ""
        return " ".join(filter(None, (self.md5 and f"MD5:{self.md5}", checksum)))

    @staticmethod
    def read(evidence: str) -> Digests:
        found = dict(each.split(":", 1) for each in evidence.split() if ":" in each)
        md5 = found.pop("MD5", "")
        checksums = [Checksum(algorithm, value, full_object=True) for algorithm, value in found.items()]
        return Digests(md5, checksums[0] if checksums else None)


UNHASHED = Digests()


PLAIN_ENCRYPTION = ("", "AES256")
"""With these, and these only, the ETag of a single-part object is the MD5 of its content (S3 API, "ETag")."""


ARCHIVES = frozenset({"GLACIER", "DEEP_ARCHIVE"})
"""The storage classes whose objects must be restored before they can be read (Amazon S3 User Guide, "Working with
archived objects"). Other servers may give a class the same name, and let it be read."""


class ObjectLock(Struct, frozen=True):
    """Retention and holds of a version: S3 shows them only to those who may read them (s3:GetObjectRetention, …).

    `mode` is ``GOVERNANCE``, ``COMPLIANCE`` or empty, `until` the end of the retention in seconds since the epoch. An
    event hold keeps the version until it is taken off, and for `days` or `years` from then on.
    """

    mode: str = ""
    until: float = 0.0
    legal_hold: bool = False
    event_hold: bool = False
    days: int = 0
    years: int = 0

    @property
    def words(self) -> str:
        """What there is of it, such as ``legal hold, COMPLIANCE until 2030-01-01 12:00 UTC``."""
        return ", ".join(f"{name} {value}".strip() for name, value in self.pairs)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        until = f"until {datetime.fromtimestamp(self.until, UTC):%Y-%m-%d %H:%M} UTC" if self.until else ""
        after = (
            f"and {counted(self.years, 'year')}"
            if self.years
            else f"and {counted(self.days, 'day')}"
            if self.days
            else ""
        )
        parts = [
            ("legal hold", "on" if self.legal_hold else ""),
            ("event hold", f"on {after}".strip() if self.event_hold else ""),
            ("retention", f"{self.mode} {until}".strip() if self.mode else ""),
        ]
        return [(name, value) for name, value in parts if value]


class ObjectHead(Struct, frozen=True):
    """HeadObject: size in bytes, `modified` in seconds since the epoch, ETag with its quotes.

    `headers` are the system headers that a copy preserves, by their HeadObject/PutObject parameter name
    (``ContentType``, ``ContentEncoding`` without ``aws-chunked``, ``ContentDisposition``, ``ContentLanguage``,
    ``CacheControl``, ``Expires``, ``WebsiteRedirectLocation``); `encryption` is ``AES256``, ``aws:kms``, … or empty.
    """

    size: int
    etag: str
    modified: float = 0.0
    headers: dict[str, str] = {}
    metadata: dict[str, str] = {}
    storage_class: str = "STANDARD"
    encryption: str = ""
    kms_key: str = ""
    version: str = ""
    checksums: list[Checksum] = []
    tag_count: int | None = None
    """None: the server does not say (HeadObject shows it only to those who may read tags)."""
    lock: ObjectLock | None = None
    """None: it is not locked, or this identity may not know."""
    parts: int = 0
    """Number of parts of a multipart object where the server says (from the ETag), 0 for a single-part one."""
    archived: str = ""
    """Why the content must be restored before it can be read, by what the head says: its class, or its archive tier.

    Empty while a restored copy is there."""
    restoring: bool = False
    """Whether its restore was asked for and has not ended."""
    restore: str = ""
    """The header x-amz-restore; empty: it was never restored."""
    expiration: str = ""
    """The header x-amz-expiration: when which lifecycle rule ends it, by what the server says."""
    replication: str = ""
    """The header x-amz-replication-status: ``PENDING``, ``COMPLETED``, ``FAILED``, ``REPLICA``, or empty."""
    bucket_key: bool = False
    """Whether ``aws:kms`` uses an S3 Bucket Key."""
    leads_to: str = ""
    """On a local disk: the path of the file itself where the key is a symbolic link, else empty."""
    listed: bool = False
    """It has what a listing says and nothing else: its ETag is not known to be an MD5."""

    @property
    def full_object_crc(self) -> Checksum | None:
        """A CRC of the whole object, which can be compared with one that was combined from those of parts."""
        return next((each for each in self.checksums if each.full_object and each.algorithm.startswith("CRC")), None)


class Fetched(Struct, frozen=True):
    """A whole object by one GetObject: what HeadObject says of it, and its content."""

    head: ObjectHead
    content: bytes


class Acl(Struct, frozen=True):
    """GetObjectAcl or GetBucketAcl: owner and grants."""

    owner: Owner
    grants: list[Grant]


class ObjectAttributes(Struct, frozen=True):
    """The attributes of a new object. `acl` is a canned ACL or empty; `tags` None sends none.

    `grants` are given instead of a canned ACL (S3 takes one of the two). `encryption` is ``AES256``, ``aws:kms`` or
    empty for the bucket's default, `kms_key` the key of ``aws:kms``.
    """

    headers: Mapping[str, str] = {}
    metadata: Mapping[str, str] = {}
    tags: Sequence[tuple[str, str]] | None = None
    storage_class: str = ""
    acl: str = ""
    grants: Sequence[Grant] = ()
    encryption: str = ""
    kms_key: str = ""
    bucket_key: bool = False
    """With ``aws:kms``: an S3 Bucket Key is used; False: the bucket's default."""
    as_source: bool = False
    """CopyObject takes headers, metadata and tags from its source, and none of those given here."""
    annotations: bool = True
    """False: CopyObject leaves the source's annotations (AnnotationDirective=EXCLUDE). Other writes have none."""
    lock: ObjectLock | None = None
    """Retention and holds that the new object is to have; None: those of the bucket's default."""
    modified: float | None = None
    """When the source was modified, in seconds since the epoch: a local file gets this time. S3 takes none."""
    below: str = ""
    """The prefix that was chosen as target: below it no symbolic link of a local disk is followed out of it."""


class CompletedPart(Struct, frozen=True):
    """A finished part of a multipart upload. `size` in bytes where it is known, else 0.

    `checksum` is ``ALGORITHM:base64`` of the part where the server keeps one, else empty.
    """

    number: int
    etag: str
    checksum: str = ""
    size: int = 0


class SentPart(Struct, frozen=True):
    """A part that was written while it was read, and the digests of what was read; the MD5 only where it was needed."""

    part: CompletedPart
    digests: Digests


class Annotation(Struct, frozen=True):
    """One of an object's annotations: its name, and the bytes of its payload."""

    name: str
    size: int = 0


class WriteResult(Struct, frozen=True):
    """The answer to a write; more takes a HeadObject.

    `encryption` as in `ObjectHead`. `checksums` are those that the answer has, few servers send any.
    """

    etag: str
    encryption: str = ""
    checksums: list[Checksum] = []
    source_version: str = ""
    """The version that was copied, where the bucket of the source keeps versions and CopyObject says it."""
    version: str = ""
    """The id of the version that was written; empty: the bucket never kept versions, or the server does not say."""


class Completed(WriteResult, frozen=True, kw_only=True):
    """A completed upload, and why it is without its tags where they had to be set afterwards."""

    untagged: Problem | None = None


class IncompleteUpload(Struct, frozen=True):
    """A multipart upload that was never finished; `started` in seconds since the epoch.

    `initiator` is the canonical id or ARN of the identity that began it, empty if the server does not return it.
    """

    key: str
    upload: str
    started: float
    initiator: str = ""


class Capabilities(Struct, frozen=True):
    """What a store can do; nobody asks for or misses the rest."""

    acls: bool = True
    tags: bool = True
    annotations: bool = True
    """Whether annotations can be kept; of an S3 `Store.annotations` tells."""
    copies_annotations: bool = False
    """Whether CopyObject is known to copy annotations, and may so be denied for them."""
    counts_tags: bool = False
    """Whether it is known to send `ObjectHead.tag_count` to who may read an object's tags."""
    copies_as_is: bool = False
    """Whether CopyObject is known to copy headers, metadata and tags by itself."""
    learned: LearnedTraits = field(default_factory=LearnedTraits)
    """What the objects of a server that is not known have shown so far; it changes."""
    conditional_writes: bool = True
    """False: the server has refused the condition of a write, which was then made without it."""
    honors_conditions: bool = False
    """Whether writes are known to be made under their `WriteCondition` or not at all."""
    copies: bool = True
    """Whether it copies by itself (CopyObject)."""
    checksum: str = ""
    """The algorithm of the checksum to send with objects that come without one; empty: it is to be sent none."""
    proves_parts: bool = False
    """Whether it is known to compare the checksum that is sent with a part: then nothing else has to prove it."""
    newer_checksums: bool = True
    """Whether checksums by the algorithms that AWS has had since 2026 may be sent."""
    metadata: bool = True
    """Whether objects have headers and metadata of their own."""
    reads_back: bool = False
    """Whether a write reads back what it wrote and compares it: then a write that succeeded is what was sent, and what

    is read is what is there, because no network lies between.
    """
    directories: bool = False
    """Whether prefixes are there by themselves: deleting what is below leaves them; `Store.delete` of one ends it."""


class CopySource(Struct, frozen=True):
    """An object to copy from, pinned to the ETag that was seen (``CopySourceIfMatch``).

    Not to its version, unless the user named one: reading one by its id needs ``s3:GetObjectVersion``, which
    ``s3:GetObject`` does not include. `version` is empty for the current one.
    """

    bucket: str
    key: str
    etag: str
    version: str = ""


class WriteCondition(Struct, frozen=True):
    """What must be at a key for a write to be made; another object there is a problem of kind EXISTS.

    A server that takes no such conditions writes all the same (see `Capabilities.conditional_writes`).
    """

    only_new: bool = False
    """Nothing may be there."""
    replaces: str = ""
    """The ETag of the only object that may be replaced."""
    surely: bool = False
    """It is not written without the condition, whatever the server answers: nobody has seen what is there."""


ANYTHING = WriteCondition()
"""Whatever is there is replaced."""

ONLY_NEW = WriteCondition(only_new=True)
UNSEEN_NEW = WriteCondition(only_new=True, surely=True)


TagSet = Sequence[tuple[str, str]] | None
"""An object's tags by name; None: not known."""
