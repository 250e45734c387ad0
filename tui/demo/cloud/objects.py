"""Objects: moto's models, with owners, grants, checksums and contents that are not copied."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final, Protocol
from uuid import uuid4

from moto.s3.models import FakeDeleteMarker, FakeKey

from tui.demo.cloud.checksums import Checksum
from tui.demo.cloud.content import Content
from tui.demo.cloud.grants import Grants
from tui.demo.cloud.messages import Response

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
class Description:
    """What an object is apart from its key and bytes; CreateMultipartUpload states it ahead of them."""

    owner: str
    """Account number of the object's owner."""
    grants: Grants
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
    """ARN of the initiator."""
    account: str
    description: Description
    algorithm: str
    checksum_type: str
    initiated: datetime
    parts: dict[int, Part] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Completion:
    """An upload that was completed."""

    key: str
    parts: tuple[tuple[int, str], ...]
    """Numbers and ETags that the request named."""
    headers: dict[str, str]
    body: bytes

    @property
    def answer(self) -> Response:
        """What its request was answered, and is again when it is repeated."""
        return Response(headers=dict(self.headers), body=self.body)


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

    content: Content
    owner: str
    grants: Grants
    tags: dict[str, str]
    annotations: dict[str, bytes]
    lock_headers: dict[str, str]
    kept_headers: dict[str, str]
    checksum: Checksum | None
    part_sizes: tuple[int, ...]
    part_checksums: tuple[Checksum, ...]
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
        content: Content,
        etag: str,
        description: Description,
        *,
        checksum: Checksum | None = None,
        part_sizes: tuple[int, ...] = (),
        part_checksums: tuple[Checksum, ...] = (),
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
        """Bytes."""
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
