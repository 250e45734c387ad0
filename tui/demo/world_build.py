"""Puts objects into a bucket directly, with dates relative to a fixed day."""

import base64
import gzip
import hashlib
import json
import struct
import zlib
from datetime import UTC, datetime, timedelta
from typing import Final

from tui.demo.cloud import content_bytes, grants
from tui.demo.cloud.content_bytes import (
    MEBIBYTE,
    DemoChecksum,
    DemoContent,
    DemoContentRange,
    Generated,
    MemoryContent,
    md5_hex,
)
from tui.demo.cloud.models import DeleteMarker, DemoBucket, DemoObjectMetadata, DemoStore, StoredObject
from tui.demo.demo_profiles import DemoAccount, canonical_id

BASE: Final = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
"""The world's present. Nothing in it is newer, so that screenshots are identical in every run."""
PART: Final = 8 * MEBIBYTE
"""The part size of multipart objects."""


_CONTENT_TYPES: Final = {
    "csv": "text/csv",
    "gz": "application/gzip",
    "html": "text/html; charset=utf-8",
    "jpg": "image/jpeg",
    "md": "text/markdown",
    "mov": "video/quicktime",
    "mp4": "video/mp4",
    "png": "image/png",
    "txt": "text/plain",
    "vtt": "text/vtt; charset=utf-8",
    "xml": "text/xml",
}


def before(*, days: float = 0, hours: float = 0, minutes: float = 0) -> datetime:
    """In whole seconds."""
    moment = BASE - timedelta(days=days, hours=hours, minutes=minutes)
    return moment.replace(microsecond=0)


def make_bucket(store: DemoStore, account: DemoAccount, name: str, days_old: int, region: str = "") -> DemoBucket:
    """In the account's region unless another is given."""
    return store.create(account.number, name, region or account.region, before(days=days_old))


def text(words: str) -> MemoryContent:
    return MemoryContent(words.encode())


def media(seed: int, size: int) -> Generated:
    """Bytes of a video, image or archive; the content does not matter."""
    return Generated(seed, size)


def put(
    bucket: DemoBucket,
    key: str,
    content: DemoContent,
    modified: datetime,
    *,
    content_type: str = "",
    headers: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
    storage_class: str = "STANDARD",
    owner: DemoAccount | None = None,
    acl: str = "private",
    etag: str = "",
    crc32: str = "",
) -> StoredObject:
    """Put an object; in a bucket with versions as a new version, whose ID is the same in every run.

    Without a `content_type`, the key's ending decides. `owner` is the uploader if not the bucket's owner, `acl` the
    canned ACL of the upload. `etag` and `crc32` save computing them for large contents.
    """
    account = owner.number if owner is not None else bucket.account
    by_ending = _CONTENT_TYPES.get(key.rpartition(".")[2], "binary/octet-stream")
    owner_id, bucket_id = canonical_id(account), canonical_id(bucket.account)
    description = DemoObjectMetadata(
        owner=account,
        grants=grants.canned(acl, owner_id, bucket_id),
        kept_headers={"content-type": content_type or by_ending, **(headers or {})},
        tags=tags or {},
        storage_class=storage_class,
    )
    sizes = _part_sizes(content)
    summed = (crc32 or content_bytes.compute("CRC32", content)) if sizes else None
    item = StoredObject(
        bucket,
        key,
        content,
        etag or (multipart_etag(content, sizes) if sizes else md5_hex(content)),
        description,
        checksum=DemoChecksum("CRC32", summed) if summed else None,
        part_sizes=sizes,
        modified=modified,
    )
    if bucket.versioned:
        item._version_id = version_id(bucket, key)  # moto has no other way to set it
    bucket.put(item)
    return item


def put_marker(bucket: DemoBucket, key: str, modified: datetime) -> None:
    """Delete an object as of a time: a delete marker hides its versions."""
    bucket.put(DeleteMarker(key, version_id(bucket, key), modified))


