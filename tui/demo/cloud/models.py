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
    "STANDARD",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "REDUCED_REDUNDANCY",
}


@dataclass(slots=True)
class DemoObjectMetadata:
    """What an object is apart from its key and bytes; CreateMultipartUpload states it ahead of them."""

    owner: str
    """Account number of the object's owner."""
    grants: DemoGrants
    kept_headers: dict[str, str] = field(default_factory=dict)
    """Content-Type, the other system headers and `x-amz-meta-…`, as GET returns them; names in lower case."""
    tags: dict[str, str] = field(default_factory=dict)
    storage_class: str = "STANDARD"
    annotations: dict[str, bytes] = field(default_factory=dict)
    """Payloads by name."""
    lock: dict[str, str] = field(default_factory=dict)
    """The `x-amz-object-lock-…` headers, as HEAD returns them."""


@dataclass(frozen=True, slots=True)
class Restore:
    """A restore that was asked for: when the copy can be read, and until when it is kept."""

    ready: datetime
    until: datetime


@dataclass(slots=True)
class DemoPart:
    """One part of an upload."""

    content: DemoContent
    md5: str
    checksum: DemoChecksum | None
    modified: datetime


@dataclass(slots=True)
class DemoUpload:
    """A multipart upload that has begun."""

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
    """An upload that was completed."""

    key: str
    parts: tuple[tuple[int, str], ...]
    """Numbers and ETags that the request named."""
    headers: dict[str, str]
    body: bytes

    @property
    def answer(self) -> DemoResponse:
        """What its request was answered, and is again when it is repeated."""
        return DemoResponse(headers=dict(self.headers), body=self.body)


class BucketOfObjects(Protocol):
    """What an object takes from its bucket."""

    account: str
    name: str
    region_name: str

    @property
    def versioned(self) -> bool:
        """Whether it keeps versions."""


class StoredObject(FakeKey):
    """An object (one version of it)."""

    content: DemoContent
    owner: str
    grants: DemoGrants
    tags: dict[str, str]
    annotations: dict[str, bytes]
    lock_headers: dict[str, str]
    kept_headers: dict[str, str]
    checksum: DemoChecksum | None
    part_sizes: tuple[int, ...]
    part_checksums: tuple[DemoChecksum, ...]
    """Of all parts, or none."""
    last_modified: datetime
    name: str
    restoring: Restore | None

    def __new__(cls, *_arguments: Any, **_options: Any) -> "StoredObject":
        """Without moto's list of every object ever made, which it keeps for resets that we never ask for."""
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
        self._value_buffer.close()  # moto's own place for the content, which is in `content`
        self.content = content
        self.owner = description.owner
        self.grants = description.grants
        self.tags = description.tags
        self.annotations = description.annotations
        self.lock_headers = description.lock
        self.kept_headers = description.kept_headers
        self.checksum = checksum
        self.part_sizes = part_sizes
        self.part_checksums = part_checksums
        self.last_modified = modified
        self.restoring = None

    @property
    def size(self) -> int:
        return self.content.size

    @property
    def restored(self) -> bool:
        """Whether the bytes of an archived object may be read."""
        return self.storage_class not in ARCHIVED or 'request="false"' in self.restore_header

    @property
    def restore_header(self) -> str:
        """`x-amz-restore` of an object whose restore was asked for, else the empty string."""
        now = datetime.now(UTC)
        if self.restoring is None or now > self.restoring.until:
            return ""
        if now < self.restoring.ready:
            return 'ongoing-request="true"'
        return f'ongoing-request="false", expiry-date="{format_datetime(self.restoring.until, usegmt=True)}"'

    def dispose(self, garbage: bool = False) -> None:
        """Nothing to close: the content is memory."""


class DeleteMarker(FakeDeleteMarker):
    """What a deletion leaves in a bucket with versions."""

    def __init__(self, key: str, version: str, modified: datetime) -> None:
        # Not moto's constructor, which draws an ID: where versions are suspended, the ID is `null`.
        self.name = key
        self.last_modified = modified
        self._version_id = version

    def dispose(self) -> None:
        """Nothing to close, as with objects."""


PARTITION: Final = "aws"


class DemoOwnership(Enum):
    """Object Ownership of a bucket."""

    OBJECT_WRITER = "ObjectWriter"
    PREFERRED = "BucketOwnerPreferred"
    ENFORCED = "BucketOwnerEnforced"


class KeyStore(_VersionedKeyStore):
    """A bucket's keys, which can also be walked in the order of S3 listings."""

    def __init__(self) -> None:
        super().__init__()
        self._order: list[str] | None = None
        self._lock = threading.Lock()

    def setlist(self, key: str, list_: Any) -> None:
        """Set all versions of a key."""
        with self._lock:
            if key not in self:
                self._order = None
            super().setlist(key, list_)

    def pop(self, key: str) -> None:  # type: ignore[override]  # moto narrows dict's in the same way
        with self._lock:
            super().pop(key)
            self._order = None

    def in_order(self) -> list[str]:
        """All keys, sorted as their UTF-8 bytes are."""
        with self._lock:
            if self._order is None:
                self._order = sorted(dict.keys(self))
            return self._order


