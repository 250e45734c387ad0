"""The hostile server itself: honest where no lie is asked for, exact where one is, and its requests are kept."""

from tests.hostile.answers import Answer
from tests.hostile.server import SESSION_TOKEN, HostileServer
from tui.stores.s3 import S3Store
from tui.stores.values import ObjectAttributes


async def test_it_is_honest_about_a_bucket_without_a_lie(hostile: HostileServer, store: S3Store) -> None:
    pages = [page async for page in store.pages("honest", "")]
    assert [page.names for page in pages] == [["a", "b", "c"]]
    head = await store.head("honest", "a")
    assert await store.read("honest", "a", etag=head.etag, start=1, length=3) == b"ell"
    await store.put("honest", "new", b"some content", ObjectAttributes())
    assert b"some content" in hostile.received[-1]
    assert SESSION_TOKEN.encode() in hostile.received[-1]


async def test_its_buckets_are_its_lies(hostile: HostileServer, store: S3Store) -> None:
    listed = await store.buckets()
    assert {bucket.name for bucket in listed.buckets} == set(hostile.lies)


async def test_a_lie_may_be_added_as_a_test_goes(hostile: HostileServer, store: S3Store) -> None:
    hostile.lie("added", "HeadObject", Answer(200, b"", (("ETag", '"x"'), ("X-Amz-Meta-A", "b"))))
    assert (await store.head("added", "key")).etag == '"x"'
    assert hostile.count("HeadObject") == 1
