"""Objects written whole or in parts, read, copied and deleted, as they were sent, and denials: on every server."""

import base64
import secrets
from collections.abc import Awaitable, Callable
from itertools import product

import pytest

from tests.servers.buckets import BucketPair
from tests.servers.daemon import free_ports
from tests.servers.policies import Statement, allow_on_bucket, allow_on_objects, grant_read
from tests.servers.server import Feature, S3Server
from tests.stores.conftest import BOTH_WAYS, ONLY_DEMO
from tests.stores.refusals import problem_of
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.aws.refusals import DAMAGED
from tui.core.identity import AuthMethod, Identity, IdentitySpec
from tui.core.location import Location
from tui.core.naming import MIN_PART_SIZE
from tui.core.problem import Problem, ProblemKind
from tui.features.links.presigning import presign
from tui.features.links.values import LinkMethod, LinkOptions
from tui.stores.digests import ALGORITHMS, CRC_OCTETS, checksum_of, combined, composite, digests_of, multipart_etag
from tui.stores.s3.s3_store import S3Store
from tui.stores.store_values import ANYTHING, ONLY_NEW, Checksum, CopySource, Digests, ObjectAttributes, WriteCondition
from tui.stores.streams import StreamUpload

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


async def keys_in(store: S3Store, bucket: str) -> list[str]:
    return [entry.key async for page in store.pages(bucket, "", recursive=True) for entry in page.objects()]


@BOTH_WAYS
async def test_a_key_is_kept_exactly_and_deleted_alone(a: S3Store, b: S3Store, bucket_pair: BucketPair) -> None:
    bucket, other = bucket_pair.a, bucket_pair.b
    bucket_pair.set_policy_of_a(*grant_read(bucket, bucket_pair.server.b.principal))
    await a.put(bucket, "other", b"x", PLAIN)
    for key in HURTING_KEYS:
        etag = (await a.put(bucket, key, b"content", PLAIN)).etag
        assert sorted(await keys_in(a, bucket)) == sorted([key, "other"])
        assert (await a.head(bucket, key)).etag == etag
        assert await a.read(bucket, key, etag=etag, start=0, length=7) == b"content"
        await b.copy(CopySource(bucket, key, etag), other, key, PLAIN)
        assert await b.read(other, key, etag=etag, start=0, length=7) == b"content"
        for _ in range(2):
            await a.delete(bucket, key)
        assert await keys_in(a, bucket) == ["other"]


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


async def test_a_range_is_read_and_no_more_than_there_is(a: S3Store, bucket_pair: BucketPair) -> None:
    etag = (await a.put(bucket_pair.a, "k", bytes(range(100)), PLAIN)).etag
    assert await a.read(bucket_pair.a, "k", etag=etag, start=10, length=5) == bytes(range(10, 15))
    assert await a.read(bucket_pair.a, "k", etag=etag, start=99, length=1) == bytes([99])
    assert (await problem_of(a.read(bucket_pair.a, "k", etag=etag, start=0, length=101))).kind is ProblemKind.SERVER
    assert (await problem_of(a.read(bucket_pair.a, "k", etag=etag, start=100, length=1))).kind is ProblemKind.INVALID


async def test_a_changed_object_is_neither_read_nor_copied(a: S3Store, bucket_pair: BucketPair) -> None:
    bucket, etag = bucket_pair.a, (await a.put(bucket_pair.a, "dir/k", b"before", PLAIN)).etag
    await a.put(bucket, "dir/k", b"behind", PLAIN)
    for request in (
        a.read(bucket, "dir/k", etag=etag, start=0, length=6),
        a.fetch(bucket, "dir/k", etag=etag, size=6),
        a.copy(CopySource(bucket, "dir/k", etag), bucket, "to", PLAIN),
    ):
        problem = await problem_of(request)
        assert (problem.kind, problem.resource) == (ProblemKind.CHANGED, f"s3://{bucket}/dir/k")
        assert problem.resource in problem.title


async def test_a_copy_gets_the_attributes_it_is_given(a: S3Store, bucket_pair: BucketPair) -> None:
    etag = (await a.put(bucket_pair.a, "from", b"content", FULL)).etag
    given = ObjectAttributes(headers={"ContentType": "text/plain"}, metadata={"new": "1"}, tags=[("only", "this")])
    assert (await a.copy(CopySource(bucket_pair.a, "from", etag), bucket_pair.a, "to", given)).etag == etag
    head = await a.head(bucket_pair.a, "to")
    assert head.headers == {"ContentType": "text/plain"}
    assert head.metadata == {"new": "1"}
    assert await a.tags(bucket_pair.a, "to") == [("only", "this")]


