"""How the world puts an object into a bucket: directly, dated from a fixed day."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

from tui.demo.cloud import checksums, grants
from tui.demo.cloud.checksums import Checksum
from tui.demo.cloud.content import MEBIBYTE, Content, Generated, Section, Stored, md5_hex
from tui.demo.cloud.objects import DeleteMarker, Description, StoredObject
from tui.demo.cloud.store import Bucket, Store
from tui.demo.profiles import DemoAccount, canonical_id

BASE: Final = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
"""The world's present: nothing in it is younger, so that pictures of it are the same in every run."""
PART: Final = 8 * MEBIBYTE
"""Part size of what was uploaded in parts."""


def before(*, days: float = 0, hours: float = 0, minutes: float = 0) -> datetime:
    """A time before the world's present, in whole seconds."""
    moment = BASE - timedelta(days=days, hours=hours, minutes=minutes)
    return moment.replace(microsecond=0)


def make_bucket(store: Store, account: DemoAccount, name: str, days_old: int, region: str = "") -> Bucket:
    """A bucket of the account, in its region unless another is named."""
    return store.create(account.number, name, region or account.region, before(days=days_old))


def text(words: str) -> Stored:
    """A text file's bytes."""
    return Stored(words.encode())


def media(seed: int, size: int) -> Generated:
    """Bytes of a video, an image or an archive; the content does not matter."""
    return Generated(seed, size)


def put(
    bucket: Bucket,
    key: str,
    content: Content,
    modified: datetime,
    *,
    content_type: str = "binary/octet-stream",
    headers: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
    storage_class: str = "STANDARD",
    owner: DemoAccount | None = None,
    acl: str = "private",
    etag: str = "",
    crc32: str = "",
) -> StoredObject:
    """Put an object; in a bucket with versions as a new one, whose id is the same in every run.

    `owner` is the uploader where that is not the bucket's owner, `acl` the canned ACL of the upload; `etag`
    and `crc32` spare computing them for large contents.
    """
    account = owner.number if owner is not None else bucket.account
    owner_id, bucket_id = canonical_id(account), canonical_id(bucket.account)
    description = Description(
        owner=account,
        grants=grants.canned(acl, owner_id, bucket_id),
        kept_headers={"content-type": content_type, **(headers or {})},
        tags=tags or {},
        storage_class=storage_class,
    )
    sizes = _part_sizes(content)
    item = StoredObject(
        bucket,
        key,
        content,
        etag or (multipart_etag(content, sizes) if sizes else md5_hex(content)),
        description,
        checksum=_checksum(content, crc32) if sizes else None,
        part_sizes=sizes,
        modified=modified,
    )
    if bucket.versioned:
        item._version_id = version_id(bucket, key)  # moto has no other way to name it
    bucket.put(item)
    return item


def put_marker(bucket: Bucket, key: str, modified: datetime) -> None:
    """Delete an object, as of a time: a delete marker hides its versions."""
    bucket.put(DeleteMarker(key, version_id(bucket, key), modified))


def version_id(bucket: Bucket, key: str) -> str:
    """The id of the next version of a key: 32 characters, as AWS's have."""
    seed = f"{bucket.name}/{key}#{len(bucket.versions(key))}"
    return base64.b64encode(hashlib.sha256(seed.encode()).digest(), b"._").decode()[:32]


def _part_sizes(content: Content) -> tuple[int, ...]:
    """Sizes of the parts it was uploaded in; empty for what is small enough for one request."""
    if content.size <= PART:
        return ()
    return tuple(min(PART, content.size - start) for start in range(0, content.size, PART))


def multipart_etag(content: Content, sizes: tuple[int, ...]) -> str:
    """The ETag of an object uploaded in parts: the MD5 of the parts' MD5s, and how many."""
    starts = [sum(sizes[:index]) for index in range(len(sizes))]
    digests = [bytes.fromhex(md5_hex(Section(content, start, size))) for start, size in zip(starts, sizes, strict=True)]
    return f"{hashlib.md5(b''.join(digests), usedforsecurity=False).hexdigest()}-{len(sizes)}"


def _checksum(content: Content, crc32: str) -> Checksum | None:
    value = crc32 or checksums.compute("CRC32", content)
    return Checksum("CRC32", value) if value else None
