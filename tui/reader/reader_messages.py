"""What a reader and its parent say to each other: messages of MessagePack, each in a frame.

The parent gives a job. The reader asks for ranges of the content, and says what it finds, then that it is done.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from tui.core.content import Compression
from tui.core.frame import in_frame
from tui.core.listing import Page

MOST_ANSWER = 48 << 20
"""Bytes of a longest message of a reader."""

LONGEST_RANGE = 4 << 20
"""Bytes of a longest range that a reader asks for."""


class Decompress(Struct, frozen=True, tag="decompress"):
    """What is inside a content, in pieces of bytes. What it asks for is the next piece, whatever the range."""

    kind: Compression


class ReadRows(Struct, frozen=True, tag="rows"):
    """Rows of a Parquet content of so many bytes: one `FoundRows`. The next job goes on where this one ended."""

    size: int
    start: int
    count: int


class ReadReport(Struct, frozen=True, tag="report"):
    """A file of an inventory report, of so many bytes: pages of the current objects below a prefix, as `FoundPage`.

    `names` are the file's columns, `fields` says which of them (values) have which fields (keys). `md5` may be empty.
    """

    file_format: str
    size: int
    names: list[str]
    fields: dict[str, str]
    prefix: str
    md5: str = ""


class DecodeImage(Struct, frozen=True, tag="image"):
    """An image of so many bytes: one `FoundImage`."""

    size: int


ReaderJob = Decompress | ReadRows | ReadReport | DecodeImage


class ContentPiece(Struct, frozen=True, tag="content"):
    """The range that was asked for; of a stream the next piece, empty at its end."""

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
    """Rows as text, of `total` in all."""

    names: list[str]
    types: list[str]
    rows: list[list[str]]
    total: int


class FoundPage(Struct, frozen=True):
    """Objects of a report, and the version of each."""

    page: Page
    versions: list[str]


class FoundImage(Struct, frozen=True):
    """An image, made smaller: `pixels` are RGB, `size` is how large it is."""

    width: int
    height: int
    pixels: bytes
    size: tuple[int, int]


def framed(message: ToReader | FromReader) -> bytes:
    return in_frame(encode(message))