@BOTH_WAYS
async def test_the_head_is_that_of_a_head_object(a: S3Store, bucket_pair: BucketPair) -> None:
    for body in (b"", b"content", bytes(1 << 20)):
        etag = (await a.put(bucket_pair.a, "dir/k", body, FULL)).etag
        fetched = await a.fetch(bucket_pair.a, "dir/k", etag=etag, size=len(body))
        assert fetched.content == body
        assert fetched.head == await a.head(bucket_pair.a, "dir/k")
        assert fetched.head.tag_count == len(FULL.tags or [])


async def by_put(store: S3Store, bucket: str, etag: str) -> str:
    return (await store.put(bucket, "k", b"third", PLAIN, when=WriteCondition(replaces=etag))).etag


async def by_copy(store: S3Store, bucket: str, etag: str) -> str:
    head = await store.head(bucket, "from")
    return (
        await store.copy(CopySource(bucket, "from", head.etag), bucket, "k", PLAIN, when=WriteCondition(replaces=etag))
    ).etag


async def by_parts(store: S3Store, bucket: str, etag: str) -> str:
    upload = await store.create_upload(bucket, "k", PLAIN)
    part = await store.upload_part(bucket, "k", upload, 1, b"third", start=0)
    try:
        return (await store.complete_upload(bucket, "k", upload, [part], when=WriteCondition(replaces=etag))).etag
    finally:
        await store.abort_upload(bucket, "k", upload)


BY = (by_put, by_copy, by_parts)


async def test_what_was_seen_is_replaced(a: S3Store, bucket_pair: BucketPair) -> None:
    await a.put(bucket_pair.a, "from", b"third", PLAIN)
    for way in BY:
        seen = (await a.put(bucket_pair.a, "k", b"first", PLAIN)).etag
        etag = await way(a, bucket_pair.a, seen)
        assert (await a.head(bucket_pair.a, "k")).etag == etag != seen


async def test_what_was_not_seen_is_left_as_it_is(a: S3Store, bucket_pair: BucketPair) -> None:
    bucket = bucket_pair.a
    await a.put(bucket, "from", b"third", PLAIN)
    demo = bucket_pair.server.name == "demo"  # Ceph 18 honors If-Match on PutObject alone
    for way, now in product(BY, (b"second", None)) if demo else [(by_put, b"second")]:
        seen = (await a.put(bucket, "k", b"first", PLAIN)).etag
        await (a.put(bucket, "k", now, PLAIN) if now else a.delete(bucket, "k"))
        problem = await problem_of(way(a, bucket, seen))
        assert problem.kind is ProblemKind.EXISTS
        assert problem.title == f"s3://{bucket}/k was changed by someone else"
        if now:
            etag = (await a.head(bucket, "k")).etag
            assert await a.read(bucket, "k", etag=etag, start=0, length=len(now)) == now


async def test_many_are_deleted_at_once_whatever_their_names(a: S3Store, bucket_pair: BucketPair) -> None:
    keys = [*HURTING_KEYS, "carriage\rreturn", "bell\x07", "escape\x1b[2J", "\ufffe", "😀/\x0b", "line\n", " lead"]
    decoys = ["carriage\nreturn", "lead", "line", "other", "trailing blank"]
    for each in (*keys, *decoys):
        await a.put(bucket_pair.a, each, b"x", PLAIN)
    assert await a.delete_many(bucket_pair.a, keys) == {}
    assert sorted(await keys_in(a, bucket_pair.a)) == decoys


async def test_a_thousand_are_one_request_and_what_is_not_there_is_no_problem(
    a: S3Store, bucket_pair: BucketPair
) -> None:
    await a.put(bucket_pair.a, "k0000", b"x", PLAIN)
    assert await a.delete_many(bucket_pair.a, [f"k{number:04}" for number in range(1000)]) == {}
    assert await keys_in(a, bucket_pair.a) == []


