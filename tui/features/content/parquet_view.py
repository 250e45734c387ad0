"""Parquet as a table. The top of the view is a row number."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncGenerator

from textual.content import Content

from tui.core.content import ContentFacts
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.content.readers_view import ContentSearch, ViewedObject
from tui.features.content.table_words import ColumnWidths, laid_out, rows_by_place
from tui.features.content.text_view import ROW, Room, Screenful
from tui.kit.lines import ACCENT
from tui.messages.content_requests import ReadTable, Searched, TableRows

PAGE = 100
"""Rows of one request."""

MOST_PAGES = 20


class ParquetRows:
    """The rows, read page by page. As a `ContentReader`, its size is the number of rows."""

    def __init__(self, place: ViewedObject, facts: ContentFacts) -> None:
        self._place, self._facts = place, facts
        self._pages: OrderedDict[int, TableRows] = OrderedDict()
        self.size: int | None = None
        self.ends_early = ""

    async def rows(self, start: int, count: int) -> tuple[list[str], list[list[str]]]:
        """The column names, and up to `count` rows. Raises `ProblemError`."""
        pages = [await self._page(number) for number in range(start // PAGE, (start + count - 1) // PAGE + 1)]
        found = [row for page in pages for row in page.rows]
        names = [f"{name}: {kind}" for name, kind in zip(pages[0].names, pages[0].types, strict=True)]
        return names, found[start % PAGE :][:count]

    async def _page(self, number: int) -> TableRows:
        if number not in self._pages:
            place, facts = self._place, self._facts
            request = ReadTable(
                place.connection, place.location, facts.etag, facts.size, number * PAGE, PAGE, place.version
            )
            self._pages[number] = page = await place.engine.ask(request)
            self.size = page.total
        self._pages.move_to_end(number)
        while len(self._pages) > MOST_PAGES:
            self._pages.popitem(last=False)
        return self._pages[number]

    async def read(self, start: int, length: int) -> bytes:  # noqa: ARG002  # rows are no bytes
        """Returns nothing, but afterwards `size` is known."""
        await self._page(0)
        return b""

    def search(self, search: ContentSearch) -> AsyncGenerator[Searched, None]:  # noqa: ARG002  # there is none
        """Raises `ProblemError`: a search would read the whole object."""
        title, remedy = "the viewer cannot search Parquet rows", "copy the object and query it with a Parquet tool"
        raise ProblemError(Problem(ProblemKind.UNSUPPORTED, title, remedy=remedy))


class ParquetView:
    """See `ContentView`."""

    def __init__(self, rows: ParquetRows, room: Room) -> None:
        self.reader, self.room = rows, room
        self._columns = ColumnWidths()
        self._top = 0

    @property
    def top(self) -> int:
        return self._top

    async def show(self) -> Screenful:
        names, found = await self.reader.rows(self._top, max(1, self.room.height - 1))
        for name in names:
            self._columns.add(name)
        heading, texts = laid_out(self._columns, rows_by_place(self._columns, found))
        left, width = self.room.left, self.room.width
        head = Content.styled(heading, f"bold {ACCENT}")[left:].truncate(width)
        body = [Content(text)[left:].truncate(width) for text in texts]
        return Screenful([head, *body], self._top, self._top + len(found), unit=ROW)

    async def scroll(self, rows: int) -> None:
        self._top = max(0, min(self._top + rows, self._last))

    @property
    def _last(self) -> int:
        return max(0, (self.reader.size or 0) - self.room.height + 1)

    async def to_offset(self, offset: int) -> None:
        self._top = max(0, offset)

    async def to_end(self) -> None:
        self._top = self._last

    def mark(self, offset: int, length: int) -> None:
        """See `ContentView`. Does nothing, because rows cannot be searched."""

    def needle(self, text: str) -> bytes:
        return text.encode(errors="surrogateescape")

    def line_search(self, line: int) -> ContentSearch | None:  # noqa: ARG002  # rows are known by their numbers
        return None
