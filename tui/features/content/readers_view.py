"""Opens an object for the viewer with one request. The response decides how it is shown at first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from tui.core.content import FIRST_BYTES, Compression, ContentFacts
from tui.core.location import Location
from tui.core.problem import ProblemError, ProblemKind
from tui.features.content.words import ContentKind, Encoding, encoding_of, inner_name, kind_of
from tui.link.session import EngineAccess
from tui.messages.content_requests import BeginContent, Piece, ReadContent, SearchContent, Searched, StreamContent


@dataclass(frozen=True, slots=True)
class OpenedContent:
    """`raw` reads the object's bytes, `inside` the decompressed ones."""

    place: ViewedObject
    facts: ContentFacts
    compression: Compression
    kind: ContentKind
    """Of the decompressed content."""
    encoding: Encoding
    raw: ContentReader
    inside: ContentReader

    @property
    def name(self) -> str:
        """The file name that tells the language of a text."""
        return inner_name(self.place.location.name)


async def open_content(place: ViewedObject) -> OpenedContent:
    """Request the first bytes. Raises `ProblemError`."""
    begun = await place.engine.ask(BeginContent(place.connection, place.location, FIRST_BYTES, place.version))
    facts = begun.facts
    raw = RangeReader(place, facts, begun.content)
    first = begun.inside if begun.compression else begun.content
    inside: ContentReader = (
        StreamReader(place, facts, begun.inside, whole=begun.whole) if begun.compression and first else raw
    )
    compression = begun.compression if inside is not raw else Compression.NONE
    kind = kind_of(place.location.name, facts.content_type, first if inside is not raw else begun.content)
    return OpenedContent(place, facts, compression, kind, encoding_of(first), raw, inside)


BLOCK = 64 * 1024
MOST_BLOCKS = 64
"""Blocks in memory: 4 MiB."""


@dataclass(frozen=True, slots=True)
class ViewedObject:
    """An object as one identity sees it; `version` empty: the current one.

    `other` is the connection of the other pane, which may know why this one is denied.
    """

    engine: EngineAccess
    connection: str
    location: Location
    version: str = ""
    other: str | None = None


@dataclass(frozen=True, slots=True)
class ContentSearch:
    """What to search for: `needle`, or the byte after so many line ends (`lines`)."""

    needle: bytes = b""
    start: int = 0
    back: bool = False
    lines: int = 0
    newline: bytes = b"\n"


class ContentReader(Protocol):
    """Content that can be read at any offset."""

    @property
    def size(self) -> int | None:
        """In bytes; None until it is known, which may be at the end only."""

    @property
    def ends_early(self) -> str:
        """Why the content ends before it should; empty if it is complete so far."""

    async def read(self, start: int, length: int) -> bytes:
        """Up to `length` bytes; fewer only at the end. Raises `ProblemError`."""

    def search(self, search: ContentSearch) -> AsyncGenerator[Searched, None]:
        """The progress; the last answer has the result. Raises `ProblemError`."""


class Blocks:
    """The blocks that were used most recently, by number."""

    def __init__(self) -> None:
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def get(self, number: int) -> bytes | None:
        if (found := self._blocks.get(number)) is not None:
            self._blocks.move_to_end(number)
        return found

    def put(self, number: int, content: bytes) -> None:
        """Keep a block, and drop the least recently used one."""
        self._blocks[number] = content
        self._blocks.move_to_end(number)
        while len(self._blocks) > MOST_BLOCKS:
            self._blocks.popitem(last=False)


