"""The objects of a report, as pages."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from tui.inventory.columnar_file import columnar_batches
from tui.inventory.csv_file import csv_batches
from tui.inventory.manifest import FileFormat, Manifest
from tui.inventory.rows import page_of
from tui.model.listing import Page
from tui.model.location import Location
from tui.stores.base import Store


async def report_pages(store: Store, report: Location, manifest: Manifest, prefix: str) -> AsyncGenerator[Page, None]:
    """The current objects below a prefix, in the order of the report, with owners and ETags where it has them.

    Raises `ProblemError` for a file that cannot be read or is damaged.
    """
    batches = csv_batches if manifest.file_format == FileFormat.CSV else columnar_batches
    for file in manifest.files:
        async with aclosing(batches(store, manifest, file, report)) as parts:
            async for batch in parts:
                yield page_of(batch, prefix)
