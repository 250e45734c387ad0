"""What every way of showing a content has: a place in it, and the rows that follow from there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from textual.content import Content

from tui.ui.viewer.readers import Reader, Search

ROW = "row"


@dataclass(frozen=True, slots=True)
class Screenful:
    """What is painted: `rows` of at most `width` cells, from `start` up to `end`, `line` if it is known."""

    rows: list[Content]
    start: int
    end: int
    line: int | None = None
    unit: str = "byte"
    """What `start` and `end` count, from 0: bytes, or rows (`ROW`)."""


@dataclass(slots=True)
class Room:
    """The room on screen, in cells; `left` columns are scrolled away, `wrap`: long lines go on in the next row."""

    width: int = 80
    height: int = 20
    left: int = 0
    wrap: bool = False


class View(Protocol):
    """A way of showing a content. All of it raises `ProblemError` of what cannot be read."""

    @property
    def reader(self) -> Reader:
        """Where its bytes come from."""

    @property
    def top(self) -> int:
        """The offset of the first row, in bytes."""

    async def show(self) -> Screenful:
        """The rows from the top on."""

    async def scroll(self, rows: int) -> None:
        """So many rows on, or (below 0) back; the last screen stays full."""

    async def to_offset(self, offset: int) -> None:
        """Bring the row with this byte to the top."""

    async def to_end(self) -> None:
        """The last screen."""

    def mark(self, offset: int, length: int) -> None:
        """Show these bytes as found."""

    def needle(self, text: str) -> bytes:
        """The bytes to search for a typed text."""

    def line_search(self, line: int) -> Search | None:
        """The search for the beginning of a line, counted from 1; None: there are no lines, or it is the first one."""


async def end_of(reader: Reader) -> int:
    """The size; of a stream that has none yet, it is read to its end."""
    at = 0
    while reader.size is None:
        at += STEP
        await reader.read(at, 1)
    return reader.size


STEP = 1 << 20
"""Bytes of a stream that are passed over at once."""
