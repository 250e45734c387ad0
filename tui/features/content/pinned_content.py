"""Reads an object of any size by ranges, pinned to the ETag of the first response."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from tui.core.content import ContentFacts
from tui.core.location import Location
from tui.stores.base import Store
from tui.stores.store_values import ObjectHead

FIRST_RANGE, LONGEST_RANGE = 64 * 1024, 4 * 1024 * 1024
"""Bytes of the ranges that a stream requests. Each range is twice as long as the one before, so that stopping early
costs little. One range is read ahead."""


@dataclass(frozen=True, slots=True)
class ContentSource:
    """An object as one identity reads it; `version` empty: the current one."""

    store: Store
    location: Location
    version: str = ""

    async def begin(self, length: int) -> tuple[ContentFacts, bytes]:
        """The facts from the first response, and the first bytes. Raises `ProblemError`."""
        where = self.location
        fetched = await self.store.begin(where.bucket, where.key, length=length, version=self.version)
        return facts_of(fetched.head), fetched.content

    async def read(self, etag: str, start: int, length: int) -> bytes:
        """Exactly `length` bytes of the object with this ETag. Raises `ProblemError`."""
        where = self.location
        return await self.store.read(
            where.bucket, where.key, etag=etag, start=start, length=length, version=self.version
        )

    async def stream(self, etag: str, start: int, stop: int) -> AsyncGenerator[bytes, None]:
        """The bytes from `start` up to `stop`, in pieces. Raises `ProblemError`."""
        length = FIRST_RANGE
        coming: asyncio.Task[bytes] | None = None
        try:
            while start < stop or coming:
                ready, coming = coming, None
                if start < stop:
                    taken = min(length, stop - start)
                    coming = asyncio.create_task(self.read(etag, start, taken), name="content-ahead")
                    start, length = start + taken, min(length * 2, LONGEST_RANGE)
                if ready:
                    yield await ready
        finally:
            if coming:
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)


def facts_of(head: ObjectHead) -> ContentFacts:
    return ContentFacts(
        size=head.size,
        etag=head.etag,
        modified=head.modified,
        content_type=head.headers.get("ContentType", ""),
        storage_class=head.storage_class,
        version=head.version,
    )


BACK_STEP = 1 << 20
"""Bytes of a range when searching backwards."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The bytes to search for. ASCII letters match in both cases unless `exact`."""

    needle: bytes
    exact: bool = False

    def folded(self, content: bytes) -> bytes:
        return content if self.exact else content.lower()

    @property
    def pattern(self) -> bytes:
        return self.folded(self.needle)


async def find(
    pieces: AsyncGenerator[bytes, None], wanted: Wanted, at: int, start: int = 0
) -> AsyncGenerator[tuple[int, int], None]:
    """The progress, and the offset of the first match at or after `start`; -1 until there is a match.

    `at` is the offset of the first byte of `pieces`.
    """
    pattern, kept = wanted.pattern, b""
    async with aclosing(pieces):
        async for piece in pieces:
            text = kept + wanted.folded(piece)
            begins = at - len(kept)
            found = text.find(pattern, max(0, start - begins))
            at += len(piece)
            if found >= 0:
                yield at, begins + found
                return
            kept = text[-(len(pattern) - 1) :] if len(pattern) > 1 else b""
            yield at, -1


async def find_back(
    source: ContentSource, facts: ContentFacts, wanted: Wanted, before: int
) -> AsyncGenerator[tuple[int, int], None]:
    """As `find`, for the last match that begins before `before`. Reads backwards from there."""
    pattern, etag = wanted.pattern, facts.etag
    stop = min(before, facts.size)
    kept = wanted.folded(await source.read(etag, stop, min(len(pattern) - 1, facts.size - stop)))
    while stop > 0:
        start = max(0, stop - BACK_STEP)
        piece = wanted.folded(await source.read(etag, start, stop - start))
        found = (piece + kept).rfind(pattern, 0, stop - start + len(pattern) - 1)
        if found >= 0:
            yield start, start + found
            return
        kept, stop = piece[: len(pattern) - 1], start
        yield start, -1


async def find_last(
    pieces: AsyncGenerator[bytes, None], wanted: Wanted, before: int
) -> AsyncGenerator[tuple[int, int], None]:
    """As `find_back`, for content that can only be read from its start."""
    last, at, start = -1, 0, 0
    pattern, kept = wanted.pattern, b""
    async with aclosing(pieces):
        async for piece in pieces:
            text, begins = kept + wanted.folded(piece), at - len(kept)
            while (found := text.find(pattern, max(0, start - begins))) >= 0 and begins + found < before:
                last, start = begins + found, begins + found + 1
            at += len(piece)
            kept = text[-(len(pattern) - 1) :] if len(pattern) > 1 else b""
            if at >= before + len(pattern) - 1:
                break
            yield at, -1
    yield at, last


async def find_line(
    pieces: AsyncGenerator[bytes, None], lines: int, newline: bytes
) -> AsyncGenerator[tuple[int, int], None]:
    """As `find`, for the byte after so many line ends."""
    at, kept, unit = 0, b"", len(newline)
    async with aclosing(pieces):
        async for piece in pieces:
            text, begins = kept + piece, at - len(kept)
            usable = len(text) - len(text) % unit
            found = -1
            while lines and (found := _aligned(text, newline, found + 1)) >= 0:
                lines -= 1
            at += len(piece)
            if not lines:
                yield at, begins + found + unit
                return
            kept = text[usable:]
            yield at, -1


def _aligned(text: bytes, newline: bytes, start: int) -> int:
    """The next line end that is aligned to a character."""
    while (found := text.find(newline, start)) >= 0 and found % len(newline):
        start = found + 1
    return found
