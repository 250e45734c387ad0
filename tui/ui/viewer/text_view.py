"""Text: rows of lines, coloured by what the name says of their language."""

from __future__ import annotations

from textual.content import Content

from tui.text.content.encodings import Encoding
from tui.text.content.hexadecimal import needle_of
from tui.text.content.rows import Cutter, TextRow, line_begins
from tui.ui.viewer.highlighting import FOUND, LONGEST_COLOURED, highlighted
from tui.ui.viewer.readers import BLOCK, Reader, Search
from tui.ui.viewer.view import Room, Screenful, end_of

BACK = 16 * 1024
"""Bytes that are read at once on the way back."""


class TextView:
    """See `View`. The top is a row's first byte; nothing is known of the bytes before and behind what was read."""

    def __init__(self, reader: Reader, encoding: Encoding, language: str, room: Room) -> None:
        """`language` is a name of a lexer, empty for none."""
        self.reader, self.encoding, self.language, self.room = reader, encoding, language, room
        self._top = 0
        self._line: int | None = 1
        self._found: tuple[int, int] | None = None

    @property
    def top(self) -> int:
        """See `View`."""
        return self._top

    async def show(self) -> Screenful:
        """See `View`."""
        rows = await self.page(self.height)
        left, width = (0 if self.room.wrap else self.room.left), self.room.width
        painted = self._painted([row.text[: left + width] for row in rows])
        shown = [
            (await self._marked(row, line))[left:].truncate(width) for row, line in zip(rows, painted, strict=True)
        ]
        return Screenful(shown, self._top, rows[-1].end if rows else self._top, self._line)

    def _painted(self, lines: list[str]) -> list[Content]:
        """The lines in their colours; from the first screen on for which these take too long, none has any."""
        if self.language and max(map(len, lines), default=0) <= LONGEST_COLOURED:
            if painted := highlighted(lines, self.language):
                return painted
            self.language = ""
        return [Content(line) for line in lines]

    async def page(self, height: int) -> list[TextRow]:
        """The rows from the top on; where fewer are left than there is room for, the top moves up to the last page."""
        rows = await self.rows_from(self._top, height)
        if not self._top or len(rows) >= height:
            return rows
        await self.scroll(len(rows) - height)
        return await self.rows_from(self._top, height)

    async def _marked(self, row: TextRow, line: Content) -> Content:
        if self._found is None or not row.start <= self._found[0] < row.end:
            return line
        content, begin = await self.reader.read(row.start, row.end - row.start), self._found[0] - row.start
        before, behind = (self.cutter.characters(content, at) for at in (begin, begin + self._found[1]))
        return line.stylize(FOUND, before, behind)

    async def scroll(self, rows: int) -> None:
        """See `View`."""
        if rows < 0:
            if above := await self._before(self._top, -rows):
                begins = await self._begins_line(self._top)
                self._leave(above[0].start, -(sum(row.begins for row in above[1:]) + begins))
            return
        height = self.height
        below = await self.rows_from(self._top, rows + height)
        step = min(rows, max(0, len(below) - height))
        if step:
            self._leave(below[step].start, sum(row.begins for row in below[1 : step + 1]))

    def _leave(self, top: int, lines: int | None) -> None:
        self._top = top
        self._line = 1 if not top else self._line + lines if self._line is not None and lines is not None else None

    async def to_offset(self, offset: int) -> None:
        """See `View`."""
        offset -= offset % self.encoding.unit
        self._leave(await self._around(offset), None)

    async def _around(self, offset: int) -> int:
        """Where the row begins that has this byte."""
        start = await self._line_start(offset)
        while True:
            rows = await self.rows_from(start, 64)
            if not rows:
                return start
            for row in rows:
                if row.start <= offset < row.end:
                    return row.start
            if rows[-1].end > offset:
                return rows[-1].start
            start = rows[-1].end

    async def to_end(self) -> None:
        """See `View`."""
        rows = await self._before(await end_of(self.reader), self.height)
        self._leave(rows[0].start if rows else 0, None)

    def at_line(self, offset: int, line: int) -> None:
        """The top is this line, which begins at `offset`."""
        self._top, self._line = offset, line

    def mark(self, offset: int, length: int) -> None:
        """See `View`."""
        self._found = offset, length

    def needle(self, text: str) -> bytes:
        """See `View`."""
        found = needle_of(text)
        return self.encoding.bytes_of(text) if found is None else found

    def line_search(self, line: int) -> Search | None:
        """See `View`."""
        return Search(lines=line - 1, newline=self.encoding.newline) if line > 1 else None

    @property
    def height(self) -> int:
        """Rows of lines that there is room for."""
        return self.room.height

    @property
    def cutter(self) -> Cutter:
        """What cuts its lines into rows."""
        return Cutter(self.encoding, self.room.width if self.room.wrap else 0)

    async def rows_from(self, offset: int, count: int) -> list[TextRow]:
        """So many rows from a row's first byte on; fewer at the end. Only as much is read as that takes."""
        reader, cutter = self.reader, self.cutter
        content = await reader.read(offset, BLOCK - offset % BLOCK)
        while True:
            behind = offset + len(content)
            at_end = reader.size is not None and behind >= reader.size
            begins = offset == 0 or await self._begins_line(offset)
            rows = cutter.cut(content, offset, count, begins=begins, at_end=at_end)
            if len(rows) >= count or at_end:
                return rows
            more = await reader.read(behind, BLOCK)
            if not more and reader.size is None:
                return rows
            content += more

    async def _begins_line(self, offset: int) -> bool:
        unit = self.encoding.unit
        return self.cutter.ends_line(await self.reader.read(max(0, offset - unit), unit))

    async def _before(self, offset: int, count: int) -> list[TextRow]:
        """So many rows before a row's first byte; fewer at the start."""
        rows: list[TextRow] = []
        while offset > 0 and len(rows) < count:
            start = await self._line_start(max(0, offset - BACK) if offset > BACK else 0, before=offset)
            content = await self.reader.read(start, offset - start)
            begins = start == 0 or await self._begins_line(start)
            found = self.cutter.cut(content, start, len(content), begins=begins, at_end=True)
            rows, offset = [*found, *rows], start
        return rows[-count:]

    async def _line_start(self, offset: int, before: int | None = None) -> int:
        """The beginning of a line at `offset` or behind it, but before `before`; without `before`, at or before it.

        Where no line begins nearby, a place where a character does.
        """
        unit = self.encoding.unit
        if before is None:
            start = max(0, offset - BACK)
            start -= start % unit
            content = await self.reader.read(start, offset - start)
            last = content.rfind(self.encoding.newline)
            while last >= 0 and last % unit:
                last = content.rfind(self.encoding.newline, 0, last + unit - 1)
            return start + last + unit if last >= 0 else start
        if offset == 0:
            return 0
        offset -= offset % unit
        found = line_begins(await self.reader.read(offset, before - offset), self.encoding)
        return offset + found if found >= 0 else offset
