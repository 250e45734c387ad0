"""The content of objects: read by ranges, through their compression, as tables; searched, written back."""

from __future__ import annotations

from msgspec import Struct

from tui.core.content import Compression, ContentFacts
from tui.core.location import Location
from tui.link.request import Feed, Request


class ContentBeginning(Struct, frozen=True):
    """The first bytes of an object, at most as many as were asked for.

    Of a compressed one `inside` is what the first bytes contain, of at most as many bytes; `whole`: that is all of it.
    """

    facts: ContentFacts
    content: bytes
    compression: Compression = Compression.NONE
    inside: bytes = b""
    whole: bool = False


class BeginContent(Request[ContentBeginning], frozen=True, tag="begin-content"):
    """One GetObject of the first `length` bytes; nothing has to be known before. `version` empty: the current one."""

    connection: str
    location: Location
    length: int
    version: str = ""


class ContentBlock(Struct, frozen=True):
    """Some bytes of an object."""

    content: bytes


class ReadContent(Request[ContentBlock], frozen=True, tag="read-content"):
    """Exactly `length` bytes from `start`, as long as the object has this ETag: another one is kind CHANGED."""

    connection: str
    location: Location
    etag: str
    start: int
    length: int
    version: str = ""


class LookAtContent(Request[ContentFacts], frozen=True, tag="look-at-content"):
    """HeadObject: whether the object has grown or is another one by now."""

    connection: str
    location: Location


class Piece(Struct, frozen=True):
    """The next bytes; the first piece comes with the facts."""

    content: bytes
    facts: ContentFacts | None = None


class StreamContent(Feed[Piece], frozen=True, tag="stream-content"):
    """All bytes from `start`, at most `length` (None: to the end), pinned to the ETag that the first answer has.

    `start` below 0 counts from the end. With `inside` what is compressed comes decompressed, and `start` and `length`
    count what is inside.
    """

    connection: str
    location: Location
    start: int = 0
    length: int | None = None
    version: str = ""
    inside: bool = False


class Searched(Struct, frozen=True):
    """How far a search has come, in bytes from the start of the content; `found` is the offset of a match or -1."""

    at: int
    found: int = -1


class SearchContent(Feed[Searched], frozen=True, tag="search-content"):
    """The next `needle` from `start` on, or with `back` the last one before it; ASCII letters are equal in both cases
    unless `exact`.

    With `lines` in place of a needle: the offset behind so many line ends. What is compressed is searched with
    `inside`, from its start on.
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
    """The ETag of what was written, and notes on attributes that the server did not take, or that are not known.

    `version` is the id of the version that was written; empty: what was there before is not kept as a version.
    `transfer` is the id by which undo takes it back; empty: it cannot.
    """

    etag: str
    notes: list[str] = []
    version: str = ""
    transfer: str = ""


class SaveContent(Request[SavedContent], frozen=True, tag="save-content"):
    """Write an object's content where it still has this ETag; its attributes stay. Another one by now: kind EXISTS."""

    connection: str
    location: Location
    etag: str
    content: bytes


class TableRows(Struct, frozen=True):
    """Some rows as text, `start` the number of the first one; `total` rows in all."""

    names: list[str]
    types: list[str]
    rows: list[list[str]]
    start: int
    total: int


class ReadTable(Request[TableRows], frozen=True, tag="read-table"):
    """Rows of a Parquet object of this ETag and size: the footer, and of the row groups what these rows need."""

    connection: str
    location: Location
    etag: str
    size: int
    start: int
    count: int
    version: str = ""


ContentRequests = BeginContent | ReadContent | LookAtContent | StreamContent | SearchContent | SaveContent | ReadTable
"""All requests of this subject."""