class DemoBucket(FakeBucket):
    """A bucket, which belongs to an account."""

    keys: KeyStore
    name: str
    region_name: str
    creation_date: datetime
    uploads: dict[str, DemoUpload]
    completed: OrderedDict[str, Completion]
    """Of the last uploads, by their IDs: completing one again gives the same answer."""
    grants: DemoGrants
    parsed_policy: Policy | None
    ownership: DemoOwnership | None
    blocks_public: dict[str, bool] | None

    def __init__(self, account: str, name: str, region: str, created: datetime) -> None:
        super().__init__(name, account, region)
        self.account = account
        self.keys = KeyStore()
        self.uploads = {}
        self.completed = OrderedDict()
        self.grants = (DemoGrant(canonical_id(account), "FULL_CONTROL"),)
        self.parsed_policy = None
        self.ownership = DemoOwnership.ENFORCED
        self.blocks_public = dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        )
        self.creation_date = created

    def is_created(self) -> bool:
        """Only CloudFormation asks."""
        return True

    @property
    def versioned(self) -> bool:
        """Whether a write keeps what it replaces."""
        return self.versioning_status == "Enabled"

    @property
    def enforced(self) -> bool:
        """Whether ACLs are off and the bucket's owner owns every object."""
        return self.ownership is DemoOwnership.ENFORCED

    def owner_of(self, item: StoredObject) -> str:
        """Account number of the object's owner as things stand."""
        return self.account if self.enforced else item.owner

    def find(self, key: str, version: str = "") -> StoredObject | None:
        """The object (its newest version), or None; a delete marker is None, too."""
        versions = [one for one in self.keys.getlist(key, []) if not version or one.version_id == version]
        newest = versions[-1] if versions else None
        return newest if isinstance(newest, StoredObject) else None

    def marker(self, key: str, version: str = "") -> DeleteMarker | None:
        """The delete marker in the place of the object (its newest version), or None."""
        versions = [one for one in self.keys.getlist(key, []) if not version or one.version_id == version]
        newest = versions[-1] if versions else None
        return newest if isinstance(newest, DeleteMarker) else None

    def versions(self, key: str) -> list[StoredObject | DeleteMarker]:
        """All versions and delete markers of a key, newest first."""
        return list(reversed(self.keys.getlist(key, [])))

    def put(self, item: StoredObject | DeleteMarker) -> None:
        """Add an object or marker as the newest version, in the place of one of the same ID (`null`, usually)."""
        self.keys.setlist(item.name, [*self._others(item.name, str(item.version_id)), item])

    def delete(self, key: str, version: str = "") -> dict[str, str]:
        """Delete a key or version; what the answer says of it (`version-id`, `delete-marker`)."""
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
        """The version's ID, which also an object from before the versions has (`null`) once there are some."""
        return {"x-amz-version-id": str(item.version_id)} if self.versioning_status else {}

    def keys_from(self, first: str) -> tuple[list[str], int]:
        """The ordered keys and the index of the first that is not less than `first`."""
        order = self.keys.in_order()
        return order, bisect_left(order, first)


class DemoStore:
    """All buckets of all accounts; one name belongs to one bucket."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        """Locked while a condition is checked and the write that depends on it is made."""
        self.jobs = DemoJobs()
        """Those of S3 Batch Operations."""

    def find(self, name: str) -> DemoBucket | None:
        _, account = s3_backends.bucket_accounts.get(name, (None, None))
        bucket = s3_backends[account][PARTITION].buckets.get(name) if account else None
        return bucket if isinstance(bucket, DemoBucket) else None

    def bucket(self, name: str) -> DemoBucket:
        """The bucket of that name. Raises `CloudError` (NoSuchBucket)."""
        bucket = self.find(name)
        if bucket is None:
            raise CloudError("NoSuchBucket", "The specified bucket does not exist", BucketName=name)
        return bucket

    def buckets_of(self, account: str) -> list[DemoBucket]:
        found = s3_backends[account][PARTITION].buckets
        return [bucket for _, bucket in sorted(found.items()) if isinstance(bucket, DemoBucket)]

    def create(self, account: str, name: str, region: str, created: datetime | None = None) -> DemoBucket:
        """Make a bucket. Raises `CloudError` when the name is taken."""
        with self.lock:
            existing = self.find(name)
            if existing is not None:
                code = "BucketAlreadyOwnedByYou" if existing.account == account else "BucketAlreadyExists"
                raise CloudError(code, "The requested bucket name is not available.", BucketName=name)
            bucket = DemoBucket(account, name, region, created or datetime.now(UTC))
            s3_backends[account][PARTITION].buckets[name] = bucket
            return bucket

    def remove(self, bucket: DemoBucket) -> None:
        """Delete an empty bucket. Raises `CloudError` (BucketNotEmpty)."""
        with self.lock:
            if bucket.keys:
                raise CloudError("BucketNotEmpty", "The bucket you tried to delete is not empty")
            s3_backends[bucket.account][PARTITION].delete_bucket(bucket.name)
