"""Buckets and their keys: moto's models, with owners, Object Ownership and policies."""

import threading
from bisect import bisect_left
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import Enum
from typing import Any, Final, Protocol
from uuid import uuid4

from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, s3_backends
from moto.s3.utils import _VersionedKeyStore

from tui.demo.cloud.batch.batch_jobs import DemoJobs
from tui.demo.cloud.content_bytes import DemoChecksum, DemoContent
from tui.demo.cloud.grants import DemoGrant, DemoGrants
from tui.demo.cloud.iam.iam_policies import Policy
from tui.demo.cloud.messages import CloudError, DemoResponse
from tui.demo.demo_profiles import canonical_id

ARCHIVED: Final = frozenset({"GLACIER", "DEEP_ARCHIVE"})
STORAGE_CLASSES: Final = ARCHIVED | {
    *("STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "REDUCED_REDUNDANCY")
}


@dataclass(slots=True)
class DemoObjectMetadata:
    """An object without key and content. CreateMultipartUpload states it before the content arrives."""

    owner: str
    """The owner's account number."""
    grants: DemoGrants
    kept_headers: dict[str, str] = field(default_factory=dict)
    """Content-Type, the other system headers and `x-amz-meta-…`, as GET returns them; names in lower case."""
    tags: dict[str, str] = field(default_factory=dict)
    storage_class: str = "STANDARD"
    annotations: dict[str, bytes] = field(default_factory=dict)
    """By name."""
    lock: dict[str, str] = field(default_factory=dict)
    """The `x-amz-object-lock-…` headers, as HEAD returns them."""


@dataclass(frozen=True, slots=True)
class Restore:
    """A requested restore: when the copy becomes readable and how long it is kept."""

    ready: datetime
    until: datetime


@dataclass(slots=True)
class DemoPart:
    """A part of an upload."""

    content: DemoContent
    md5: str
    checksum: DemoChecksum | None
    modified: datetime


@dataclass(slots=True)
class DemoUpload:
    """A multipart upload in progress."""

    id: str
    key: str
    initiator: str
    """ARN of the initiator."""
    account: str
    description: DemoObjectMetadata
    algorithm: str
    checksum_type: str
    initiated: datetime
    parts: dict[int, DemoPart] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Completion:
    """A completed upload."""

    key: str
    parts: tuple[tuple[int, str], ...]
    """Part numbers and ETags of the request."""
    headers: dict[str, str]
    body: bytes

    @property
    def answer(self) -> DemoResponse:
        """The response to its request, and to every repetition of it."""
        return DemoResponse(headers=dict(self.headers), body=self.body)


class BucketOfObjects(Protocol):
    """The part of a bucket that an object needs."""

    account: str
    name: str
    region_name: str

    @property
    def versioned(self) -> bool:
        """Whether it keeps versions."""


class StoredObject(FakeKey):
    """One version of an object."""

    last_modified: datetime
    name: str

    def __new__(cls, *_arguments: Any, **_options: Any) -> "StoredObject":
        """Skips moto's list of all objects ever created; moto keeps it for resets that nobody requests here."""
        made: StoredObject = object.__new__(cls)
        return made

    def __init__(
        self,
        bucket: BucketOfObjects,
        key: str,
        content: DemoContent,
        etag: str,
        description: DemoObjectMetadata,
        *,
        checksum: DemoChecksum | None = None,
        part_sizes: tuple[int, ...] = (),
        part_checksums: tuple[DemoChecksum, ...] = (),
        modified: datetime,
    ) -> None:
        super().__init__(
            key,
            b"",
            account_id=bucket.account,
            region_name=bucket.region_name,
            storage=description.storage_class,
            etag=etag,
            is_versioned=bucket.versioned,
            version_id=str(uuid4()) if bucket.versioned else "null",
            max_buffer_size=1,
            bucket_name=bucket.name,
        )
        self._value_buffer.close()  # moto's own buffer; our bytes are in `content`
        self.content = content
        self.owner = description.owner
        self.grants = description.grants
        self.tags = description.tags
        self.annotations = description.annotations
        self.lock_headers = description.lock
        self.kept_headers = description.kept_headers
        self.checksum = checksum
        self.part_sizes = part_sizes
        self.part_checksums = part_checksums  # of all parts, or none
        self.last_modified = modified
        self.restoring: Restore | None = None

    @property
    def size(self) -> int:
        return self.content.size

    @property
    def restored(self) -> bool:
        """Whether the bytes of an archived object can be read."""
        return self.storage_class not in ARCHIVED or 'request="false"' in self.restore_header

    @property
    def restore_header(self) -> str:
        """`x-amz-restore` of an object with a requested restore, else the empty string."""
        now = datetime.now(UTC)
        if self.restoring is None or now > self.restoring.until:
            return ""
        if now < self.restoring.ready:
            return 'ongoing-request="true"'
        return f'ongoing-request="false", expiry-date="{format_datetime(self.restoring.until, usegmt=True)}"'

    def dispose(self, garbage: bool = False) -> None:
        """Nothing to close: the content is memory."""


class DeleteMarker(FakeDeleteMarker):
    """A delete marker in a versioned bucket."""

    def __init__(self, key: str, version: str, modified: datetime) -> None:
        # Not moto's constructor, which creates a version ID: with suspended versioning the ID is `null`.
        self.name = key
        self.last_modified = modified
        self._version_id = version

    def dispose(self) -> None:
        """Nothing to close, as with objects."""


PARTITION: Final = "aws"


class DemoOwnership(Enum):
    """Object Ownership."""

    OBJECT_WRITER = "ObjectWriter"
    PREFERRED = "BucketOwnerPreferred"
    ENFORCED = "BucketOwnerEnforced"


class KeyStore(_VersionedKeyStore):
    """A bucket's keys, with an index in the order of S3 listings."""

    def __init__(self) -> None:
        super().__init__()
        self._order: list[str] | None = None
        self._lock = threading.Lock()

    def setlist(self, key: str, list_: Any) -> None:
        with self._lock:
            if key not in self:
                self._order = None
            super().setlist(key, list_)

    def pop(self, key: str) -> None:  # type: ignore[override]  # moto narrows dict's in the same way
        with self._lock:
            super().pop(key)
            self._order = None

    def in_order(self) -> list[str]:
        """All keys, in the order of their UTF-8 bytes."""
        with self._lock:
            if self._order is None:
                self._order = sorted(dict.keys(self))
            return self._order


class DemoBucket(FakeBucket):
    """A bucket with its owner's account."""

    keys: KeyStore
    name: str
    region_name: str
    creation_date: datetime

    def __init__(self, account: str, name: str, region: str, created: datetime) -> None:
        super().__init__(name, account, region)
        self.account = account
        self.keys = KeyStore()
        self.uploads: dict[str, DemoUpload] = {}
        self.completed = OrderedDict[str, Completion]()
        """The last uploads by ID: completing one again returns the same response."""
        self.grants: DemoGrants = (DemoGrant(canonical_id(account), "FULL_CONTROL"),)
        self.parsed_policy: Policy | None = None
        self.ownership: DemoOwnership | None = DemoOwnership.ENFORCED
        self.blocks_public: dict[str, bool] | None = dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        )
        self.creation_date = created

    def is_created(self) -> bool:
        """Only CloudFormation asks."""
        return True

    @property
    def versioned(self) -> bool:
        return self.versioning_status == "Enabled"

    @property
    def enforced(self) -> bool:
        """Whether ACLs are disabled, so that the bucket owner owns every object."""
        return self.ownership is DemoOwnership.ENFORCED

    def blocks(self, setting: str) -> bool:
        """Whether a setting of Block Public Access is turned on."""
        return bool(self.blocks_public and self.blocks_public[setting])

    def effective(self, grants: DemoGrants) -> DemoGrants:
        """The grants that count: with IgnorePublicAcls the public ones do not."""
        return tuple(one for one in grants if not (one.is_public and self.blocks("IgnorePublicAcls")))

    def owner_of(self, item: StoredObject) -> str:
        return self.account if self.enforced else item.owner

    def find(self, key: str, version: str = "") -> StoredObject | None:
        """The object (its newest version); None also for a delete marker."""
        versions = [one for one in self.keys.getlist(key, []) if not version or one.version_id == version]
        newest = versions[-1] if versions else None
        return newest if isinstance(newest, StoredObject) else None

    def marker(self, key: str, version: str = "") -> DeleteMarker | None:
        """The delete marker that takes the object's place (its newest version), or None."""
        versions = [one for one in self.keys.getlist(key, []) if not version or one.version_id == version]
        newest = versions[-1] if versions else None
        return newest if isinstance(newest, DeleteMarker) else None

    def versions(self, key: str) -> list[StoredObject | DeleteMarker]:
        """Newest first, with delete markers."""
        return list(reversed(self.keys.getlist(key, [])))

    def put(self, item: StoredObject | DeleteMarker) -> None:
        """Add the newest version; it replaces one with the same ID (usually `null`)."""
        self.keys.setlist(item.name, [*self._others(item.name, str(item.version_id)), item])

    def delete(self, key: str, version: str = "") -> dict[str, str]:
        """Delete a key or version; returns what the response reports (`version-id`, `delete-marker`)."""
        if not version and self.versioning_status:
            marker = DeleteMarker(key, str(uuid4()) if self.versioned else "null", datetime.now(UTC))
            self.put(marker)
            return {"version-id": marker.version_id, "delete-marker": "true"}
        marked = {"delete-marker": "true"} if version and self.marker(key, version) else {}
        rest = self._others(key, version or "null")
        if rest:
            self.keys.setlist(key, rest)
        elif key in self.keys:
            self.keys.pop(key)
        return {"version-id": version, **marked} if version else {}

    def _others(self, key: str, version: str) -> list[Any]:
        return [one for one in self.keys.getlist(key, []) if one.version_id != version]

    def version_headers(self, item: StoredObject) -> dict[str, str]:
        """The version ID. In a versioned bucket older objects have one, too: `null`."""
        return {"x-amz-version-id": str(item.version_id)} if self.versioning_status else {}

    def keys_from(self, first: str) -> tuple[list[str], int]:
        """All keys in order, and the index of the first that is not less than `first`."""
        order = self.keys.in_order()
        return order, bisect_left(order, first)


