"""Which view shows a content: at first by its kind, then by the keys."""

from __future__ import annotations

from tui.core.content import FIRST_BYTES
from tui.core.problem import ProblemError
from tui.text.content.encodings import UTF_8
from tui.text.content.indented import indented
from tui.text.content.kinds import Kind
from tui.text.format import visible
from tui.ui.viewer.hex_view import HexView
from tui.ui.viewer.highlighting import language_of
from tui.ui.viewer.image_view import ImageView, image_view
from tui.ui.viewer.opened import OpenedContent
from tui.ui.viewer.parquet_view import ParquetRows, ParquetView
from tui.ui.viewer.readers import MemoryReader
from tui.ui.viewer.table_view import TABLES, TableView
from tui.ui.viewer.text_view import TextView
from tui.ui.viewer.view import Room, View

LONGEST_DOCUMENT = 1 << 20
"""Bytes of a JSON document that is read whole and laid out in lines."""

_BYTES = (Kind.BINARY, Kind.IMAGE, Kind.PARQUET)


async def first_view(opened: OpenedContent, room: Room) -> tuple[View, str]:
    """By what it is, and words about it; a table whose library is not installed, or which is damaged, as bytes."""
    if opened.kind is Kind.PARQUET and opened.inside is opened.raw:
        try:
            view = table_view(opened, room)
            await view.show()
        except ProblemError as error:
            return hex_view(opened, room), visible(error.problem.sentence())
        return view, ""
    if opened.kind is Kind.IMAGE:
        try:
            return await image_view(opened.inside, room), "i shows it in pixels, where the terminal can"
        except ProblemError as error:
            return hex_view(opened, room), visible(error.problem.sentence())
    if opened.kind in TABLES:
        return table_view(opened, room), ""
    if opened.kind is Kind.JSON and (opened.inside.size or FIRST_BYTES) < FIRST_BYTES:
        return await indented_view(opened, room) or text_view(opened, room), ""
    return hex_view(opened, room) if opened.kind in _BYTES else text_view(opened, room), ""


def text_view(opened: OpenedContent, room: Room, *, raw: bool = False) -> TextView:
    """Lines of text; `raw`: of the bytes of a compressed content as they are."""
    reader = opened.raw if raw else opened.inside
    return TextView(reader, opened.encoding, language_of(opened.name), room)


def hex_view(opened: OpenedContent, room: Room, *, raw: bool = False) -> HexView:
    """Bytes; `raw` as for `text_view`."""
    return HexView(opened.raw if raw else opened.inside, room)


def table_view(opened: OpenedContent, room: Room) -> TableView | ParquetView:
    """Rows of columns, for the kinds that have some."""
    if opened.kind is Kind.PARQUET:
        return ParquetView(ParquetRows(opened.place, opened.facts), room)
    return TableView(opened.inside, opened.encoding, opened.kind, room)


async def indented_view(opened: OpenedContent, room: Room) -> TextView | None:
    """JSON in lines, where it is some and not too long; it is read whole. Raises `ProblemError`."""
    content = await opened.inside.read(0, LONGEST_DOCUMENT + 1)
    laid_out = indented(opened.encoding.text(content)) if len(content) <= LONGEST_DOCUMENT else None
    if laid_out is None:
        return None
    return TextView(MemoryReader(UTF_8.bytes_of(laid_out)), UTF_8, "json", room)


def how(view: View) -> str:
    """The way it is shown, for the title."""
    if isinstance(view, TableView | ParquetView):
        return "table"
    if isinstance(view, TextView):
        return "laid out" if isinstance(view.reader, MemoryReader) else view.encoding.name
    if isinstance(view, ImageView):
        return "{}×{}".format(*view.size)
    return "hex" if isinstance(view, HexView) else ""
