"""A whole object by one GetObject, whose headers say what HeadObject would."""

import pytest

from tests.servers.buckets import BucketPair
from tests.stores.faults import answer, error
from tests.stores.faulty_store import ETAG, store_on
from tests.stores.refusals import problem_of
from tests.stores.s3.test_objects import FULL, PLAIN
from tui.accounts.clients.retries import ATTEMPTS
from tui.accounts.connections import Connections
from tui.model.problem import ProblemKind
from tui.stores.s3 import S3Store


@pytest.mark.parametrize("body", [b"", b"content", bytes(1 << 20)], ids=["empty", "small", "large"])
async def test_the_head_is_that_of_a_head_object(a: S3Store, bucket_pair: BucketPair, body: bytes) -> None:
    etag = (await a.put(bucket_pair.a, "dir/k", body, FULL)).etag
    fetched = await a.fetch(bucket_pair.a, "dir/k", etag=etag, size=len(body))
    assert fetched.content == body
    assert fetched.head == await a.head(bucket_pair.a, "dir/k")
    assert fetched.head.tag_count == len(FULL.tags or [])


async def test_another_object_is_not_fetched(a: S3Store, bucket_pair: BucketPair) -> None:
    etag = (await a.put(bucket_pair.a, "dir/k", b"before", PLAIN)).etag
    await a.put(bucket_pair.a, "dir/k", b"behind", PLAIN)
    problem = await problem_of(a.fetch(bucket_pair.a, "dir/k", etag=etag, size=6))
    assert problem.kind is ProblemKind.CHANGED
    assert f"s3://{bucket_pair.a}/dir/k" in problem.title


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    "another",
    [answer("200 OK", b"another, longer one", f"ETag: {ETAG}"), answer("200 OK", b"content", 'ETag: "another"')],
    ids=["size", "ETag"],
)
async def test_nor_from_a_server_that_does_not_know_if_match(connections: Connections, another: bytes) -> None:
    async with store_on(connections, another) as (store, server):
        problem = await problem_of(store.fetch("bucket", "k", etag=ETAG, size=7))
    assert problem.kind is ProblemKind.CHANGED
    assert len(server.requests) == 1


@pytest.mark.usefixtures("keys")
async def test_a_body_that_was_cut_or_damaged_is_asked_for_again(connections: Connections) -> None:
    cut = answer("200 OK", b"cut", f"ETag: {ETAG}", length=7)
    damaged = answer("200 OK", b"content", f"ETag: {ETAG}", "x-amz-checksum-crc32: AAAAAA==")
    whole = answer("200 OK", b"content", f"ETag: {ETAG}")
    for fault in (cut, damaged):
        async with store_on(connections, fault, whole) as (store, server):
            assert (await store.fetch("bucket", "k", etag=ETAG, size=7)).content == b"content"
        assert len(server.requests) == 2
        assert all("if-match" in headers.lower() for headers in server.headers)
        async with store_on(connections, fault) as (store, server):
            await problem_of(store.fetch("bucket", "k", etag=ETAG, size=7))
        assert len(server.requests) == ATTEMPTS


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("header", "known"),
    [("Server: AmazonS3", True), ("x-rgw-object-type: Normal", True), ("Server: nginx", False)],
)
async def test_a_server_is_recognised_by_its_headers(connections: Connections, header: str, *, known: bool) -> None:
    async with store_on(connections, answer("200 OK", b"", f"ETag: {ETAG}", header)) as (store, _):
        assert not store.capabilities.counts_tags
        await store.head("bucket", "k")
        assert (store.capabilities.counts_tags, store.capabilities.copies_as_is) == (known, known)


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("said", "website"),
    [
        (answer("200 OK", b"<WebsiteConfiguration/>"), True),
        (error("404 Not Found", "NoSuchWebsiteConfiguration"), False),
    ],
)
async def test_a_bucket_is_a_website_or_not(connections: Connections, said: bytes, *, website: bool) -> None:
    async with store_on(connections, said) as (store, _):
        assert await store.settings.website("bucket") is website
