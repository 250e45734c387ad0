"""Searches and jumps: from typed text to a position in the content."""

from __future__ import annotations

import re
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from tui.features.content.parquet_view import ParquetView
from tui.features.content.readers_view import ContentSearch
from tui.features.content.text_view import ContentView, TextView, end_of
from tui.text.format import number, percent, visible


class ViewerHost(Protocol):
    """What is on screen."""

    view: ContentView | None
    words: str

    async def show(self) -> None:
        """Paint the rows from the top, and show `words`."""

    def say(self, words: str) -> None:
        """Show a message now."""


class Seeking:
    """Keeps the last search and its match."""

    def __init__(self, stage: ViewerHost) -> None:
        self._stage = stage
        self._sought, self._found = "", -1

    def forget(self) -> None:
        """Drop the match: other content is on screen."""
        self._found = -1

    async def search(self, text: str) -> None:
        if self._stage.view:
            self._sought, self._found = text, -1
            await self._seek(self._stage.view.top, back=False)

    async def again(self, *, back: bool) -> None:
        if not self._sought or self._stage.view is None:
            self._stage.words = "/ searches first"
            await self._stage.show()
            return
        at = self._found if self._found >= 0 else self._stage.view.top
        await self._seek(at if back else at + (self._found >= 0), back=back)

    async def _seek(self, start: int, *, back: bool) -> None:
        assert self._stage.view
        needle = self._stage.view.needle(self._sought)
        found = await self._searched(ContentSearch(needle, start, back), f"searching {visible(self._sought)}")
        if found < 0:
            self._stage.words = f"{visible(self._sought)} is not {'above' if back else 'below'}"
        else:
            self._found = found
            await self._stage.view.to_offset(found)
            self._stage.view.mark(found, len(needle))
            self._stage.words = f"found at byte {number(found)}"
        await self._stage.show()

    async def _searched(self, search: ContentSearch, words: str) -> int:
        assert self._stage.view
        found, total = -1, self._stage.view.reader.size
        async with aclosing(self._stage.view.reader.search(search)) as steps:
            async for step in steps:
                found = step.found
                share = percent(step.at, total).strip() if total else number(step.at)
                self._stage.say(f"{words} · {share} · esc stops")
        return found

    async def jump(self, text: str) -> None:
        jump = jump_of(text)
        if self._stage.view is None:
            return
        if jump is None:
            self._stage.words = f"{visible(text)} is not a line, percentage or offset"
        elif jump.line:
            await self._to_line(jump.line)
        else:
            total = await end_of(self._stage.view.reader)
            offset = int(total * jump.share) if jump.share >= 0 else jump.offset
            await self._stage.view.to_offset(max(0, min(offset, total - 1)))
        await self._stage.show()

    async def _to_line(self, line: int) -> None:
        view = self._stage.view
        assert view
        if isinstance(view, ParquetView):
            await view.to_offset(min(line - 1, max(0, (view.reader.size or 1) - 1)))
            return
        search = view.line_search(line)
        offset = 0 if search is None else await self._searched(search, f"counting to line {number(line)}")
        if not isinstance(view, TextView):
            self._stage.words = "bytes have no lines: type @ and an offset"
        elif offset < 0 or (view.reader.size is not None and offset >= view.reader.size > 0):
            self._stage.words = f"there is no line {number(line)}"
        else:
            view.at_line(offset, line)


_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%")
_HEX = re.compile(r"0x([0-9a-fA-F]+)")
_BYTE = re.compile(r"@(\d[\d,]*)")
_LINE = re.compile(r"\d[\d,]*")


@dataclass(frozen=True, slots=True)
class Jump:
    """The destination: one of the three."""

    line: int = 0
    share: float = -1.0
    offset: int = -1


def jump_of(text: str) -> Jump | None:
    """``120``, ``50%``, ``0x1f00`` or ``@7936``; None for any other text."""
    text = text.strip()
    if found := _PERCENT.fullmatch(text):
        return Jump(share=min(100.0, float(found[1])) / 100)
    if found := _HEX.fullmatch(text):
        return Jump(offset=int(found[1], 16))
    if found := _BYTE.fullmatch(text):
        return Jump(offset=int(found[1].replace(",", "")))
    if _LINE.fullmatch(text):
        return Jump(line=max(1, int(text.replace(",", ""))))
    return None
