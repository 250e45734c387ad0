"""Answers about buckets and prefixes: list, create, delete, remove."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial

from tui.answering.handlers import Handlers
from tui.answering.rooms import Rooms
from tui.core.listing import BucketList, Page
from tui.features.buckets import create, emptying
from tui.link.request import Done
from tui.messages.listing_requests import (
    CreateBucket,
    CreatePrefix,
    DeleteBucket,
    ListBuckets,
    ListObjects,
    PlanRemoval,
    RemovalPlan,
)
from tui.stores.partitioned import every_page

HANDLERS = Handlers()


@HANDLERS.request(ListBuckets)
async def list_buckets(rooms: Rooms, request: ListBuckets) -> BucketList:
    return await (await rooms.store(request.connection)).buckets()


@HANDLERS.feed_from(ListObjects)
async def list_objects(rooms: Rooms, feed: ListObjects) -> AsyncGenerator[Page, None]:
    """Without ETags: no pane shows them."""
    store = await rooms.store(feed.connection)
    listing = partial(every_page, store) if feed.recursive else store.pages
    return listing(feed.location.bucket, feed.location.key, etags=False)


@HANDLERS.request(CreatePrefix)
async def create_prefix(rooms: Rooms, request: CreatePrefix) -> Done:
    """An empty object whose key ends in ``/``, or a directory."""
    store = await rooms.store(request.connection)
    await create.create_prefix(store, request.location, await rooms.account(request.connection))
    return Done()


@HANDLERS.request(CreateBucket)
async def create_bucket(rooms: Rooms, request: CreateBucket) -> Done:
    await create.create_bucket(await rooms.store(request.connection), request.bucket, request.region)
    return Done()


@HANDLERS.request(DeleteBucket)
async def delete_bucket(rooms: Rooms, request: DeleteBucket) -> Done:
    await create.delete_bucket(await rooms.store(request.connection), request.bucket)
    return Done()


@HANDLERS.feed_from(PlanRemoval)
async def plan_removal(rooms: Rooms, feed: PlanRemoval) -> AsyncGenerator[RemovalPlan, None]:
    return emptying.plan_removal(feed.order, await rooms.store(feed.order.selection.connection))
