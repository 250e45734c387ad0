"""Bytes as hexadecimal rows."""

from __future__ import annotations

from textual.content import Content

from tui.kit.lines import MUTED
from tui.text.content.hexadecimal import bytes_per_row, hex_row, needle_of, offset_digits
from tui.ui.viewer.highlighting import FOUND
from tui.ui.viewer.readers import Reader, Search
from tui.ui.viewer.view import Room, Screenful, end_of


class HexView:
    """See `View`. The top is a multiple of the bytes of a row."""

    def __init__(self, reader: Reader, room: Room) -> None:
        self.reader, self.room = reader, room
        self._top = 0
        self._found: tuple[int, int] | None = None

    @property
    def top(self) -> int:
        """See `View`."""
        return self._top

    @property
    def _size(self) -> int:
        return self.reader.size or 0

    @property
    def _count(self) -> int:
        return bytes_per_row(self.room.width, self._size)

    async def show(self) -> Screenful:
        """See `View`."""
        count = self._count
        self._top -= self._top % count
        content = await self.reader.read(self._top, count * self.room.height)
        digits = offset_digits(self._size)
        rows = [
            self._row(content[at : at + count], self._top + at, count, digits) for at in range(0, len(content), count)
        ]
        return Screenful(rows, self._top, self._top + len(content))

    def _row(self, content: bytes, offset: int, count: int, digits: int) -> Content:
        place, values, text = hex_row(content, offset, count, digits)
        shown = Content.assemble((place, MUTED), "  ", values, "  ", text)
        if self._found is None:
            return shown
        begin, end = (min(max(at - offset, 0), len(content)) for at in (self._found[0], sum(self._found)))
        for at in range(begin, end):
            cell = digits + 2 + 3 * at + (at >= count // 2)
            shown = shown.stylize(FOUND, cell, cell + 2)
            ascii_cell = digits + 2 + len(values) + 2 + at
            shown = shown.stylize(FOUND, ascii_cell, ascii_cell + 1)
        return shown

    async def scroll(self, rows: int) -> None:
        """See `View`."""
        count = self._count
        wanted = max(0, self._top + rows * count)
        if rows > 0:
            screen = await self.reader.read(wanted, count * self.room.height)
            if len(screen) < count * (self.room.height - 1) and self.reader.size is not None:
                wanted = min(wanted, self._last)
        self._top = wanted

    @property
    def _last(self) -> int:
        """The top of the last screen."""
        count = self._count
        rows = -(-self._size // count)
        return max(0, rows - self.room.height) * count

    async def to_offset(self, offset: int) -> None:
        """See `View`."""
        self._top = offset - offset % self._count

    async def to_end(self) -> None:
        """See `View`."""
        await end_of(self.reader)
        self._top = self._last

    def mark(self, offset: int, length: int) -> None:
        """See `View`."""
        self._found = offset, length

    def needle(self, text: str) -> bytes:
        """See `View`: bytes after ``0x``, else text in UTF-8."""
        found = needle_of(text)
        return text.encode(errors="surrogateescape") if found is None else found

    def line_search(self, line: int) -> Search | None:  # noqa: ARG002  # bytes have no lines
        """See `View`."""
        return None
