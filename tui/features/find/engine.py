"""Search below a location, and storage statistics."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING

from tui.answering.handlers import Handlers
from tui.answering.rooms import Rooms
from tui.core.listing import Page, chosen_rows
from tui.core.location import Location
from tui.core.searching import SearchUpdate, SizesFound, StorageUse
from tui.core.wildcards import matching
from tui.messages.listing_requests import FindObjects, MeasureSizes

if TYPE_CHECKING:
    from tui.features.find.search import KeySource
    from tui.stores.base import Store

HANDLERS = Handlers()


@HANDLERS.feed_from(FindObjects)
async def find_objects(rooms: Rooms, feed: FindObjects) -> AsyncGenerator[SearchUpdate, None]:
    from tui.features.find.measure_sizes import fields_needed
    from tui.features.find.search import Matcher, find
    from tui.transfers.bucket_owner import read_target_bucket

    store, place, search = await rooms.store(feed.connection), feed.location, feed.search
    owner = (await read_target_bucket([store], place.bucket)).owner if search.criteria.foreign else None
    matcher = Matcher(search.criteria, place, rooms.addresses.book, owner.id if owner else "")
    source = await _source(store, place, search.inventory, feed.match, fields_needed(search.criteria))
    return find(store, place, search, matcher, source)


@HANDLERS.feed_from(MeasureSizes)
async def measure_sizes(rooms: Rooms, feed: MeasureSizes) -> AsyncGenerator[SizesFound, None]:
    from tui.features.find.measure_sizes import measure_current, measure_noncurrent, measure_uploads

    store, now = await rooms.store(feed.connection), time.time()
    match feed.stored:
        case StorageUse.CURRENT:
            source = await _source(store, feed.location, feed.inventory, feed.match)
            return measure_current(feed.location, feed.depth, now, source)
        case StorageUse.NONCURRENT:
            return measure_noncurrent(store, feed.location, feed.depth, now)
        case StorageUse.UPLOADS:
            return measure_uploads(store, feed.location, feed.depth, now)


async def _source(
    store: Store, place: Location, inventory: str, match: Sequence[str], needed: Sequence[str] = ()
) -> KeySource:
    """The source of the keys. Raises `ProblemError` (INVALID) for a report, or a pattern, that cannot be used."""
    from tui.features.find.measure_sizes import from_report
    from tui.features.find.search import KeySource
    from tui.stores.partitioned import every_page

    if inventory:
        source = await from_report(store, place, inventory, needed)
    else:
        source = KeySource(partial(every_page, store, place.bucket, place.key, etags=False))
    return KeySource(partial(_matching_pages, source, matching(match)), source.report) if match else source


async def _matching_pages(source: KeySource, fits: Callable[[str], bool]) -> AsyncGenerator[Page, None]:
    async with aclosing(source.pages()) as pages:
        async for page in pages:
            yield chosen_rows(page, [row for row, name in enumerate(page.names) if fits(page.prefix + name)])