class DemoStore:
    """The buckets of all accounts; bucket names are unique across accounts."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        """Held while a condition is checked and the write that depends on it happens."""
        self.jobs = DemoJobs()

    def find(self, name: str) -> DemoBucket | None:
        _, account = s3_backends.bucket_accounts.get(name, (None, None))
        bucket = s3_backends[account][PARTITION].buckets.get(name) if account else None
        return bucket if isinstance(bucket, DemoBucket) else None

    def bucket(self, name: str) -> DemoBucket:
        """Raises `CloudError` (NoSuchBucket)."""
        bucket = self.find(name)
        if bucket is None:
            raise CloudError("NoSuchBucket", "The specified bucket does not exist", BucketName=name)
        return bucket

    def buckets_of(self, account: str) -> list[DemoBucket]:
        found = s3_backends[account][PARTITION].buckets
        return [bucket for _, bucket in sorted(found.items()) if isinstance(bucket, DemoBucket)]

    def create(self, account: str, name: str, region: str, created: datetime | None = None) -> DemoBucket:
        """Raises `CloudError` if the name is taken."""
        with self.lock:
            existing = self.find(name)
            if existing is not None:
                code = "BucketAlreadyOwnedByYou" if existing.account == account else "BucketAlreadyExists"
                raise CloudError(code, "The requested bucket name is not available.", BucketName=name)
            bucket = DemoBucket(account, name, region, created or datetime.now(UTC))
            s3_backends[account][PARTITION].buckets[name] = bucket
            return bucket

    def remove(self, bucket: DemoBucket) -> None:
        """Raises `CloudError` (BucketNotEmpty)."""
        with self.lock:
            if bucket.keys:
                raise CloudError("BucketNotEmpty", "The bucket you tried to delete is not empty")
            s3_backends[bucket.account][PARTITION].delete_bucket(bucket.name)
