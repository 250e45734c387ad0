"""Rows of tables that have to be read by their own library: Parquet."""

from __future__ import annotations

from msgspec import Struct

from tui.model.location import Location
from tui.protocol.messages.base import Request


class TableRows(Struct, frozen=True):
    """Some rows as text, `start` the number of the first one; `total` rows in all."""

    names: list[str]
    types: list[str]
    rows: list[list[str]]
    start: int
    total: int


class ReadTable(Request[TableRows], frozen=True, tag="read-table"):
    """Rows of a Parquet object of this ETag and size: the footer, and of the row groups what these rows need."""

    connection: str
    location: Location
    etag: str
    size: int
    start: int
    count: int
    version: str = ""


Requests = ReadTable
"""All requests of this subject."""
