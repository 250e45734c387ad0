"""Buckets and objects: moto's models, with owners, grants and contents that are not copied."""

import threading
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final
from uuid import uuid4

from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, s3_backends
from moto.s3.utils import _VersionedKeyStore

from tui.demo.cloud.checksums import Checksum
from tui.demo.cloud.content import Content
from tui.demo.cloud.errors import CloudError
from tui.demo.cloud.grants import Grant, Grants
from tui.demo.cloud.policies import Policy
from tui.demo.profiles import canonical_id

PARTITION: Final = "aws"
ARCHIVED: Final = frozenset({"GLACIER", "DEEP_ARCHIVE"})
STORAGE_CLASSES: Final = ARCHIVED | {
    "STANDARD",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "REDUCED_REDUNDANCY",
}


class Ownership(Enum):
    """Object Ownership of a bucket."""

    OBJECT_WRITER = "ObjectWriter"
    PREFERRED = "BucketOwnerPreferred"
    ENFORCED = "BucketOwnerEnforced"


@dataclass(slots=True)
class Description:
    """What an object is apart from its key and bytes; CreateMultipartUpload states it ahead of them."""

    owner: str
    """Account number of the object's owner."""
    grants: Grants
    kept_headers: dict[str, str] = field(default_factory=dict)
    """Content-Type, the other system headers and `x-amz-meta-…`, as GET returns them; names in lower case."""
    tags: dict[str, str] = field(default_factory=dict)
    storage_class: str = "STANDARD"


@dataclass(slots=True)
class Part:
    """One part of an upload."""

    content: Content
    md5: str
    checksum: Checksum | None
    modified: datetime


@dataclass(slots=True)
class Upload:
    """A multipart upload that has begun."""

    id: str
    key: str
    initiator: str
    """ARN of who began it."""
    account: str
    description: Description
    algorithm: str
    checksum_type: str
    initiated: datetime
    parts: dict[int, Part] = field(default_factory=dict)


