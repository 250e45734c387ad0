"""The objects of an S3 Inventory report, with their owners, as a repair wants them.

A report is a day old or more: whose an object is by now is found out before it is changed.
"""

from __future__ import annotations

from array import array
from collections.abc import AsyncGenerator
from contextlib import aclosing

from tui.core.listing import UNKNOWN_INDEX
from tui.core.location import Location
from tui.core.orders import Selection
from tui.stores.base import Store
from tui.stores.inventory_report import read_manifest
from tui.stores.inventory_rows import report_pages
from tui.stores.store_values import ARCHIVES
from tui.transfers.selection import KEYS_PER_PAGE, Picked, SectionPage, outermost

NEEDED = ("Size", "ObjectOwner")
"""The fields without which a report does not say what is to be repaired."""


async def inventory_pages(
    store: Store, location: Location, selection: Selection, section: int
) -> AsyncGenerator[SectionPage]:
    """The current objects below one prefix of a selection, in the order of the report, with their owners.

    Raises `ProblemError` for a report that cannot be used, and for a file of it that is damaged.
    """
    prefix = outermost(selection.prefixes)[section - 1]
    manifest = await read_manifest(store, location, selection.base.bucket, NEEDED)
    picked: list[Picked] = []
    async with aclosing(report_pages(store, location, manifest, prefix)) as pages:
        async for page in pages:
            owners = [page.owners[each].id if each != UNKNOWN_INDEX else "" for each in array("H", page.owner_index)]
            picked += [
                Picked(
                    each.key,
                    each.size,
                    each.modified,
                    archived=each.storage_class in ARCHIVES,
                    etag=each.etag,
                    storage_class=each.storage_class,
                    owner=owner,
                )
                for each, owner in zip(page.objects(), owners, strict=True)
            ]
            while len(picked) >= KEYS_PER_PAGE:
                yield SectionPage(section, picked[:KEYS_PER_PAGE])
                picked = picked[KEYS_PER_PAGE:]
    if picked:
        yield SectionPage(section, picked)
