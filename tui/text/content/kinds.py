"""What a content is, by its first bytes first, then by its name and its content type. Pure."""

from __future__ import annotations

from enum import StrEnum

from tui.text.content.encodings import is_binary


class Kind(StrEnum):
    """The kinds that are shown in ways of their own; the value is what the title says."""

    TEXT = "text"
    JSON = "JSON"
    JSON_LINES = "JSON lines"
    CSV = "CSV"
    TSV = "TSV"
    PARQUET = "Parquet"
    IMAGE = "image"
    BINARY = "binary"


_COMPRESSED_ENDINGS = (".gz", ".gzip", ".zst", ".zstd", ".bz2")

_ENDINGS = {
    ".json": Kind.JSON,
    ".geojson": Kind.JSON,
    ".jsonl": Kind.JSON_LINES,
    ".ndjson": Kind.JSON_LINES,
    ".csv": Kind.CSV,
    ".tsv": Kind.TSV,
    ".tab": Kind.TSV,
}
_TYPES = {
    "application/json": Kind.JSON,
    "application/x-ndjson": Kind.JSON_LINES,
    "application/jsonl": Kind.JSON_LINES,
    "text/csv": Kind.CSV,
    "text/tab-separated-values": Kind.TSV,
}

_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM", b"II*\0", b"MM\0*")


def inner_name(name: str) -> str:
    """The name of what is inside: without the ending of a compression."""
    lowered = name.lower()
    ending = next((ending for ending in _COMPRESSED_ENDINGS if lowered.endswith(ending)), "")
    return name[: len(name) - len(ending)] if ending else name


def kind_of(name: str, content_type: str, beginning: bytes) -> Kind:
    """The kind of a content that begins so; `beginning` is of what is inside a compressed one."""
    if beginning.startswith(b"PAR1"):
        return Kind.PARQUET
    if is_image(beginning):
        return Kind.IMAGE
    if is_binary(beginning):
        return Kind.BINARY
    name = inner_name(name).lower()
    by_name = next((kind for ending, kind in _ENDINGS.items() if name.endswith(ending)), None)
    return by_name or _TYPES.get(content_type.partition(";")[0].strip().lower(), Kind.TEXT)


def is_image(beginning: bytes) -> bool:
    """Whether these are the first bytes of an image: PNG, JPEG, GIF, BMP, TIFF or WebP."""
    if beginning[:2] == b"BM" and not is_binary(beginning):
        return False
    return beginning.startswith(_IMAGES) or (beginning[:4] == b"RIFF" and beginning[8:12] == b"WEBP")