async def test_each_key_has_its_own_error(a: S3Store, b: S3Store, bucket_pair: BucketPair) -> None:
    bucket, reader = bucket_pair.a, bucket_pair.server.b.principal
    keys = ["open/1", "shut/1", "shut/\x01+%2F", "open/2"]
    for key in keys:
        await a.put(bucket, key, b"x", PLAIN)
    shut = Statement("Deny", reader, ("s3:DeleteObject",), f"arn:aws:s3:::{bucket}/shut/*")
    bucket_pair.set_policy_of_a(allow_on_objects(bucket, reader, "s3:DeleteObject"), shut)
    problems = await b.delete_many(bucket, keys)
    assert set(problems) == {"shut/1", "shut/\x01+%2F"}
    for key, problem in problems.items():
        assert problem.kind is ProblemKind.DENIED
        assert (problem.operation, problem.permission) == ("DeleteObject", "s3:DeleteObject")
        assert problem.resource == f"s3://{bucket}/{key}"
    assert sorted(await keys_in(a, bucket)) == ["shut/\x01+%2F", "shut/1"]


async def test_a_version_is_deleted_for_good(a: S3Store, bucket_pair: BucketPair) -> None:
    client = bucket_pair.server.client(bucket_pair.server.a)
    client.put_bucket_versioning(Bucket=bucket_pair.a, VersioningConfiguration={"Status": "Enabled"})
    versions = []
    for body in (b"old", b"new"):
        await a.put(bucket_pair.a, "k", body, PLAIN)
        versions.append((await a.head(bucket_pair.a, "k")).version)
    await a.delete(bucket_pair.a, "k", versions[1])
    assert (await a.head(bucket_pair.a, "k")).version == versions[0]
    await a.delete(bucket_pair.a, "k")
    assert (await problem_of(a.head(bucket_pair.a, "k"))).kind is ProblemKind.NO_SUCH_KEY
    assert (await a.head(bucket_pair.a, "k", versions[0])).size == 3


async def test_each_version_has_its_own_error(a: S3Store, b: S3Store, bucket_pair: BucketPair) -> None:
    bucket, reader = bucket_pair.a, bucket_pair.server.b.principal
    client = bucket_pair.server.client(bucket_pair.server.a)
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    versions = []
    for key in ("open", "shut/1", "shut/\x01+%2F"):
        await a.put(bucket, key, b"x", PLAIN)
        versions.append((key, (await a.head(bucket, key)).version))
    shut = Statement("Deny", reader, ("s3:DeleteObjectVersion",), f"arn:aws:s3:::{bucket}/shut/*")
    bucket_pair.set_policy_of_a(allow_on_objects(bucket, reader, "s3:DeleteObjectVersion"), shut)
    problems = await b.delete_versions(bucket, versions)
    assert {version: (each.kind, each.resource) for version, each in problems.items()} == {
        version: (ProblemKind.DENIED, f"s3://{bucket}/{version[0]}") for version in versions[1:]
    }