def version_id(bucket: DemoBucket, key: str) -> str:
    """The ID of a key's next version: 32 characters, like AWS's."""
    seed = f"{bucket.name}/{key}#{len(bucket.versions(key))}"
    return base64.b64encode(hashlib.sha256(seed.encode()).digest(), b"._").decode()[:32]


def _part_sizes(content: DemoContent) -> tuple[int, ...]:
    """Empty for an object that is small enough for one request."""
    if content.size <= PART:
        return ()
    return tuple(min(PART, content.size - start) for start in range(0, content.size, PART))


def multipart_etag(content: DemoContent, sizes: tuple[int, ...]) -> str:
    """The ETag of a multipart object: the MD5 of its parts' MD5s, and the number of parts."""
    starts = [sum(sizes[:index]) for index in range(len(sizes))]
    digests = [
        bytes.fromhex(md5_hex(DemoContentRange(content, start, size)))
        for start, size in zip(starts, sizes, strict=True)
    ]
    return f"{hashlib.md5(b''.join(digests), usedforsecurity=False).hexdigest()}-{len(sizes)}"


INDEX_HTML: Final = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Launch 2026</title></head>
<body>
<h1>Launch 2026</h1>
<video src="video.mp4" poster="poster.png" controls></video>
</body>
</html>
"""

README: Final = """# media-prod-assets

* `video/` finished films; `video/*/raw/` masters and takes
* `images/` stills
* `incoming/` deliveries of the analytics account, which owns them until it hands them over
"""

SUBTITLES: Final = {
    "en": "WEBVTT\n\n00:00.000 --> 00:02.500\nEvery launch begins quietly.\n",
    "ja": "WEBVTT\n\n00:00.000 --> 00:02.500\nすべての始まりは静かだ。\n",
    "de": "WEBVTT\n\n00:00.000 --> 00:02.500\nJeder Anfang ist still.\n",
}


def sidecar() -> str:
    return '<?xml version="1.0"?>\n<clip name="master-2026" frames="14385" rate="23.976" start="01:00:00:00"/>\n'


def poster() -> MemoryContent:
    width, height = 320, 180
    rows = b"".join(
        b"\x00" + b"".join(bytes((40 + y, 30 + x * 60 // width, 90 + y // 2)) for x in range(width))
        for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b"")]
    image = b"\x89PNG\r\n\x1a\n"
    for name, body in chunks:
        image += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return MemoryContent(image)


def events(hour: int, count: int) -> MemoryContent:
    """Compressed JSON lines, independent of the current date."""
    lines = (
        json.dumps({"hour": hour, "sequence": number, "kind": ("play", "pause", "seek")[number % 3]})
        for number in range(count)
    )
    return MemoryContent(gzip.compress("\n".join(lines).encode(), 6, mtime=0))


ODD_KEYS: Final = (
    "/leading-slash.txt",
    "[markup]/[bold red]not red[/].txt",
    "odd names//double//slash.txt",
    "odd names/./dot.txt",
    "odd names/../dot-dot.txt",
    "odd names/[markup]/[/]closed.txt",
    "odd names/back\\slash.txt",
    "odd names/bell\x07.txt",
    "odd names/colon:semi;comma,.txt",
    "odd names/emoji-🎬-🏳️‍🌈.txt",
    "odd names/escape-\x1b[31mred\x1b[0m.txt",
    "odd names/name-名前-имя-اسم.txt",
    "odd names/new\nline.txt",
    "odd names/percent%2Fslash.txt",
    "odd names/plus+sign.txt",
    "odd names/question?mark#hash.txt",
    "odd names/quote\"'&<>.txt",
    "odd names/right-to-left-\u202egpj.txt",
    "odd names/tab\tstop.txt",
    "odd names/tilde~star*.txt",
    "odd names/trailing space ",
    "odd names/" + "very-long-" * 90 + "name.txt",
    "odd names/zero-width-\u200b.txt",
)


def put_odd_names(bucket: DemoBucket) -> None:
    """One small text object for each key; its content is the key."""
    for number, key in enumerate(ODD_KEYS):
        put(bucket, key, text(key), before(days=40, hours=number), content_type="text/plain; charset=utf-8")
