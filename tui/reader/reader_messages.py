"""The messages between a reader and its parent, in MessagePack frames.

The parent sends a job. The reader requests ranges of the content, reports its findings, and then that it is done.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from tui.core.content import Compression
from tui.core.frame_format import in_frame
from tui.core.listing import Page

MOST_ANSWER = 48 << 20
"""The largest message of a reader, in bytes."""

LONGEST_RANGE = 4 << 20
"""The longest range that a reader may request, in bytes."""


class Decompress(Struct, frozen=True, tag="decompress"):
    """Decompress a content into pieces of bytes. A `Want` requests the next piece, whatever its range."""

    kind: Compression


class ReadRows(Struct, frozen=True, tag="rows"):
    """Rows of a Parquet content of `size` bytes: one `FoundRows`. The next job continues where this one ended."""

    size: int
    start: int
    count: int


class ReadReport(Struct, frozen=True, tag="report"):
    """An inventory report file of `size` bytes: pages of the current objects below a prefix, as `FoundPage`.

    `names` are the file's columns; `fields` maps our fields to them. `md5` may be empty.
    """

    file_format: str
    size: int
    names: list[str]
    fields: dict[str, str]
    prefix: str
    md5: str = ""


class DecodeImage(Struct, frozen=True, tag="image"):
    """An image of `size` bytes: one `FoundImage`."""

    size: int


ReaderJob = Decompress | ReadRows | ReadReport | DecodeImage


class ContentPiece(Struct, frozen=True, tag="content"):
    """The requested range; for a stream the next piece, empty at its end."""

    content: bytes


class Want(Struct, frozen=True, tag="want"):
    """The reader asks for a range."""

    start: int
    length: int


class ReaderAnswer(Struct, frozen=True, tag="found"):
    """An answer of the job's type."""

    body: Raw


class ReaderDone(Struct, frozen=True, tag="done"):
    """The job is done."""


class Unread(Struct, frozen=True, tag="unread"):
    """The content cannot be read; the reader ends."""

    cause: str


ToReader = ReaderJob | ContentPiece
FromReader = Want | ReaderAnswer | ReaderDone | Unread

encode = msgspec.msgpack.Encoder().encode
decode_to_reader = msgspec.msgpack.Decoder(ToReader).decode
decode_from_reader = msgspec.msgpack.Decoder(FromReader).decode


class FoundRows(Struct, frozen=True):
    """Rows as text; `total` is the number of all rows."""

    names: list[str]
    types: list[str]
    rows: list[list[str]]
    total: int


class FoundPage(Struct, frozen=True):
    """Objects of a report with their versions."""

    page: Page
    versions: list[str]


class FoundImage(Struct, frozen=True):
    """A scaled image: `pixels` are RGB, `size` is the original size."""

    width: int
    height: int
    pixels: bytes
    size: tuple[int, int]


def framed(message: ToReader | FromReader) -> bytes:
    return in_frame(encode(message))