FIRST = bytes(range(256)) * (MIN_PART_SIZE // 256)
KEY = "dir/ü + [x]\n"


@BOTH_WAYS
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
async def test_an_upload_of_a_key_that_xml_cannot_name(a: S3Store, bucket_pair: BucketPair) -> None:
    bucket = bucket_pair.a
    for key in ("odd/esc\x1b[31m.txt", "\x01", "a\x7fb\uffff"):
        assert (await problem_of(a.read(bucket, key, etag="", start=0, length=1))).kind is ProblemKind.NO_SUCH_KEY
        assert (await problem_of(a.parts(bucket, key, "none"))).code == "NoSuchUpload"
        upload = await a.create_upload(bucket, key, PLAIN)
        part = await a.upload_part(bucket, key, upload, 1, b"only", start=0)
        assert await a.parts(bucket, key, upload) == [part]
        assert [each.key for each in await a.uploads(bucket)] == [key]
        etag = (await a.complete_upload(bucket, key, upload, [part])).etag
        assert (await a.head(bucket, key)).etag == etag
        left = await a.create_upload(bucket, key, PLAIN)
        await a.abort_upload(bucket, key, left)
        assert await a.uploads(bucket) == []


async def test_an_upload_is_not_left_when_a_twin_was_completed_before_it(a: S3Store, bucket_pair: BucketPair) -> None:
    """Its precondition fails, and what is there looks like what a repeated request has made itself."""
    uploads = [await a.create_upload(bucket_pair.a, KEY, PLAIN) for _ in range(2)]
    parts = [[await a.upload_part(bucket_pair.a, KEY, upload, 1, b"same", start=0)] for upload in uploads]
    first = (await a.complete_upload(bucket_pair.a, KEY, uploads[0], parts[0], when=ONLY_NEW)).etag
    assert (await a.complete_upload(bucket_pair.a, KEY, uploads[1], parts[1], when=ONLY_NEW)).etag == first
    assert await a.uploads(bucket_pair.a) == []


@BOTH_WAYS
async def test_parts_are_copied_from_another_account(a: S3Store, b: S3Store, bucket_pair: BucketPair) -> None:
    content = FIRST + b"tail"
    etag = (await a.put(bucket_pair.a, KEY, content, PLAIN)).etag
    bucket_pair.set_policy_of_a(*grant_read(bucket_pair.a, bucket_pair.server.b.principal))
    source = CopySource(bucket_pair.a, KEY, etag)
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
    problem = await problem_of(
        a.copy_part(CopySource(bucket_pair.a, "from", etag), 0, 6, bucket_pair.a, KEY, upload, 1)
    )
    assert problem.kind is ProblemKind.CHANGED
    assert problem.resource == f"s3://{bucket_pair.a}/from"


async def test_an_unfinished_upload_is_listed_until_it_is_aborted(a: S3Store, bucket_pair: BucketPair) -> None:
    bucket, account = bucket_pair.a, bucket_pair.server.a
    upload = await a.create_upload(bucket, KEY, PLAIN)
    await a.upload_part(bucket, KEY, upload, 1, b"part", start=0)
    [listed] = await a.uploads(bucket)
    assert (listed.key, listed.upload) == (KEY, upload)
    assert listed.started > 1e9
    known_as = (account.canonical_id, account.principal.removesuffix("root"))  # AWS names the user of the account
    assert listed.initiator.startswith(known_as)
    assert await a.uploads(bucket, "other/") == []
    await a.abort_upload(bucket, KEY, upload)
    assert await a.uploads(bucket) == []
    await a.abort_upload(bucket, KEY, upload)
    problem = await problem_of(a.upload_part(bucket, KEY, upload, 1, b"late", start=0))
    assert problem.operation == "UploadPart"
    assert "NoSuchUpload" in problem.sentence()
    problem = await problem_of(a.parts(bucket, KEY, upload))
    assert (problem.kind, problem.operation) == (ProblemKind.NO_SUCH_KEY, "ListParts")
    assert "upload" in problem.title


BODIES = [secrets.token_bytes(MIN_PART_SIZE), b"tail"]


async def test_the_checksum_that_is_sent_is_kept(a: S3Store, bucket_pair: BucketPair) -> None:
    keeps = Feature.CHECKSUMS in bucket_pair.server.features
    for algorithm in ALGORITHMS:
        digests = digests_of(BODIES[0], algorithm)
        etag = (await a.put(bucket_pair.a, KEY, BODIES[0], PLAIN, digests=digests)).etag
        head = await a.head(bucket_pair.a, KEY)
        assert head.etag == etag == f'"{digests.md5}"'
        assert head.checksums == ([digests.checksum] if keeps else [])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_the_checksums_of_parts_make_that_of_the_whole(
    a: S3Store, bucket_pair: BucketPair, algorithm: str
) -> None:
    digests = [digests_of(body, algorithm) for body in BODIES]
    checksums = [each.checksum for each in digests if each.checksum]
    whole = composite(checksums)
    if algorithm in CRC_OCTETS:
        whole = combined([(each, len(body)) for each, body in zip(checksums, BODIES, strict=True)])
        assert whole == digests_of(b"".join(BODIES), algorithm).checksum
    upload = await a.create_upload(bucket_pair.a, KEY, PLAIN, checksum=algorithm)
    parts = [
        await a.upload_part(
            bucket_pair.a, KEY, upload, number, BODIES[number - 1], start=0, digests=digests[number - 1]
        )
        for number in (2, 1)
    ][::-1]
    keeps = Feature.CHECKSUMS in bucket_pair.server.features
    assert [part.checksum for part in parts] == [each.text if keeps else "" for each in checksums]
    assert await a.parts(bucket_pair.a, KEY, upload) == parts
    done = await a.complete_upload(bucket_pair.a, KEY, upload, parts, checksum=whole if whole.full_object else None)
    head = await a.head(bucket_pair.a, KEY)
    assert head.etag == done.etag == multipart_etag([each.md5 for each in digests])
    assert head.checksums == ([whole] if keeps else [])


@ONLY_DEMO  # Ceph 18 keeps no checksums
async def test_a_stream_in_parts_keeps_the_checksums_of_all_its_parts(a: S3Store, bucket_pair: BucketPair) -> None:
    upload, algorithm = StreamUpload(a, Location(bucket_pair.a, KEY), PLAIN, when=ANYTHING), a.capabilities.checksum
    for body in BODIES:
        await upload.send(body)
    await upload.finish()
    assert (await a.head(bucket_pair.a, KEY)).checksums == [checksum_of(b"".join(BODIES), algorithm)]
    client, place = bucket_pair.server.client(bucket_pair.server.a), {"Bucket": bucket_pair.a, "Key": KEY}
    told = client.get_object_attributes(**place, ObjectAttributes=["ObjectParts"])["ObjectParts"]["Parts"]
    sums = [checksum_of(body, algorithm).value for body in BODIES]
    assert [part[f"Checksum{algorithm}"] for part in told] == sums


@BOTH_WAYS
async def test_other_bytes_than_were_meant_are_refused(a: S3Store, bucket_pair: BucketPair) -> None:
    """By the checksum where the server knows it, by Content-MD5 everywhere."""
    meant, sent = digests_of(b"meant", "CRC32"), b"other"
    problem = await problem_of(a.put(bucket_pair.a, KEY, sent, PLAIN, digests=meant))
    assert (problem.kind, problem.operation) == (ProblemKind.SERVER, "PutObject")
    assert problem.code in DAMAGED
    upload = await a.create_upload(bucket_pair.a, KEY, PLAIN, checksum="CRC32")
    problem = await problem_of(a.upload_part(bucket_pair.a, KEY, upload, 1, sent, start=0, digests=meant))
    assert problem.code in DAMAGED
    assert await a.parts(bucket_pair.a, KEY, upload) == []
    await a.abort_upload(bucket_pair.a, KEY, upload)
    assert (await problem_of(a.head(bucket_pair.a, KEY))).kind is ProblemKind.NO_SUCH_KEY


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)  # Ceph 18 keeps no checksums
async def test_a_whole_that_is_not_what_was_said_is_refused(a: S3Store, bucket_pair: BucketPair) -> None:
    upload = await a.create_upload(bucket_pair.a, KEY, PLAIN, checksum="CRC64NVME")
    digests = digests_of(b"part", "CRC64NVME")
    part = await a.upload_part(bucket_pair.a, KEY, upload, 1, b"part", start=0, digests=digests)
    other = Checksum("CRC64NVME", base64.b64encode(bytes(8)).decode(), full_object=True)
    assert (await problem_of(a.complete_upload(bucket_pair.a, KEY, upload, [part], checksum=other))).code in DAMAGED
    await a.abort_upload(bucket_pair.a, KEY, upload)


