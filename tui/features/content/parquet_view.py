"""Parquet as a table: the top is the number of a row."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncGenerator

from textual.content import Content

from tui.core.content import FIRST_BYTES, ContentFacts
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.content.image_view import ImageView, image_view
from tui.features.content.readers_view import ContentSearch, MemoryReader, OpenedContent, ViewedObject
from tui.features.content.table_words import ColumnWidths, laid_out, rows_by_place
from tui.features.content.text_view import (
    ROW,
    TABLES,
    ContentView,
    HexView,
    Room,
    Screenful,
    TableView,
    TextView,
    language_of,
)
from tui.features.content.words import UTF_8, ContentKind, indented
from tui.kit.lines import ACCENT
from tui.messages.content_requests import ReadTable, Searched, TableRows
from tui.text.format import visible

PAGE = 100
"""Rows of one request."""

MOST_PAGES = 20


class ParquetRows:
    """The rows, asked for by pages; as a `ContentReader` its size is their number."""

    def __init__(self, place: ViewedObject, facts: ContentFacts) -> None:
        self._place, self._facts = place, facts
        self._pages: OrderedDict[int, TableRows] = OrderedDict()
        self.size: int | None = None
        self.ends_early = ""

    async def rows(self, start: int, count: int) -> tuple[list[str], list[list[str]]]:
        """The names of the columns, and so many rows, fewer at the end. Raises `ProblemError`."""
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
        """Nothing; but the number of rows is known afterwards."""
        await self._page(0)
        return b""

    def search(self, search: ContentSearch) -> AsyncGenerator[Searched, None]:  # noqa: ARG002  # there is none
        """Raises `ProblemError`: a search would have to read all of it."""
        raise ProblemError(
            Problem(
                kind=ProblemKind.UNSUPPORTED,
                title="the viewer cannot search Parquet rows",
                remedy="copy the object and query it with a Parquet tool",
            )
        )


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
        """See `ContentView`: nothing is found here."""

    def needle(self, text: str) -> bytes:
        return text.encode(errors="surrogateescape")

    def line_search(self, line: int) -> ContentSearch | None:  # noqa: ARG002  # rows are known by their numbers
        return None


LONGEST_DOCUMENT = 1 << 20
"""Bytes of a JSON document that is read whole and laid out in lines."""

_BYTES = (ContentKind.BINARY, ContentKind.IMAGE, ContentKind.PARQUET)


async def first_view(opened: OpenedContent, room: Room) -> tuple[ContentView, str]:
    """By what it is, and words about it; a table whose library is not installed, or which is damaged, as bytes."""
    if opened.kind is ContentKind.PARQUET and opened.inside is opened.raw:
        try:
            view = table_view(opened, room)
            await view.show()
        except ProblemError as error:
            return hex_view(opened, room), visible(error.problem.sentence())
        return view, ""
    if opened.kind is ContentKind.IMAGE:
        try:
            return await image_view(opened.inside, room), "i shows it in pixels, where the terminal can"
        except ProblemError as error:
            return hex_view(opened, room), visible(error.problem.sentence())
    if opened.kind in TABLES:
        return table_view(opened, room), ""
    if opened.kind is ContentKind.JSON and (opened.inside.size or FIRST_BYTES) < FIRST_BYTES:
        return await indented_view(opened, room) or text_view(opened, room), ""
    return hex_view(opened, room) if opened.kind in _BYTES else text_view(opened, room), ""


def text_view(opened: OpenedContent, room: Room, *, raw: bool = False) -> TextView:
    """Lines of text; `raw`: of the bytes of a compressed content as they are."""
    reader = opened.raw if raw else opened.inside
    return TextView(reader, opened.encoding, language_of(opened.name), room)


def hex_view(opened: OpenedContent, room: Room, *, raw: bool = False) -> HexView:
    return HexView(opened.raw if raw else opened.inside, room)


def table_view(opened: OpenedContent, room: Room) -> TableView | ParquetView:
    if opened.kind is ContentKind.PARQUET:
        return ParquetView(ParquetRows(opened.place, opened.facts), room)
    return TableView(opened.inside, opened.encoding, opened.kind, room)


async def indented_view(opened: OpenedContent, room: Room) -> TextView | None:
    """JSON in lines, where it is some and not too long; it is read whole. Raises `ProblemError`."""
    content = await opened.inside.read(0, LONGEST_DOCUMENT + 1)
    laid_out = indented(opened.encoding.text(content)) if len(content) <= LONGEST_DOCUMENT else None
    if laid_out is None:
        return None
    return TextView(MemoryReader(UTF_8.bytes_of(laid_out)), UTF_8, "json", room)


def how(view: ContentView) -> str:
    if isinstance(view, TableView | ParquetView):
        return "table"
    if isinstance(view, TextView):
        return "laid out" if isinstance(view.reader, MemoryReader) else view.encoding.name
    if isinstance(view, ImageView):
        return "{}×{}".format(*view.size)
    return "hex" if isinstance(view, HexView) else ""
