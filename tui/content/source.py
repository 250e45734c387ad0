"""Reading an object of any size: by ranges only, pinned to what the first answer said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from tui.core.content import ContentFacts
from tui.core.location import Location
from tui.stores.base import Store
from tui.stores.store_values import ObjectHead

FIRST_RANGE, LONGEST_RANGE = 64 * 1024, 4 * 1024 * 1024
"""Bytes of the ranges that a stream asks for: each is twice as long as the one before, so that who stops early has
read little. One more than is being used is on its way."""


@dataclass(frozen=True, slots=True)
class Source:
    """An object as one identity reads it; `version` empty: the current one."""

    store: Store
    location: Location
    version: str = ""

    async def begin(self, length: int) -> tuple[ContentFacts, bytes]:
        """What its first answer says, and the first bytes. Raises `ProblemError`."""
        where = self.location
        fetched = await self.store.begin(where.bucket, where.key, length=length, version=self.version)
        return facts_of(fetched.head), fetched.content

    async def read(self, etag: str, start: int, length: int) -> bytes:
        """Exactly `length` bytes, of the object with this ETag. Raises `ProblemError`."""
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
    """What a viewer needs to know of a head."""
    return ContentFacts(
        size=head.size,
        etag=head.etag,
        modified=head.modified,
        content_type=head.headers.get("ContentType", ""),
        storage_class=head.storage_class,
        version=head.version,
    )