async def test_the_size_of_the_first_part_is_returned_or_zero(a: S3Store, bucket_pair: BucketPair) -> None:
    upload = await a.create_upload(bucket_pair.a, KEY, PLAIN)
    parts = [await a.upload_part(bucket_pair.a, KEY, upload, n, body, start=0) for n, body in enumerate(BODIES, 1)]
    etag = (await a.complete_upload(bucket_pair.a, KEY, upload, parts)).etag
    size = await a.part_size(bucket_pair.a, KEY, etag=etag)
    assert size in (MIN_PART_SIZE, 0)
    assert bucket_pair.server.name != "demo" or size == MIN_PART_SIZE
    assert await a.part_size(bucket_pair.a, KEY, etag='"other"') == 0  # reading finds that it has changed


async def test_all_parts_are_listed_page_by_page(a: S3Store, bucket_pair: BucketPair) -> None:
    upload = await a.create_upload(bucket_pair.a, KEY, PLAIN)
    for number in range(1, 1006):
        await a.upload_part(bucket_pair.a, KEY, upload, number, b"%d" % number, start=0)
    parts = await a.parts(bucket_pair.a, KEY, upload)
    assert [part.number for part in parts] == list(range(1, 1006))
    assert [part.size for part in parts] == [len(str(number)) for number in range(1, 1006)]
    await a.abort_upload(bucket_pair.a, KEY, upload)


