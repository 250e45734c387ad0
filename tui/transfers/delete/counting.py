"""Counting what a deletion would take."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial

from msgspec.structs import replace

from tui.core.orders import DeleteOrder, Selection
from tui.core.problem import ProblemError
from tui.core.transfer import Tally
from tui.stores.base import Store
from tui.transfers.delete.deletion import (
    is_marked_link,
    is_missing,
    look_at_meant,
    refuse_lone,
    refuse_versions_of_many,
)
from tui.transfers.order.counting import Keep
from tui.transfers.order.filters import ObjectFilter
from tui.transfers.order.links import is_link
from tui.transfers.order.selection import Picked, listed_pages
from tui.transfers.tasks import in_batches


async def _is_key_link(store: Store, selection: Selection, picked: Picked) -> bool:
    return await is_link(store, selection.base.bucket, picked.key)


async def plan_delete(order: DeleteOrder, store: Store, keep: Keep | None = None) -> AsyncGenerator[Tally]:
    """How many objects a deletion would take, and their bytes: after each page, the last one complete.

    `keep` is called for each page of a prefix, in key order, before it is counted.
    A marked key that cannot be looked at is counted without its size. Raises `ProblemError` as listings do, for an
    order that makes no sense or is forbidden, and if the only key that is selected is missing.
    """
    refuse_versions_of_many(order.selection)
    if forbidden := await store.write_refusal(order.selection.base.bucket):
        raise ProblemError(forbidden)
    wanted = ObjectFilter(order.selection)
    tally = Tally()

    async def known(picked: Picked) -> Picked | None:
        if picked.size is not None or not wanted.takes_name(picked.key):
            return picked
        try:
            return await look_at_meant(store, order.selection, picked.key)
        except ProblemError as error:
            if await is_missing(store, order.selection, picked.key, error.problem):
                refuse_lone(order.selection, error.problem)
                return None
            return picked  # the deletion itself will say what is wrong with it

    async with aclosing(listed_pages(store, order.selection, ordered=keep is not None)) as pages:
        async for section_page in pages:
            page = section_page.picked
            if keep and section_page.section:
                keep(section_page)
            seen = [each for each in await in_batches(known, page) if each] if page and page[0].size is None else page
            meant = [each for each in seen if wanted.takes(each.key, each.size, each.modified)]
            links = sum(is_marked_link(order.selection, each) for each in meant)
            unfit = sum(bool(each.unfit) for each in meant) - links
            if not section_page.section:
                links += sum(await in_batches(partial(_is_key_link, store, order.selection), meant))
            tally = Tally(
                objects=tally.objects + len(meant) - unfit,
                bytes=tally.bytes + sum(each.size or 0 for each in meant),
                filtered=tally.filtered + len(seen) - len(meant),
                unfit=tally.unfit + unfit,
                links=tally.links + links,
            )
            yield tally
    yield replace(tally, complete=True)
