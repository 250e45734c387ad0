"""What the count of a transfer has listed and its work has not come to yet: the source is listed once."""

from __future__ import annotations

import asyncio
import sys
import zlib
from collections import deque
from collections.abc import AsyncGenerator

import msgspec

from tui.core.problem import LeftOutError
from tui.transfers.selection import SectionPage

MOST_BYTES = 32 * 1024 * 1024
"""Of packed pages; a million objects take about that. What does not fit is listed again, by the work itself."""
_UNPACKED = 4
"""So many pages wait as they are: the work is about to come to them."""
_FASTEST = 1
"""zlib's level that takes the least time."""

_decoder = msgspec.msgpack.Decoder(SectionPage)


class ListedAhead:
    """The pages of prefixes, in their order, from the count to the work. Used from one event loop.

    An object that is deleted after it was listed is one that the work does not find, as if it had been deleted in the
    moment before its copy.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._waiting: deque[tuple[int, SectionPage | bytes]] = deque()
        self._bytes = 0
        self._whole = 0
        """The sections up to this one were kept from their beginnings to their ends; section 0 is not listed."""
        self._section = 0
        self._left_out: LeftOutError | None = None
        self._ended = False
        self._news = asyncio.Event()

    def keep(self, page: SectionPage) -> None:
        """Take the next page of the listing; after one that does not fit no more are taken."""
        if self._ended:
            return
        self._section = page.section
        packed = page if len(self._waiting) < _UNPACKED else _pack(page)
        size = len(packed) if isinstance(packed, bytes) else 0
        if self._bytes + size > self._most:
            self.end()
            return
        self._bytes += size
        self._whole = page.section - 1
        self._waiting.append((page.section, packed))
        self._news.set()

    def end(self, *, complete: bool = False, left_out: LeftOutError | None = None) -> None:
        """No more pages come; `complete`: because all were listed; `left_out`: all of this section but some entries."""
        if not self._ended:
            self._left_out = left_out
        if complete and not self._ended:
            self._whole = sys.maxsize
        self._ended = True
        self._news.set()

    async def pages(self, section: int) -> AsyncGenerator[SectionPage]:
        """The pages of a section as they come, until its end, or to where they were kept (see `has_all`)."""
        if section == 0:
            return
        while True:
            if self._waiting and self._waiting[0][0] == section:
                packed = self._waiting.popleft()[1]
                self._bytes -= len(packed) if isinstance(packed, bytes) else 0
                yield _decoder.decode(zlib.decompress(packed)) if isinstance(packed, bytes) else packed
            elif self._ended or self._whole >= section:
                return
            else:
                self._news.clear()
                await self._news.wait()

    def left_out(self, section: int) -> LeftOutError | None:
        """What could not be listed of a section of which `pages` has given all the rest."""
        return self._left_out if section == self._section else None

    def has_all(self, section: int) -> bool:
        """Whether `pages` has given all of a section that is listed."""
        return 0 < section <= self._whole


def _pack(page: SectionPage) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(page), _FASTEST)
