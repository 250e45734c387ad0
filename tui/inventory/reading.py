"""The objects of a report, as pages."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from tui.inventory.columnar_file import columnar_batches
from tui.inventory.csv_file import csv_batches
from tui.inventory.manifest import FileFormat, Manifest
from tui.inventory.rows import FIELDS, VERSION, page_of
from tui.model.listing import Page
from tui.model.location import Location
from tui.stores.base import Store


async def report_pages(store: Store, report: Location, manifest: Manifest, prefix: str) -> AsyncGenerator[Page, None]:
    """The current objects below a prefix, in the order of the report, with owners and ETags where it has them.

    Raises `ProblemError` for a file that cannot be read or is damaged.
    """
    async with aclosing(_pages(store, report, manifest, prefix, FIELDS)) as pages:
        async for page, _ in pages:
            yield page


async def versioned_pages(
    store: Store, report: Location, manifest: Manifest, prefix: str
) -> AsyncGenerator[tuple[Page, list[str]], None]:
    """The same with the version of each object."""
    async with aclosing(_pages(store, report, manifest, prefix, (*FIELDS, VERSION))) as pages:
        async for page in pages:
            yield page


async def _pages(
    store: Store, report: Location, manifest: Manifest, prefix: str, fields: Sequence[str]
) -> AsyncGenerator[tuple[Page, list[str]], None]:
    batches = csv_batches if manifest.file_format == FileFormat.CSV else columnar_batches
    for file in manifest.files:
        async with aclosing(batches(store, manifest, file, report, fields)) as parts:
            async for batch in parts:
                yield page_of(batch, prefix)