class RangeReader:
    """The object's bytes. Each block is one GetObject of a range, pinned to the ETag."""

    def __init__(self, place: ViewedObject, facts: ContentFacts, beginning: bytes = b"") -> None:
        self._place, self._facts = place, facts
        self._blocks = Blocks()
        for number in range(len(beginning) // BLOCK + 1):
            block = beginning[number * BLOCK : (number + 1) * BLOCK]
            if block and len(block) == self._length(number):
                self._blocks.put(number, block)

    @property
    def size(self) -> int | None:
        return self._facts.size

    @property
    def ends_early(self) -> str:
        return ""

    def _length(self, number: int) -> int:
        return max(0, min(BLOCK, self._facts.size - number * BLOCK))

    async def read(self, start: int, length: int) -> bytes:
        stop = min(start + length, self._facts.size)
        if start >= stop:
            return b""
        first, last = start // BLOCK, (stop - 1) // BLOCK
        found = {number: self._blocks.get(number) for number in range(first, last + 1)}
        if missing := [number for number, block in found.items() if block is None]:
            found |= await self._ask(missing[0], missing[-1])
        content = b"".join(found[number] or b"" for number in range(first, last + 1))
        return content[start - first * BLOCK : stop - first * BLOCK]

    async def _ask(self, first: int, last: int) -> dict[int, bytes]:
        """Request adjacent blocks with one request."""
        place, start = self._place, first * BLOCK
        length = last * BLOCK + self._length(last) - start
        request = ReadContent(place.connection, place.location, self._facts.etag, start, length, place.version)
        content = (await place.engine.ask(request)).content
        blocks = {number: content[number * BLOCK - start :][:BLOCK] for number in range(first, last + 1)}
        for number, block in blocks.items():
            self._blocks.put(number, block)
        return blocks

    def search(self, search: ContentSearch) -> AsyncGenerator[Searched, None]:
        return _searched(self._place, self._facts, search, inside=False)


class StreamReader:
    """The decompressed content. It is a stream, which starts again to read a block that was dropped."""

    def __init__(self, place: ViewedObject, facts: ContentFacts, beginning: bytes, *, whole: bool) -> None:
        """`beginning` is the start of the decompressed content; `whole`: it is all of it."""
        self._place, self._facts = place, facts
        self._blocks = Blocks()
        self._feed: AsyncGenerator[Piece, None] | None = None
        self._number, self._rest = 0, b""
        """The number of the next block in the feed, and the part of it that has arrived."""
        self._broken = ""
        self._size = len(beginning) if whole else None
        if whole or len(beginning) >= BLOCK:
            self._blocks.put(0, beginning[:BLOCK])

    @property
    def size(self) -> int | None:
        return self._size

    @property
    def ends_early(self) -> str:
        return self._broken

    async def read(self, start: int, length: int) -> bytes:
        first, last = start // BLOCK, (start + length - 1) // BLOCK
        found: list[bytes] = []
        for number in range(first, last + 1):
            block = await self._block(number)
            found.append(block)
            if len(block) < BLOCK:
                break
        return b"".join(found)[start - first * BLOCK :][:length]

    async def _block(self, number: int) -> bytes:
        while (known := self._blocks.get(number)) is None:
            if self._size is not None and number * BLOCK >= self._size:
                return b""
            if self._feed is None or self._number > number:
                await self.close()
                place = self._place
                feed = StreamContent(place.connection, place.location, version=place.version, inside=True)
                self._feed, self._number, self._rest = place.engine.follow(feed), 0, b""
            await self._next()
        return known

    async def _next(self) -> None:
        """Keep the next block or blocks. Damaged content ends where the damage begins."""
        feed, self._feed = self._feed, None  # a feed that fails is finished: the next read starts another one
        assert feed
        try:
            async for piece in feed:
                self._rest += piece.content
                if len(self._rest) >= BLOCK:
                    self._feed = feed
                    break
            else:
                await self._ended()
        except ProblemError as error:
            if error.problem.kind is not ProblemKind.MISMATCH or not (self._number or self._rest):
                raise
            self._broken = error.problem.cause
            await self._ended()
        while len(self._rest) >= BLOCK:
            self._keep(self._rest[:BLOCK], self._rest[BLOCK:])

    async def _ended(self) -> None:
        """The rest is the last block."""
        self._size = self._number * BLOCK + len(self._rest)
        self._keep(self._rest, b"")
        await self.close()

    def _keep(self, block: bytes, rest: bytes) -> None:
        self._blocks.put(self._number, block)
        self._number, self._rest = self._number + 1, rest

    async def close(self) -> None:
        feed, self._feed = self._feed, None
        if feed:
            await feed.aclose()

    def search(self, search: ContentSearch) -> AsyncGenerator[Searched, None]:
        return _searched(self._place, self._facts, search, inside=True)


class MemoryReader:
    """Content in memory."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    @property
    def size(self) -> int | None:
        return len(self._content)

    @property
    def ends_early(self) -> str:
        return ""

    async def read(self, start: int, length: int) -> bytes:
        return self._content[start : start + length]

    async def search(self, search: ContentSearch) -> AsyncGenerator[Searched, None]:
        content, needle = self._content.lower(), search.needle.lower()
        if search.lines:
            at = 0
            for _ in range(search.lines):
                if not (at := content.find(search.newline, at) + 1):
                    break
            found = at or -1
        else:
            found = content.rfind(needle, 0, search.start) if search.back else content.find(needle, search.start)
        yield Searched(len(content), found)


def _searched(
    place: ViewedObject, facts: ContentFacts, search: ContentSearch, *, inside: bool
) -> AsyncGenerator[Searched, None]:
    feed = SearchContent(
        place.connection,
        place.location,
        facts.etag,
        facts.size,
        needle=search.needle,
        lines=search.lines,
        newline=search.newline,
        start=search.start,
        back=search.back,
        inside=inside,
        version=place.version,
    )
    return place.engine.follow(feed)
