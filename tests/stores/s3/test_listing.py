"""Listing, on every server."""

from collections.abc import AsyncIterator

from tests.servers.buckets import BucketPair
from tests.servers.policies import grant_write
from tui.model.listing import ObjectSummary, Page
from tui.stores.s3 import S3Store
from tui.stores.values import ObjectAttributes

PLAIN = ObjectAttributes()


async def pages_of(pages: AsyncIterator[Page]) -> list[Page]:
    return [page async for page in pages]


async def objects_of(pages: AsyncIterator[Page]) -> list[ObjectSummary]:
    return [entry async for page in pages for entry in page.objects()]


async def put_all(store: S3Store, bucket: str, *keys: str) -> None:
    for key in keys:
        await store.put(bucket, key, key.encode(), PLAIN)


async def test_own_buckets_only(a: S3Store, bucket_pair: BucketPair) -> None:
    listed = await a.buckets()
    names = [bucket.name for bucket in listed.buckets]
    assert bucket_pair.a in names
    assert bucket_pair.b not in names
    assert listed.owner is not None
    assert listed.owner.id == bucket_pair.server.a.canonical_id
    assert all(bucket.created > 1e9 for bucket in listed.buckets)


async def test_an_empty_prefix_is_one_empty_last_page(a: S3Store, bucket_pair: BucketPair) -> None:
    [page] = await pages_of(a.pages(bucket_pair.a, "nothing/"))
    assert (page.prefixes, page.names, page.last) == ([], [], True)


async def test_one_level_in_the_order_of_s3(a: S3Store, bucket_pair: BucketPair) -> None:
    await put_all(a, bucket_pair.a, "in/b", "in/a", "in/Z", "in/sub/x", "in/sub/y", "in//z", "in/ü/x", "out/x")
    [page] = await pages_of(a.pages(bucket_pair.a, "in/"))
    assert page.prefix == "in/"
    assert page.prefixes == ["/", "sub/", "ü/"]
    assert page.names == ["Z", "a", "b"]


async def test_every_key_below_a_prefix(a: S3Store, bucket_pair: BucketPair) -> None:
    await put_all(a, bucket_pair.a, "in/b", "in/sub/x", "in//z", "out/x")
    [page] = await pages_of(a.pages(bucket_pair.a, "in/", recursive=True))
    assert page.prefixes == []
    assert page.names == ["/z", "b", "sub/x"]


async def test_the_marker_of_a_prefix_is_an_object_without_a_name(a: S3Store, bucket_pair: BucketPair) -> None:
    await put_all(a, bucket_pair.a, "in/", "in/a")
    [page] = await pages_of(a.pages(bucket_pair.a, "in/"))
    assert page.names == ["", "a"]


async def test_what_a_row_says(a: S3Store, bucket_pair: BucketPair) -> None:
    etag = (await a.put(bucket_pair.a, "k", b"12345", PLAIN)).etag
    head = await a.head(bucket_pair.a, "k")
    [entry] = await objects_of(a.pages(bucket_pair.a, ""))
    assert (entry.key, entry.size, entry.etag, entry.storage_class) == ("k", 5, etag, "STANDARD")
    assert abs(entry.modified - head.modified) <= 1
    assert entry.owner is not None
    assert entry.owner.id == bucket_pair.server.a.canonical_id
    [page] = await pages_of(a.pages(bucket_pair.a, "", etags=False))
    assert page.etags == []


async def test_each_row_has_its_owner(a: S3Store, b: S3Store, bucket_pair: BucketPair) -> None:
    server = bucket_pair.server
    bucket_pair.set_policy_of_a(*grant_write(bucket_pair.a, server.b.principal))
    await put_all(a, bucket_pair.a, "1", "3")
    await put_all(b, bucket_pair.a, "2", "4")
    owners = [entry.owner.id for entry in await objects_of(a.pages(bucket_pair.a, "")) if entry.owner]
    assert owners == [server.a.canonical_id, server.b.canonical_id] * 2


async def test_after_a_key(a: S3Store, bucket_pair: BucketPair) -> None:
    await put_all(a, bucket_pair.a, "a", "b c+%", "d")
    entries = await objects_of(a.pages(bucket_pair.a, "", recursive=True, start_after="b c+%"))
    assert [entry.key for entry in entries] == ["d"]


async def test_many_keys_come_in_pages_and_none_twice(a: S3Store, bucket_pair: BucketPair) -> None:
    client = bucket_pair.server.client(bucket_pair.server.a)
    wanted = [f"{number:04}%+ü" for number in range(1003)]
    for key in wanted:
        client.put_object(Bucket=bucket_pair.a, Key=key, Body=b"")
    pages = await pages_of(a.pages(bucket_pair.a, "", recursive=True))
    assert [len(page.names) for page in pages] == [1000, 3]
    assert [page.last for page in pages] == [False, True]
    assert [name for page in pages for name in page.names] == wanted


async def test_a_listing_can_be_left(a: S3Store, bucket_pair: BucketPair) -> None:
    await put_all(a, bucket_pair.a, "a")
    pages = a.pages(bucket_pair.a, "")
    await anext(pages)
    await pages.aclose()
    assert await pages_of(pages) == []