def test_the_crcs_are_those_of_the_catalogue() -> None:
    values = {"CRC32": "cbf43926", "CRC32C": "e3069283", "CRC64NVME": "ae8b14860a799888"}
    checksums = {algorithm: digests_of(b"123456789", algorithm).checksum for algorithm in values}
    assert {each: base64.b64decode(sum_.value).hex() for each, sum_ in checksums.items() if sum_} == values


def test_evidence_is_read_as_it_was_written() -> None:
    for digests in (Digests(), Digests("0" * 32), digests_of(b"x", "CRC64NVME"), digests_of(b"x", "SHA256", md5=False)):
        assert Digests.read(digests.evidence) == digests
    assert Digests.read("what else") == Digests()


Request = Callable[[S3Store, str], Awaitable[object]]

REQUESTS: dict[str, tuple[str, Request]] = {
    "ListObjectsV2": ("s3:ListBucket", lambda store, bucket: anext(store.pages(bucket, ""))),
    "ListObjectVersions": ("s3:ListBucketVersions", lambda store, bucket: store.versions_page(bucket, "")),
    "HeadObject": ("s3:GetObject", lambda store, bucket: store.head(bucket, "k")),
    "GetObject": ("s3:GetObject", lambda store, bucket: store.read(bucket, "k", etag='"x"', start=0, length=1)),
    "GetObjectTagging": ("s3:GetObjectTagging", lambda store, bucket: store.tags(bucket, "k")),
    "GetObjectAcl": ("s3:GetObjectAcl", lambda store, bucket: store.object_acl(bucket, "k")),
    "GetBucketAcl": ("s3:GetBucketAcl", lambda store, bucket: store.settings.bucket_acl(bucket)),
    "GetBucketPolicy": ("s3:GetBucketPolicy", lambda store, bucket: store.settings.policy(bucket)),
    "GetPublicAccessBlock": (
        "s3:GetBucketPublicAccessBlock",
        lambda store, bucket: store.settings.public_access_block(bucket),
    ),
    "PutObject": ("s3:PutObject", lambda store, bucket: store.put(bucket, "n", b"x", PLAIN)),
    "CreateMultipartUpload": ("s3:PutObject", lambda store, bucket: store.create_upload(bucket, "n", PLAIN)),
    "DeleteObject": ("s3:DeleteObject", lambda store, bucket: store.delete(bucket, "k")),
    "ListMultipartUploads": ("s3:ListBucketMultipartUploads", lambda store, bucket: store.uploads(bucket)),
}


@BOTH_WAYS
async def test_denied(a: S3Store, b: S3Store, bucket_pair: BucketPair) -> None:
    await a.put(bucket_pair.a, "k", b"content", PLAIN)
    for operation, (permission, request) in REQUESTS.items():
        problem = await problem_of(request(b, bucket_pair.a))
        assert problem.kind is ProblemKind.DENIED
        assert (problem.operation, problem.permission) == (operation, permission)
        assert problem.identity == bucket_pair.server.b.profile
        assert problem.resource.startswith(f"s3://{bucket_pair.a}")
        assert permission in problem.title
        assert problem.status == 403
        assert (problem.explainable, problem.remedy) == (True, "")


async def test_ownership_denied_is_not_taken_for_none(a: S3Store, b: S3Store, bucket_pair: BucketPair) -> None:
    problem = await problem_of(b.settings.ownership(bucket_pair.a))
    assert (problem.kind, problem.permission) == (ProblemKind.DENIED, "s3:GetBucketOwnershipControls")


async def test_a_denied_copy_says_that_it_may_be_either_half(a: S3Store, b: S3Store, bucket_pair: BucketPair) -> None:
    etag = (await a.put(bucket_pair.a, "k", b"content", PLAIN)).etag
    problem = await problem_of(b.copy(CopySource(bucket_pair.a, "k", etag), bucket_pair.b, "k", PLAIN))
    assert problem.kind is ProblemKind.DENIED
    assert "s3:GetObject" in problem.sentence()


