"""Chooses the view of an object by its content: text, table, JSON, image, or bytes."""

from __future__ import annotations

from tui.core.content import FIRST_BYTES
from tui.core.problem import ProblemError
from tui.features.content.image_view import ImageView, image_view
from tui.features.content.parquet_view import ParquetRows, ParquetView
from tui.features.content.readers_view import MemoryReader, OpenedContent
from tui.features.content.text_view import TABLES, ContentView, HexView, Room, TableView, TextView, language_of
from tui.features.content.words import UTF_8, ContentKind, indented
from tui.text.format import visible

LONGEST_DOCUMENT = 1 << 20
"""Bytes. A longer JSON document is not formatted."""

_BYTES = (ContentKind.BINARY, ContentKind.IMAGE, ContentKind.PARQUET)


async def first_view(opened: OpenedContent, room: Room) -> tuple[ContentView, str]:
    """The view for this kind of content, and a message. Bytes for a damaged table, or without the library for it."""
    try:
        if opened.kind is ContentKind.PARQUET and opened.inside is opened.raw:
            view = table_view(opened, room)
            await view.show()
            return view, ""
        if opened.kind is ContentKind.IMAGE:
            return await image_view(opened.inside, room), ". has it in pixels, where the terminal can"
    except ProblemError as error:
        return hex_view(opened, room), visible(error.problem.sentence())
    if opened.kind in TABLES:
        return table_view(opened, room), ""
    if opened.kind is ContentKind.JSON and (opened.inside.size or FIRST_BYTES) < FIRST_BYTES:
        return await indented_view(opened, room) or text_view(opened, room), ""
    return hex_view(opened, room) if opened.kind in _BYTES else text_view(opened, room), ""


def text_view(opened: OpenedContent, room: Room, *, raw: bool = False) -> TextView:
    """`raw`: show the compressed bytes, not the decompressed text."""
    reader = opened.raw if raw else opened.inside
    return TextView(reader, opened.encoding, language_of(opened.name), room)


def hex_view(opened: OpenedContent, room: Room, *, raw: bool = False) -> HexView:
    return HexView(opened.raw if raw else opened.inside, room)


def table_view(opened: OpenedContent, room: Room) -> TableView | ParquetView:
    if opened.kind is ContentKind.PARQUET:
        return ParquetView(ParquetRows(opened.place, opened.facts), room)
    return TableView(opened.inside, opened.encoding, opened.kind, room)


async def indented_view(opened: OpenedContent, room: Room) -> TextView | None:
    """Formatted JSON; None if it is too long or not JSON. Reads all of it. Raises `ProblemError`."""
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
