"""The objects that a repair may be about, page by page, with their owners: listed, or read from an inventory report."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from tui.transfers.repair.inventory import inventory_pages
from tui.transfers.repair.parties import Parties
from tui.transfers.selection import SectionPage, section_count, section_pages


async def pages_of(parties: Parties, section: int, after: str = "") -> AsyncGenerator[SectionPage]:
    """One section of the selection, what lies `after` a key; an inventory, which has no order, from its beginning.

    Marked keys (section 0) have no owner yet. Raises `ProblemError` as listings do.
    """
    order = parties.order
    if order.inventory and section:
        pages = inventory_pages(parties.lister, order.inventory, order.selection, section)
    else:
        pages = section_pages(parties.lister, order.selection, section, after, owners=True)
    async with aclosing(pages):
        async for page in pages:
            yield page


async def all_pages(parties: Parties) -> AsyncGenerator[SectionPage]:
    """All sections. Raises `ProblemError` as listings do."""
    for section in range(section_count(parties.order.selection)):
        async with aclosing(pages_of(parties, section)) as pages:
            async for page in pages:
                yield page
