"""Answers about buckets and prefixes: list, create, delete, remove."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial

from msgspec import structs

from tui.answering.handlers import Handlers
from tui.answering.rooms import Rooms
from tui.core.identity import Owner
from tui.core.listing import BucketList, Page
from tui.core.location import DELIMITER, Location
from tui.core.naming import counted, wrong_with_bucket_name
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.buckets import emptying
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
from tui.stores.base import Store
from tui.stores.partitioned import every_page
from tui.stores.store_values import ONLY_NEW, ObjectAttributes, WriteResult
from tui.transfers.attributes import TargetRefusals, write_degrading
from tui.transfers.bucket_owner import acl_to_send, read_target_bucket
from tui.transfers.target_keys import look_for

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
async def answer_create_prefix(rooms: Rooms, request: CreatePrefix) -> Done:
    """An empty object whose key ends in ``/``, or a directory."""
    store = await rooms.store(request.connection)
    await create_prefix(store, request.location, await rooms.account(request.connection))
    return Done()


@HANDLERS.request(CreateBucket)
async def answer_create_bucket(rooms: Rooms, request: CreateBucket) -> Done:
    await create_bucket(await rooms.store(request.connection), request.bucket, request.region)
    return Done()


@HANDLERS.request(DeleteBucket)
async def answer_delete_bucket(rooms: Rooms, request: DeleteBucket) -> Done:
    await delete_bucket(await rooms.store(request.connection), request.bucket)
    return Done()


@HANDLERS.feed_from(PlanRemoval)
async def plan_removal(rooms: Rooms, feed: PlanRemoval) -> AsyncGenerator[RemovalPlan, None]:
    return emptying.plan_removal(feed.order, await rooms.store(feed.order.selection.connection))


async def create_prefix(store: Store, location: Location, account: Owner | None) -> Location:
    """Make the empty object whose key ends in ``/``; returns its location. `account`: the identity's, if known.

    What is there already stays. In another account's bucket it is given the ACL that a copy would get. Raises
    `ProblemError`: of kind INVALID without a request if it can have no such key, of kind EXISTS if it is there.
    """
    key = location.key if location.key.endswith(DELIMITER) else location.key + DELIMITER
    _refuse_prefix(location, key)
    if forbidden := await store.write_refusal(location.bucket):
        raise ProblemError(forbidden)
    if (await look_for([store], location.bucket, key)).head is not None:  # not every server honors the condition
        uri, cause = Location(location.bucket, key).uri, "an object with this name exists"
        remedy = "choose another name"
        raise ProblemError(Problem(ProblemKind.EXISTS, "the prefix exists", cause, remedy, resource=uri))
    wanted, foreign = await _attributes(store, location.bucket, account)

    async def put(attributes: ObjectAttributes) -> WriteResult:
        return await store.put(location.bucket, key, b"", attributes, when=ONLY_NEW)

    await write_degrading(wanted, put, TargetRefusals(), foreign=foreign)
    return Location(location.bucket, key)


async def _attributes(store: Store, bucket: str, account: Owner | None) -> tuple[ObjectAttributes, bool]:
    """The attributes of the new object, and whether the bucket belongs (or may belong) to another account."""
    if not store.capabilities.acls:
        return ObjectAttributes(), False
    target = await read_target_bucket([store], bucket)
    return ObjectAttributes(acl=acl_to_send(target, account)), target.belongs_to(account) is not True


async def create_bucket(store: Store, bucket: str, region: str = "") -> None:
    """CreateBucket; `region` empty: the identity's own. Raises `ProblemError`, for a bad name without a request."""
    refuse_bucket_name(bucket)
    await store.create_bucket(bucket, region)


async def delete_bucket(store: Store, bucket: str) -> None:
    """If the server says that the bucket is not empty, the `ProblemError` (INVALID) lists what may be in it."""
    try:
        await store.delete_bucket(bucket)
    except ProblemError as error:
        if error.problem.code != "BucketNotEmpty":
            raise
        raise ProblemError(structs.replace(error.problem, kind=ProblemKind.INVALID, **_NOT_EMPTY)) from error


_NOT_EMPTY = {
    "title": "the bucket is not empty",
    "cause": "S3 deletes only empty buckets: no objects, versions, delete markers or uploads",
    "remedy": "delete the bucket with its content: in the pane, or with xs3-tui rb --force",
}


def refuse_bucket_name(name: str) -> None:
    """Raise `ProblemError` (INVALID) for a name that S3 does not accept."""
    if why := wrong_with_bucket_name(name):
        raise _invalid(
            f"{name!r} is not a valid bucket name", why, "use 3 to 63 characters: a-z, 0-9, hyphen and dot", name
        )


def _refuse_prefix(location: Location, key: str) -> None:
    if not location.bucket:
        raise _invalid("a prefix needs a bucket", "no bucket is open", "open a bucket first", location.uri)
    if not location.key.strip(DELIMITER):
        raise _invalid("the prefix has no name", "a key cannot consist of slashes only", "give it a name", location.uri)
    try:
        size = len(key.encode())
    except UnicodeEncodeError as error:
        raise _invalid("this is not a valid prefix name", "it is not UTF-8", "give another name", "") from error
    if size > location.kind.longest_key:
        cause = f"the key would have {counted(size, 'byte')}, S3 allows {location.kind.longest_key:,}"
        raise _invalid("this is not a valid prefix name", cause, "choose a shorter name", location.uri)


def _invalid(title: str, cause: str, remedy: str, resource: str) -> ProblemError:
    return ProblemError(Problem(kind=ProblemKind.INVALID, title=title, cause=cause, remedy=remedy, resource=resource))
