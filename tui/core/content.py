"""What is known of an object whose content is looked at."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

FIRST_BYTES = 64 * 1024
"""Bytes of the one request by which an object is opened: enough for a first screen."""


class Compression(StrEnum):
    """What a content begins with, by its own first bytes: neither names nor headers are asked."""

    NONE = ""
    GZIP = "gzip"
    ZSTD = "zstd"
    BZIP2 = "bzip2"


_MAGIC = ((b"\x1f\x8b\x08", Compression.GZIP), (b"\x28\xb5\x2f\xfd", Compression.ZSTD), (b"BZh", Compression.BZIP2))
"""RFC 1952, RFC 8878, and the header of bzip2, whose fourth byte is a digit."""


def compression_of(content: bytes) -> Compression:
    """The compression that `content`, the beginning of an object, has."""
    for magic, compression in _MAGIC:
        if content.startswith(magic):
            return compression if magic != b"BZh" or content[3:4] in b"123456789" else Compression.NONE
    return Compression.NONE


class ContentFacts(Struct, frozen=True):
    """What the answer to the first request said: `size` in bytes, `etag` with its quotes, `modified` since the epoch.

    `version` is empty where the bucket keeps none.
    """

    size: int
    etag: str
    modified: float = 0.0
    content_type: str = ""
    storage_class: str = ""
    version: str = ""
