"""Searches below a location."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING

from tui.engine.rooms import Feeds, Rooms
from tui.model.finding.found import Found
from tui.protocol.messages.finding import FindObjects

if TYPE_CHECKING:
    from tui.stores.base import Store


async def find_objects(rooms: Rooms, feed: FindObjects) -> AsyncGenerator[Found, None]:
    """What is found, page by page."""
    from tui.finding.matching import Matcher
    from tui.finding.search import Source, find
    from tui.stores.partitioned.listing import every_page

    store, place, search = await rooms.store(feed.connection), feed.location, feed.search
    owner = await _bucket_owner(store, place.bucket) if search.criteria.foreign else ""
    matcher = Matcher(search.criteria, place, rooms.addresses.book, owner)
    source = Source(partial(every_page, store, place.bucket, place.key, etags=False))
    async with aclosing(find(store, place, search, matcher, source)) as founds:
        async for found in founds:
            yield found


async def _bucket_owner(store: Store, bucket: str) -> str:
    from tui.transfers.order.ownership import read_target_bucket

    owner = (await read_target_bucket([store], bucket)).owner
    return owner.id if owner else ""


FEEDS: Feeds = {FindObjects: find_objects}
