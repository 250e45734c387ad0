"""Lines of CSV, TSV and JSON as a table: the heading stays, the lines below it scroll."""

from __future__ import annotations

from textual.content import Content

from tui.kit.lines import ACCENT, MUTED
from tui.text.content.encodings import Encoding
from tui.text.content.kinds import Kind
from tui.text.content.rows import Cutter, TextRow
from tui.text.content.tables import (
    Columns,
    delimiter_of,
    fields_of,
    is_header,
    laid_out,
    record_of,
    rows_by_name,
    rows_by_place,
)
from tui.ui.viewer.highlighting import FOUND
from tui.ui.viewer.readers import Reader
from tui.ui.viewer.text_view import TextView
from tui.ui.viewer.view import Room, Screenful

LONGEST_RECORD = 16 * 1024
"""Bytes of a line that is a row; what is longer is cut into several."""

NO_OBJECT = "(no object)"
"""The column of lines that are no JSON object."""

TABLES = frozenset({Kind.CSV, Kind.TSV, Kind.JSON_LINES})


class TableView(TextView):
    """See `View`; it moves as the text does, by lines."""

    def __init__(self, reader: Reader, encoding: Encoding, kind: Kind, room: Room) -> None:
        super().__init__(reader, encoding, "", room)
        self._kind = kind
        self._columns = Columns()
        self._delimiter = ""
        self._headed = False

    @property
    def cutter(self) -> Cutter:
        """See `TextView`."""
        return Cutter(self.encoding, longest=LONGEST_RECORD)

    @property
    def height(self) -> int:
        """See `TextView`: the heading takes a row."""
        return max(1, self.room.height - 1)

    async def show(self) -> Screenful:
        """See `View`: below the heading."""
        if self._kind is not Kind.JSON_LINES and not self._delimiter:
            await self._read_heading()
        height = self.height
        await self.page(height)
        rows = await self.rows_from(self._top, height + 1)
        shown = [row for row in rows if not (self._headed and row.start == 0)][:height]
        lines = [await self._text_of(row) for row in shown]
        heading, texts = self._table(lines)
        left, width = self.room.left, self.room.width
        body = [self._row(row, text)[left:].truncate(width) for row, text in zip(shown, texts, strict=True)]
        head = Content.styled(heading, f"bold {ACCENT}")[left:].truncate(width)
        return Screenful([head, *body], self._top, shown[-1].end if shown else self._top, self._line)

    def _row(self, row: TextRow, text: str) -> Content:
        if self._found is not None and row.start <= self._found[0] < row.end:
            return Content.styled(text, FOUND)
        return Content(text) if row.begins else Content.styled(text, MUTED)

    def _table(self, lines: list[str]) -> tuple[str, list[str]]:
        if self._kind is Kind.JSON_LINES:
            rows = rows_by_name(self._columns, [record_of(line) or {NO_OBJECT: line} for line in lines])
        else:
            rows = rows_by_place(self._columns, [fields_of(line, self._delimiter) for line in lines])
        return laid_out(self._columns, rows)

    async def _read_heading(self) -> None:
        first = await self.rows_from(0, 1)
        line = await self._text_of(first[0]) if first else ""
        self._delimiter = delimiter_of(self._kind, line)
        fields = fields_of(line, self._delimiter)
        self._headed = is_header(fields)
        for name in fields if self._headed else ():
            self._columns.add(name)

    async def _text_of(self, row: TextRow) -> str:
        content = await self.reader.read(row.start, row.end - row.start)
        return self.encoding.text(content).removeprefix("\ufeff")