class StoredObject(FakeKey):
    """An object (one version of it)."""

    content: Content
    owner: str
    grants: Grants
    tags: dict[str, str]
    kept_headers: dict[str, str]
    checksum: Checksum | None
    part_sizes: tuple[int, ...]
    last_modified: datetime
    name: str

    def __new__(cls, *_arguments: Any, **_options: Any) -> "StoredObject":
        """Without moto's list of every object ever made, which it keeps for resets that we never ask for."""
        made: StoredObject = object.__new__(cls)
        return made

    def __init__(
        self,
        bucket: "Bucket",
        key: str,
        content: Content,
        etag: str,
        description: Description,
        *,
        checksum: Checksum | None = None,
        part_sizes: tuple[int, ...] = (),
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
        self.content = content
        self.owner = description.owner
        self.grants = description.grants
        self.tags = description.tags
        self.kept_headers = description.kept_headers
        self.checksum = checksum
        self.part_sizes = part_sizes
        self.last_modified = modified

    @property
    def size(self) -> int:
        """Bytes."""
        return self.content.size

    @property
    def restored(self) -> bool:
        """Whether the bytes of an archived object may be read."""
        return self.storage_class not in ARCHIVED or 'request="false"' in self.restore_header

    @property
    def restore_header(self) -> str:
        """`x-amz-restore` of an object whose restore was asked for, else the empty string."""
        return str(self.response_dict.get("x-amz-restore", "")) if self._expiry is not None else ""

    def dispose(self, garbage: bool = False) -> None:
        """Nothing to close: the content is memory."""


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
        """Forget a key."""
        with self._lock:
            super().pop(key)
            self._order = None

    def in_order(self) -> list[str]:
        """All keys, sorted as their UTF-8 bytes are."""
        with self._lock:
            if self._order is None:
                self._order = sorted(dict.keys(self))
            return self._order


class Bucket(FakeBucket):
    """A bucket, which belongs to an account."""

    keys: KeyStore
    name: str
    region_name: str
    creation_date: datetime
    uploads: dict[str, Upload]
    grants: Grants
    parsed_policy: Policy | None
    ownership: Ownership | None
    blocks_public: dict[str, bool] | None

    def __init__(self, account: str, name: str, region: str, created: datetime) -> None:
        super().__init__(name, account, region)
        self.account = account
        self.keys = KeyStore()
        self.uploads = {}
        self.grants = (Grant(canonical_id(account), "FULL_CONTROL"),)
        self.parsed_policy = None
        self.ownership = Ownership.ENFORCED
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
        return self.ownership is Ownership.ENFORCED

    def owner_of(self, item: StoredObject) -> str:
        """Account number of the object's owner as things stand."""
        return self.account if self.enforced else item.owner

    def find(self, key: str, version: str = "") -> StoredObject | None:
        """The object (its newest version), or None; a delete marker is None, too."""
        versions = [one for one in self.keys.getlist(key, []) if not version or one.version_id == version]
        newest = versions[-1] if versions else None
        return newest if isinstance(newest, StoredObject) else None

    def versions(self, key: str) -> list[StoredObject | FakeDeleteMarker]:
        """All versions and delete markers of a key, newest first."""
        return list(reversed(self.keys.getlist(key, [])))

    def put(self, item: StoredObject) -> None:
        """Add an object: as the newest version, or in the place of what was there."""
        before = self.keys.getlist(item.name, []) if self.versioned else []
        self.keys.setlist(item.name, [*before, item])

    def delete(self, key: str, version: str = "") -> dict[str, str]:
        """Delete a key or version; moto's answer (`version-id`, `delete-marker`)."""
        backend = s3_backends[self.account][PARTITION]
        _, answer = backend.delete_object(self.name, key, version_id=version or None)
        return dict(answer)

    def keys_from(self, first: str) -> tuple[list[str], int]:
        """The ordered keys and the index of the first that is not less than `first`."""
        order = self.keys.in_order()
        return order, bisect_left(order, first)


class Store:
    """All buckets of all accounts; one name belongs to one bucket."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        """Held while a condition is checked and the write that depends on it is made."""

    def find(self, name: str) -> Bucket | None:
        """The bucket of that name, or None."""
        _, account = s3_backends.bucket_accounts.get(name, (None, None))
        bucket = s3_backends[account][PARTITION].buckets.get(name) if account else None
        return bucket if isinstance(bucket, Bucket) else None

    def bucket(self, name: str) -> Bucket:
        """The bucket of that name. Raises `CloudError` (NoSuchBucket)."""
        bucket = self.find(name)
        if bucket is None:
            raise CloudError("NoSuchBucket", "The specified bucket does not exist", BucketName=name)
        return bucket

    def buckets_of(self, account: str) -> list[Bucket]:
        """The account's buckets by name."""
        found = s3_backends[account][PARTITION].buckets
        return [bucket for _, bucket in sorted(found.items()) if isinstance(bucket, Bucket)]

    def create(self, account: str, name: str, region: str, created: datetime | None = None) -> Bucket:
        """Make a bucket. Raises `CloudError` when the name is taken."""
        with self.lock:
            existing = self.find(name)
            if existing is not None:
                code = "BucketAlreadyOwnedByYou" if existing.account == account else "BucketAlreadyExists"
                raise CloudError(code, "The requested bucket name is not available.", BucketName=name)
            bucket = Bucket(account, name, region, created or datetime.now(UTC))
            s3_backends[account][PARTITION].buckets[name] = bucket
            return bucket

    def remove(self, bucket: Bucket) -> None:
        """Delete an empty bucket. Raises `CloudError` (BucketNotEmpty)."""
        with self.lock:
            if bucket.keys:
                raise CloudError("BucketNotEmpty", "The bucket you tried to delete is not empty")
            s3_backends[bucket.account][PARTITION].delete_bucket(bucket.name)
