"""Buckets and prefixes: listed, created, deleted, removed with everything in them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
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
    SubmitRemoval,
)
from tui.messages.order_requests import Accepted
from tui.stores.partitioned import every_page

HANDLERS = Handlers()


@HANDLERS.request(ListBuckets)
async def list_buckets(rooms: Rooms, request: ListBuckets) -> BucketList:
    """The identity's own buckets."""
    return await (await rooms.store(request.connection)).buckets()


@HANDLERS.feed(ListObjects)
async def list_objects(rooms: Rooms, feed: ListObjects) -> AsyncGenerator[Page, None]:
    """Pages of a prefix, without the ETags: no pane shows them."""
    store = await rooms.store(feed.connection)
    listing = partial(every_page, store) if feed.recursive else store.pages
    async with aclosing(listing(feed.location.bucket, feed.location.key, etags=False)) as pages:
        async for page in pages:
            yield page


@HANDLERS.request(CreatePrefix)
async def create_prefix(rooms: Rooms, request: CreatePrefix) -> Done:
    """Make an empty object that ends in ``/``, or a directory."""
    store = await rooms.store(request.connection)
    await create.create_prefix(store, request.location, await rooms.account(request.connection))
    return Done()


@HANDLERS.request(CreateBucket)
async def create_bucket(rooms: Rooms, request: CreateBucket) -> Done:
    await create.create_bucket(await rooms.store(request.connection), request.bucket, request.region)
    return Done()


@HANDLERS.request(DeleteBucket)
async def delete_bucket(rooms: Rooms, request: DeleteBucket) -> Done:
    """Delete an empty bucket."""
    await create.delete_bucket(await rooms.store(request.connection), request.bucket)
    return Done()


@HANDLERS.feed(PlanRemoval)
async def plan_removal(rooms: Rooms, feed: PlanRemoval) -> AsyncGenerator[RemovalPlan, None]:
    """What the removal of a bucket would delete."""
    store = await rooms.store(feed.order.selection.connection)
    async with aclosing(emptying.plan_removal(feed.order, store)) as plans:
        async for each in plans:
            yield each


@HANDLERS.request(SubmitRemoval)
async def submit_removal(rooms: Rooms, request: SubmitRemoval) -> Accepted:
    return Accepted(await rooms.transfers.submit(request.order, request.limits))
