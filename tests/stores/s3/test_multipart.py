"""Multipart uploads, on every server."""

import pytest

from tests.servers.buckets import BucketPair
from tests.servers.policies import grant_read
from tests.stores.refusals import problem_of
from tui.model.problem import ProblemKind
from tui.model.s3_limits import MIN_PART_SIZE
from tui.stores.s3 import S3Store
from tui.stores.values import ObjectAttributes, Source

PLAIN = ObjectAttributes()
FIRST = bytes(range(256)) * (MIN_PART_SIZE // 256)
KEY = "dir/ü + [x]\n"


async def test_parts_become_an_object_with_its_attributes(a: S3Store, bucket_pair: BucketPair) -> None:
    given = ObjectAttributes(headers={"ContentType": "video/mp4"}, metadata={"m": "1"}, tags=[("t", "2")])
    upload = await a.create_upload(bucket_pair.a, KEY, given)
    tail = await a.upload_part(bucket_pair.a, KEY, upload, 2, b"tail", start=0)
    start = await a.upload_part(bucket_pair.a, KEY, upload, 1, FIRST, start=0)
    etag = (await a.complete_upload(bucket_pair.a, KEY, upload, [start, tail], tags=given.tags)).etag
    head = await a.head(bucket_pair.a, KEY)
    assert (head.etag, head.size, head.parts) == (etag, len(FIRST) + 4, 2)
    assert head.headers == given.headers
    assert head.metadata == given.metadata
    assert await a.tags(bucket_pair.a, KEY) == [("t", "2")]
    assert await a.read(bucket_pair.a, KEY, etag=etag, start=0, length=head.size) == FIRST + b"tail"


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
@pytest.mark.parametrize("key", ["odd/esc\x1b[31m.txt", "\x01", "a\x7fb\uffff"])
async def test_an_upload_of_a_key_that_xml_cannot_name(a: S3Store, bucket_pair: BucketPair, key: str) -> None:
    upload = await a.create_upload(bucket_pair.a, key, PLAIN)
    part = await a.upload_part(bucket_pair.a, key, upload, 1, b"only", start=0)
    assert await a.parts(bucket_pair.a, key, upload) == [part]
    assert [each.key for each in await a.uploads(bucket_pair.a)] == [key]
    etag = (await a.complete_upload(bucket_pair.a, key, upload, [part])).etag
    assert (await a.head(bucket_pair.a, key)).etag == etag
    left = await a.create_upload(bucket_pair.a, key, PLAIN)
    await a.abort_upload(bucket_pair.a, key, left)
    assert await a.uploads(bucket_pair.a) == []


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_an_error_about_such_a_key_is_read(a: S3Store, bucket_pair: BucketPair) -> None:
    key = "odd/esc\x1b[31m.txt"
    problem = await problem_of(a.read(bucket_pair.a, key, etag="", start=0, length=1))
    assert problem.kind is ProblemKind.NO_SUCH_KEY
    assert (await problem_of(a.parts(bucket_pair.a, key, "none"))).code == "NoSuchUpload"


async def test_completing_again_finds_it_complete(a: S3Store, bucket_pair: BucketPair) -> None:
    upload = await a.create_upload(bucket_pair.a, KEY, PLAIN)
    parts = [await a.upload_part(bucket_pair.a, KEY, upload, 1, b"only", start=0)]
    etag = await a.complete_upload(bucket_pair.a, KEY, upload, parts)
    assert await a.complete_upload(bucket_pair.a, KEY, upload, parts) == etag


async def test_an_upload_is_not_left_when_a_twin_was_completed_before_it(a: S3Store, bucket_pair: BucketPair) -> None:
    """Its precondition fails, and what is there looks like what a repeated request has made itself."""
    uploads = [await a.create_upload(bucket_pair.a, KEY, PLAIN) for _ in range(2)]
    parts = [[await a.upload_part(bucket_pair.a, KEY, upload, 1, b"same", start=0)] for upload in uploads]
    first = (await a.complete_upload(bucket_pair.a, KEY, uploads[0], parts[0], only_new=True)).etag
    assert (await a.complete_upload(bucket_pair.a, KEY, uploads[1], parts[1], only_new=True)).etag == first
    assert await a.uploads(bucket_pair.a) == []


async def test_parts_are_copied_from_another_account(a: S3Store, b: S3Store, bucket_pair: BucketPair) -> None:
    content = FIRST + b"tail"
    etag = (await a.put(bucket_pair.a, KEY, content, PLAIN)).etag
    bucket_pair.set_policy_of_a(*grant_read(bucket_pair.a, bucket_pair.server.b.principal))
    source = Source(bucket_pair.a, KEY, etag)
    upload = await b.create_upload(bucket_pair.b, KEY, PLAIN)
    parts = [
        await b.copy_part(source, 0, MIN_PART_SIZE, bucket_pair.b, KEY, upload, 1),
        await b.copy_part(source, MIN_PART_SIZE, 4, bucket_pair.b, KEY, upload, 2),
    ]
    etag = (await b.complete_upload(bucket_pair.b, KEY, upload, parts)).etag
    assert await b.read(bucket_pair.b, KEY, etag=etag, start=0, length=len(content)) == content


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)  # Ceph 18 ignores CopySourceIfMatch on UploadPartCopy
async def test_a_part_of_a_changed_source_is_not_copied(a: S3Store, bucket_pair: BucketPair) -> None:
    etag = (await a.put(bucket_pair.a, "from", b"before", PLAIN)).etag
    await a.put(bucket_pair.a, "from", b"behind", PLAIN)
    upload = await a.create_upload(bucket_pair.a, KEY, PLAIN)
    request = a.copy_part(Source(bucket_pair.a, "from", etag), 0, 6, bucket_pair.a, KEY, upload, 1)
    problem = await problem_of(request)
    assert problem.kind is ProblemKind.CHANGED
    assert problem.resource == f"s3://{bucket_pair.a}/from"


async def test_an_unfinished_upload_is_listed_until_it_is_aborted(a: S3Store, bucket_pair: BucketPair) -> None:
    upload = await a.create_upload(bucket_pair.a, KEY, PLAIN)
    await a.upload_part(bucket_pair.a, KEY, upload, 1, b"part", start=0)
    [listed] = await a.uploads(bucket_pair.a)
    assert (listed.key, listed.upload) == (KEY, upload)
    assert listed.started > 1e9
    assert await a.uploads(bucket_pair.a, "other/") == []
    await a.abort_upload(bucket_pair.a, KEY, upload)
    assert await a.uploads(bucket_pair.a) == []
    await a.abort_upload(bucket_pair.a, KEY, upload)


async def test_a_part_of_an_aborted_upload_is_refused(a: S3Store, bucket_pair: BucketPair) -> None:
    upload = await a.create_upload(bucket_pair.a, KEY, PLAIN)
    await a.abort_upload(bucket_pair.a, KEY, upload)
    problem = await problem_of(a.upload_part(bucket_pair.a, KEY, upload, 1, b"late", start=0))
    assert problem.operation == "UploadPart"
    assert "NoSuchUpload" in problem.sentence()
