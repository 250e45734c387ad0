"""The first bytes of an object and its attributes, for views of its content."""

from __future__ import annotations

import mimetypes
from enum import StrEnum
from functools import cache

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


_NAMED = """
    application/avro avro|application/epub+zip epub|application/geo+json geojson|application/gltf+json gltf
    application/octet-stream bam dmg feather iso npy npz orc pkl|application/sql sql|application/toml toml
    application/vnd.android.package-archive apk|application/vnd.apache.arrow.file arrow
    application/vnd.apache.parquet parquet|application/vnd.debian.binary-package deb
    application/vnd.ms-fontobject eot|application/vnd.oasis.opendocument.spreadsheet ods
    application/vnd.oasis.opendocument.text odt
    application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
    application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx
    application/vnd.openxmlformats-officedocument.wordprocessingml.document docx
    application/vnd.rar rar|application/x-7z-compressed 7z|application/x-ndjson jsonl ndjson
    application/x-ipynb+json ipynb|application/x-lz4 lz4|application/x-rpm rpm|application/yaml yaml yml
    application/zstd zst|application/java-archive jar|application/dash+xml mpd|audio/flac flac|audio/mp4 m4a
    audio/ogg ogg|font/otf otf|font/ttf ttf|font/woff woff|font/woff2 woff2|image/jxl jxl|image/webp webp
    model/gltf-binary glb|text/javascript js mjs|text/markdown md markdown|text/plain cfg fastq ini log rst
    video/iso.segment m4s|video/mp2t ts|video/x-matroska mkv
"""
"""Types that Python's table does not have, or has in an older form, and the endings of their names."""

_COMPRESSED = {
    "gzip": "application/gzip",
    "bzip2": "application/x-bzip2",
    "xz": "application/x-xz",
    "compress": "application/x-compress",
    "br": "application/x-brotli",
}
"""The type of a compressed file is that of its compression: nothing says that a reader should unpack it."""


@cache
def _types() -> mimetypes.MimeTypes:
    """Python's own table and ours, not this machine's: a name has the same type everywhere."""
    types = mimetypes.MimeTypes()
    for kind, *endings in map(str.split, _NAMED.strip().replace("\n", "|").split("|")):
        for ending in endings:
            types.add_type(kind, f".{ending}")
    return types


def guess_type(name: str) -> str:
    """The content type by the end of a path or key; empty if it says nothing."""
    kind, encoding = _types().guess_type("/" + name.rpartition("/")[2])  # "/": no start of it is taken for a scheme
    return _COMPRESSED.get(encoding, "application/octet-stream") if encoding else kind or ""


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