@BOTH_WAYS
async def test_a_bucket_that_does_not_exist(a: S3Store) -> None:
    for operation in REQUESTS.keys() - {"HeadObject"}:  # whose answer has no words
        _, request = REQUESTS[operation]
        problem = await problem_of(request(a, "no-such-bucket-0f3e"))
        assert problem.kind is ProblemKind.NO_SUCH_BUCKET, operation
        assert "no-such-bucket-0f3e" in problem.title
    assert (await problem_of(anext(a.pages("No Bucket/{resource}", "")))).kind is ProblemKind.INVALID


@BOTH_WAYS
async def test_a_key_that_does_not_exist(a: S3Store, bucket_pair: BucketPair) -> None:
    key = "{resource} [x]"
    for request in (
        a.head(bucket_pair.a, key),
        a.read(bucket_pair.a, key, etag='"x"', start=0, length=1),
        a.copy(CopySource(bucket_pair.a, key, '"x"'), bucket_pair.a, "to", PLAIN),
    ):
        problem = await problem_of(request)
        assert problem.kind is ProblemKind.NO_SUCH_KEY, problem


async def test_who_may_not_list_learns_no_more_than_denied(b: S3Store, bucket_pair: BucketPair) -> None:
    bucket_pair.set_policy_of_a(allow_on_bucket(bucket_pair.a, bucket_pair.server.b.principal, "s3:GetBucketLocation"))
    problem = await problem_of(b.head(bucket_pair.a, "missing"))
    assert problem.kind is ProblemKind.DENIED
    assert "s3:ListBucket" in problem.cause


async def test_a_wrong_secret_and_a_key_that_nobody_knows(
    connections: Connections, server_environment: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, spec in (
        (server_environment.a.access_key, IdentitySpec(endpoint=server_environment.endpoint)),
        ("AKIANOBODYKNOWSTHIS0", IdentitySpec(endpoint=f"{server_environment.endpoint}/")),
    ):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
        problem = await problem_of(S3Store(await connections.get(connection_id(spec))).buckets())
        assert_credentials_refused(problem, server_environment)
        assert "not-the-secret" not in repr(problem)


def assert_credentials_refused(problem: Problem, server: S3Server) -> None:
    if server.name == "ceph":  # which does not tell them from credentials that may not
        assert problem.kind is ProblemKind.DENIED
        assert "access key" in problem.cause
    else:
        assert problem.kind is ProblemKind.BAD_CREDENTIALS


async def test_anonymous(connections: Connections, a: S3Store, bucket_pair: BucketPair) -> None:
    etag = (await a.put(bucket_pair.a, "public", b"content", ObjectAttributes(acl="public-read"))).etag
    await a.put(bucket_pair.a, "private", b"content", PLAIN)
    spec = IdentitySpec(endpoint=bucket_pair.server.endpoint, anonymous=True)
    nobody = S3Store(await connections.get(connection_id(spec)))
    assert await nobody.read(bucket_pair.a, "public", etag=etag, start=0, length=7) == b"content"
    problem = await problem_of(nobody.head(bucket_pair.a, "private"))
    assert (problem.kind, problem.identity) == (ProblemKind.DENIED, "anonymous")


@pytest.mark.usefixtures("keys")
async def test_a_link_needs_no_header_but_what_was_asked_for_and_no_repr_shows_it(connections: Connections) -> None:
    who = Identity("c", "me", AuthMethod.KEYS, IdentitySpec())
    connection = await connections.get(connection_id(IdentitySpec(endpoint="http://127.0.0.1:1")))
    upload = LinkOptions(LinkMethod.PUT, content_type="text/csv")
    for options, headers in ((LinkOptions(), {}), (upload, {"Content-Type": "text/csv"})):
        link = await presign(connection, who, Location("bucket", "k"), options, ())
        assert link.headers == headers
        assert repr(link) == f"PresignedLink({options.method} s3://bucket/k)"


@pytest.mark.usefixtures("keys")
@BOTH_WAYS
async def test_nobody_listens(connections: Connections) -> None:
    [port] = free_ports(1)
    spec = IdentitySpec(endpoint=f"http://127.0.0.1:{port}")
    store = S3Store(await connections.get(connection_id(spec)))
    problem = await problem_of(anext(store.pages("bucket", "")))
    assert problem.kind is ProblemKind.UNREACHABLE
    assert f"127.0.0.1:{port}" in problem.title
    assert problem.cause == "Connection refused"
    assert problem.operation == "ListObjectsV2"
