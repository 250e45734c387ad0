"""The objects of a report, as pages."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from tui.core.listing import Page
from tui.core.location import Location
from tui.inventory.manifest import Manifest
from tui.inventory.report_file import pages_of_file
from tui.reader.reader_process import ReaderProcess
from tui.reader.report_rows import FIELDS, VERSION
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
    reader = ReaderProcess()
    try:
        for file in manifest.files:
            async with aclosing(pages_of_file(reader, store, manifest, file, report, fields, prefix)) as pages:
                async for page in pages:
                    yield page
    finally:
        reader.end()
