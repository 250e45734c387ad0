"""The first bytes of an object and its attributes, for views of its content."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

FIRST_BYTES = 64 * 1024
"""The size of the one request that opens an object: enough for a first screen."""


class Compression(StrEnum):
    """The compression of a content by its first bytes; names and headers do not matter."""

    NONE = ""
    GZIP = "gzip"
    ZSTD = "zstd"
    BZIP2 = "bzip2"


_MAGIC = ((b"\x1f\x8b\x08", Compression.GZIP), (b"\x28\xb5\x2f\xfd", Compression.ZSTD), (b"BZh", Compression.BZIP2))
"""RFC 1952, RFC 8878, and the header of bzip2, whose fourth byte is a digit."""


def compression_of(content: bytes) -> Compression:
    """The compression of an object; `content` is its beginning."""
    for magic, compression in _MAGIC:
        if content.startswith(magic):
            return compression if magic != b"BZh" or content[3:4] in b"123456789" else Compression.NONE
    return Compression.NONE


class ContentFacts(Struct, frozen=True):
    """The response to the first request: `size` in bytes, `etag` with its quotes, `modified` since the epoch.

    `version` is empty if the bucket is not versioned.
    """

    size: int
    etag: str
    modified: float = 0.0
    content_type: str = ""
    storage_class: str = ""
    version: str = ""
