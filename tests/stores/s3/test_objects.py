"""Objects written, read and copied, on every server."""

import pytest

from tests.servers.buckets import BucketPair
from tests.servers.policies import grant_read, grant_write
from tests.servers.server import Feature
from tests.stores.refusals import problem_of
from tui.model.problem import ProblemKind
from tui.stores.s3 import S3Store
from tui.stores.values import ObjectAttributes, Source

PLAIN = ObjectAttributes()
FULL = ObjectAttributes(
    headers={
        "ContentType": "text/csv; charset=utf-8",
        "ContentEncoding": "gzip",
        "ContentDisposition": 'attachment; filename="a b.csv"',
        "ContentLanguage": "de",
        "CacheControl": "max-age=60",
        "Expires": "Wed, 21 Oct 2026 07:28:00 GMT",
    },
    metadata={"origin": "camera 4", "checked-by": "=?UTF-8?B?w7xyc3Vs?="},
    tags=[("team", "a+b & c=d"), ("stage", "")],
)

HURTING_KEYS = [
    "plain",
    "a//b",
    "/leading",
    "./../dots",
    "trailing blank ",
    "[markup]bold[/]",
    "a+b c%2Fd%",
    "emoji 🎬 ümlaut",
    "line\nbreak\ttab\x1b[31mred\x1b[0m",
    "quote\"'&<>",
    "\x01\x7f",
    "s3://looks/like?a=uri#x",
    "k" * 1000,
]


@pytest.mark.parametrize("key", HURTING_KEYS)
async def test_a_key_is_kept_exactly(a: S3Store, b: S3Store, bucket_pair: BucketPair, key: str) -> None:
    etag = (await a.put(bucket_pair.a, key, b"content", PLAIN)).etag
    listed = [entry.key async for page in a.pages(bucket_pair.a, "", recursive=True) for entry in page.objects()]
    assert listed == [key]
    assert (await a.head(bucket_pair.a, key)).etag == etag
    assert await a.read(bucket_pair.a, key, etag=etag, start=0, length=7) == b"content"
    bucket_pair.set_policy_of_a(*grant_read(bucket_pair.a, bucket_pair.server.b.principal))
    await b.copy(Source(bucket_pair.a, key, etag), bucket_pair.b, key, PLAIN)
    assert await b.read(bucket_pair.b, key, etag=etag, start=0, length=7) == b"content"


async def test_attributes_survive(a: S3Store, bucket_pair: BucketPair) -> None:
    await a.put(bucket_pair.a, "k", b"content", FULL)
    head = await a.head(bucket_pair.a, "k")
    assert head.headers == FULL.headers
    assert head.metadata == FULL.metadata
    assert (head.size, head.storage_class, head.parts) == (7, "STANDARD", 0)
    assert sorted(await a.tags(bucket_pair.a, "k")) == sorted(FULL.tags or [])


async def test_an_expires_header_that_is_no_date_survives(a: S3Store, bucket_pair: BucketPair) -> None:
    await a.put(bucket_pair.a, "k", b"x", ObjectAttributes(headers={"Expires": "0"}))
    assert (await a.head(bucket_pair.a, "k")).headers["Expires"] == "0"


async def test_an_object_without_attributes_has_none(a: S3Store, bucket_pair: BucketPair) -> None:
    await a.put(bucket_pair.a, "k", b"", PLAIN)
    head = await a.head(bucket_pair.a, "k")
    assert head.size == 0
    assert head.metadata == {}
    assert "ContentEncoding" not in head.headers
    assert await a.tags(bucket_pair.a, "k") == []
    assert await a.read(bucket_pair.a, "k", etag=head.etag, start=0, length=0) == b""


async def test_a_range_is_read(a: S3Store, bucket_pair: BucketPair) -> None:
    etag = (await a.put(bucket_pair.a, "k", bytes(range(100)), PLAIN)).etag
    assert await a.read(bucket_pair.a, "k", etag=etag, start=10, length=5) == bytes(range(10, 15))
    assert await a.read(bucket_pair.a, "k", etag=etag, start=99, length=1) == bytes([99])


async def test_more_than_there_is_cannot_be_read(a: S3Store, bucket_pair: BucketPair) -> None:
    etag = (await a.put(bucket_pair.a, "k", b"short", PLAIN)).etag
    problem = await problem_of(a.read(bucket_pair.a, "k", etag=etag, start=0, length=6))
    assert problem.kind is ProblemKind.SERVER
    problem = await problem_of(a.read(bucket_pair.a, "k", etag=etag, start=5, length=1))
    assert problem.kind is ProblemKind.INVALID


async def test_a_changed_object_is_not_read(a: S3Store, bucket_pair: BucketPair) -> None:
    etag = (await a.put(bucket_pair.a, "dir/k", b"before", PLAIN)).etag
    await a.put(bucket_pair.a, "dir/k", b"behind", PLAIN)
    problem = await problem_of(a.read(bucket_pair.a, "dir/k", etag=etag, start=0, length=6))
    assert problem.kind is ProblemKind.CHANGED
    assert f"s3://{bucket_pair.a}/dir/k" in problem.title


async def test_a_copy_gets_the_attributes_it_is_given(a: S3Store, bucket_pair: BucketPair) -> None:
    etag = (await a.put(bucket_pair.a, "from", b"content", FULL)).etag
    given = ObjectAttributes(headers={"ContentType": "text/plain"}, metadata={"new": "1"}, tags=[("only", "this")])
    assert (await a.copy(Source(bucket_pair.a, "from", etag), bucket_pair.a, "to", given)).etag == etag
    head = await a.head(bucket_pair.a, "to")
    assert head.headers == {"ContentType": "text/plain"}
    assert head.metadata == {"new": "1"}
    assert await a.tags(bucket_pair.a, "to") == [("only", "this")]


async def test_a_copy_of_a_changed_object_is_refused_and_names_the_source(a: S3Store, bucket_pair: BucketPair) -> None:
    etag = (await a.put(bucket_pair.a, "from", b"before", PLAIN)).etag
    await a.put(bucket_pair.a, "from", b"behind", PLAIN)
    problem = await problem_of(a.copy(Source(bucket_pair.a, "from", etag), bucket_pair.a, "to", PLAIN))
    assert problem.kind is ProblemKind.CHANGED
    assert problem.resource == f"s3://{bucket_pair.a}/from"
    assert problem.resource in problem.title


async def test_a_checksum_is_kept_where_the_server_can(a: S3Store, bucket_pair: BucketPair) -> None:
    await a.put(bucket_pair.a, "k", b"hello", PLAIN)
    head = await a.head(bucket_pair.a, "k")
    expected = [("CRC32", "NhCmhg==", True)] if Feature.CHECKSUMS in bucket_pair.server.features else []
    assert [(each.algorithm, each.value, each.full_object) for each in head.checksums] == expected


async def test_a_canned_acl_opens_the_object_to_the_owner_of_the_bucket(
    a: S3Store, b: S3Store, bucket_pair: BucketPair
) -> None:
    bucket_pair.set_policy_of_a(*grant_write(bucket_pair.a, bucket_pair.server.b.principal))
    await b.put(bucket_pair.a, "k", b"content", ObjectAttributes(acl="bucket-owner-full-control"))
    acl = await a.object_acl(bucket_pair.a, "k")
    assert acl.owner.id == bucket_pair.server.b.canonical_id
    full = {grant.grantee.id for grant in acl.grants if grant.permission == "FULL_CONTROL"}
    assert bucket_pair.server.a.canonical_id in full
