"""Requests for the content of objects: read by ranges, decompressed, as tables; searched, written back."""

from __future__ import annotations

from msgspec import Struct

from tui.core.content import Compression, ContentFacts
from tui.core.location import Location
from tui.link.request import Feed, Request


class ContentBeginning(Struct, frozen=True):
    """The first bytes of an object, at most as many as requested.

    For a compressed object, `inside` is the decompressed beginning, at most as many bytes; `whole`: that is all of it.
    """

    facts: ContentFacts
    content: bytes
    compression: Compression = Compression.NONE
    inside: bytes = b""
    whole: bool = False


class BeginContent(Request[ContentBeginning], frozen=True, tag="begin-content"):
    """One GetObject of the first `length` bytes; nothing needs to be known before. `version` empty: the current one."""

    connection: str
    location: Location
    length: int
    version: str = ""


class ContentBlock(Struct, frozen=True):
    """Some bytes of an object."""

    content: bytes


class ReadContent(Request[ContentBlock], frozen=True, tag="read-content"):
    """Exactly `length` bytes from `start`, while the object has this ETag; otherwise kind CHANGED."""

    connection: str
    location: Location
    etag: str
    start: int
    length: int
    version: str = ""


class LookAtContent(Request[ContentFacts], frozen=True, tag="look-at-content"):
    """HeadObject: whether the object has grown or changed."""

    connection: str
    location: Location


class Piece(Struct, frozen=True):
    """The next bytes; the first piece comes with the facts."""

    content: bytes
    facts: ContentFacts | None = None


class StreamContent(Feed[Piece], frozen=True, tag="stream-content"):
    """All bytes from `start`, at most `length` (None: to the end), pinned to the first response's ETag.

    `start` below 0 counts from the end. With `inside` compressed content is decompressed, and `start` and `length`
    count decompressed bytes.
    """

    connection: str
    location: Location
    start: int = 0
    length: int | None = None
    version: str = ""
    inside: bool = False


class Searched(Struct, frozen=True):
    """The progress of a search, in bytes from the start of the content; `found` is the offset of a match or -1."""

    at: int
    found: int = -1


class SearchContent(Feed[Searched], frozen=True, tag="search-content"):
    """The next `needle` from `start` on, or with `back` the previous one; ASCII case is ignored unless `exact`.

    With `lines` instead of a needle: the offset after that many line ends. Compressed content is searched with
    `inside`, from its start.
    """

    connection: str
    location: Location
    etag: str
    size: int
    needle: bytes = b""
    lines: int = 0
    newline: bytes = b"\n"
    start: int = 0
    back: bool = False
    exact: bool = False
    inside: bool = False
    version: str = ""


class SavedContent(Struct, frozen=True):
    """The new ETag, and notes on attributes that the server refused, or that are unknown.

    `version` is the version ID of the write; empty if the previous content is not kept as a version. `transfer` is the
    ID for undo; empty if undo is impossible.
    """

    etag: str
    notes: list[str] = []
    version: str = ""
    transfer: str = ""


class SaveContent(Request[SavedContent], frozen=True, tag="save-content"):
    """Write an object's content if it still has this ETag, and keep its attributes; otherwise kind EXISTS."""

    connection: str
    location: Location
    etag: str
    content: bytes


class TableRows(Struct, frozen=True):
    """Some rows as text; `start` is the number of the first one, `total` the number of all."""

    names: list[str]
    types: list[str]
    rows: list[list[str]]
    start: int
    total: int


class ReadTable(Request[TableRows], frozen=True, tag="read-table"):
    """Rows of a Parquet object with this ETag and size; reads the footer, and the necessary parts of row groups."""

    connection: str
    location: Location
    etag: str
    size: int
    start: int
    count: int
    version: str = ""
