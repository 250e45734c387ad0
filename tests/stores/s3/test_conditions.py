"""Conditional writes by every route, and servers that do not take them."""

from collections.abc import Awaitable, Callable

import pytest

from tests.servers.buckets import BucketPair
from tests.stores.faults import answer, error, faulty_server
from tests.stores.sent import sent_by
from tui.accounts import connection_id
from tui.accounts.clients.connection import Connection
from tui.accounts.connections import Connections
from tui.model.identity import IdentitySpec
from tui.model.problem import ProblemError, ProblemKind
from tui.stores.digests import checksum_of, hashed
from tui.stores.s3 import S3Store
from tui.stores.values import ObjectAttributes, Part, Source

PLAIN = ObjectAttributes()
ETAG = '"d41d8cd98f00b204e9800998ecf8427e"'
OTHER = '"00000000000000000000000000000000"'
SOURCE = Source("from", "k", ETAG)

REFUSALS = {
    "not implemented": error("501 Not Implemented", "NotImplemented"),
    "invalid argument": error("400 Bad Request", "InvalidArgument", "If-None-Match is not supported"),
    "invalid request": error("400 Bad Request", "InvalidRequest"),
}
COPIED = f"<CopyObjectResult><ETag>{ETAG}</ETag></CopyObjectResult>".encode()
COMPLETED = f"<CompleteMultipartUploadResult><ETag>{ETAG}</ETag></CompleteMultipartUploadResult>".encode()

Write = Callable[[S3Store, bool, str], Awaitable[object]]
WRITES: dict[str, tuple[Write, bytes]] = {
    "PutObject": (
        lambda store, new, etag: store.put("bucket", "k", b"", PLAIN, only_new=new, replaces=etag),
        answer("200 OK", b"", f"ETag: {ETAG}"),
    ),
    "CopyObject": (
        lambda store, new, etag: store.copy(SOURCE, "bucket", "k", PLAIN, only_new=new, replaces=etag),
        answer("200 OK", COPIED),
    ),
    "CompleteMultipartUpload": (
        lambda store, new, etag: store.complete_upload(
            "bucket", "k", "upload", [Part(1, ETAG)], only_new=new, replaces=etag
        ),
        answer("200 OK", COMPLETED),
    ),
}


async def connect(connections: Connections, monkeypatch: pytest.MonkeyPatch, endpoint: str) -> Connection:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return await connections.get(connection_id(IdentitySpec(endpoint=endpoint)))


@pytest.mark.parametrize("operation", WRITES)
async def test_the_conditions_are_sent(
    connections: Connections, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    connection = await connect(connections, monkeypatch, "http://127.0.0.1:9")
    store, (write, _) = S3Store(connection), WRITES[operation]
    assert (await sent_by(connection, write(store, True, ""))).headers["if-none-match"] == "*"
    assert (await sent_by(connection, write(store, False, OTHER))).headers["if-match"] == OTHER
    sent = await sent_by(connection, write(store, False, ""))
    assert not {"if-match", "if-none-match"} & set(sent.headers)


@pytest.mark.parametrize("replaces", ["", OTHER], ids=["new", "replaces"])
@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("operation", WRITES)
async def test_a_server_that_refuses_a_condition_is_written_to_without_it(
    connections: Connections, monkeypatch: pytest.MonkeyPatch, operation: str, refusal: str, replaces: str
) -> None:
    write, done = WRITES[operation]
    async with faulty_server(REFUSALS[refusal], done) as server:
        store = S3Store(await connect(connections, monkeypatch, server.endpoint))
        before = store.capabilities.conditional_writes
        await write(store, not replaces, replaces)
        assert (before, store.capabilities.conditional_writes) == (True, False)
        await write(store, not replaces, replaces)
        conditional = ["if-none-match:" in each.lower() or "if-match:" in each.lower() for each in server.headers]
        # CopySourceIfMatch is another header, and stays
        assert conditional == ([True, True, True] if operation == "CopyObject" else [True, False, False])


async def test_a_refusal_of_something_else_is_raised(connections: Connections, monkeypatch: pytest.MonkeyPatch) -> None:
    async with faulty_server(REFUSALS["invalid argument"]) as server:
        store = S3Store(await connect(connections, monkeypatch, server.endpoint))
        with pytest.raises(ProblemError):
            await store.put("bucket", "k", b"", PLAIN, only_new=True)
        assert store.capabilities.conditional_writes  # nothing was learned
        assert len(server.requests) == 2


async def by_put(store: S3Store, bucket: str, etag: str) -> str:
    return (await store.put(bucket, "k", b"third", PLAIN, replaces=etag)).etag


async def by_copy(store: S3Store, bucket: str, etag: str) -> str:
    head = await store.head(bucket, "from")
    return (await store.copy(Source(bucket, "from", head.etag), bucket, "k", PLAIN, replaces=etag)).etag


async def by_parts(store: S3Store, bucket: str, etag: str) -> str:
    upload = await store.create_upload(bucket, "k", PLAIN)
    part = await store.upload_part(bucket, "k", upload, 1, b"third", start=0)
    try:
        return (await store.complete_upload(bucket, "k", upload, [part], replaces=etag)).etag
    finally:
        await store.abort_upload(bucket, "k", upload)


BY = {"put": by_put, "copy": by_copy, "parts": by_parts}
ONLY_DEMO = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)


@pytest.mark.parametrize("way", BY)
async def test_what_was_seen_is_replaced(a: S3Store, bucket_pair: BucketPair, way: str) -> None:
    await a.put(bucket_pair.a, "from", b"third", PLAIN)
    seen = (await a.put(bucket_pair.a, "k", b"first", PLAIN)).etag
    etag = await BY[way](a, bucket_pair.a, seen)
    assert (await a.head(bucket_pair.a, "k")).etag == etag != seen


@ONLY_DEMO  # Ceph 18 honors If-Match on PutObject alone
@pytest.mark.parametrize("now", [b"second", None], ids=["changed", "gone"])
@pytest.mark.parametrize("way", BY)
async def test_what_was_not_seen_is_left_as_it_is(
    a: S3Store, bucket_pair: BucketPair, way: str, now: bytes | None
) -> None:
    await a.put(bucket_pair.a, "from", b"third", PLAIN)
    seen = (await a.put(bucket_pair.a, "k", b"first", PLAIN)).etag
    if now is None:
        await a.delete(bucket_pair.a, "k")
    else:
        await a.put(bucket_pair.a, "k", now, PLAIN)
    with pytest.raises(ProblemError) as raised:
        await BY[way](a, bucket_pair.a, seen)
    problem = raised.value.problem
    assert problem.kind is ProblemKind.EXISTS
    assert problem.title == f"s3://{bucket_pair.a}/k was changed by someone else"
    if now:
        etag = (await a.head(bucket_pair.a, "k")).etag
        assert await a.read(bucket_pair.a, "k", etag=etag, start=0, length=len(now)) == now


async def test_put_object_is_conditional_on_every_server(a: S3Store, bucket_pair: BucketPair) -> None:
    seen = (await a.put(bucket_pair.a, "k", b"first", PLAIN)).etag
    etag = (await a.put(bucket_pair.a, "k", b"second", PLAIN)).etag
    with pytest.raises(ProblemError, match="was changed by someone else"):
        await by_put(a, bucket_pair.a, seen)
    assert (await a.head(bucket_pair.a, "k")).etag == etag


@pytest.mark.parametrize("replaces", ["", OTHER], ids=["new", "replaces"])
@pytest.mark.parametrize("content", [b"ours", b"theirs"])
async def test_a_write_whose_answer_was_lost_is_known_by_its_checksum(
    connections: Connections, monkeypatch: pytest.MonkeyPatch, content: bytes, replaces: str
) -> None:
    """It is sent again, and finds what it has written itself; encrypted by a key of KMS that has an ETag of its own."""
    digests, there = await hashed(b"ours", "CRC32"), checksum_of(content, "CRC32")
    head = answer("200 OK", b"", 'ETag: "of-kms"', f"x-amz-checksum-crc32: {there.value}")
    async with faulty_server(error("412 Precondition Failed", "PreconditionFailed"), head) as server:
        store = S3Store(await connect(connections, monkeypatch, server.endpoint))
        writing = store.put("bucket", "k", b"ours", PLAIN, only_new=not replaces, replaces=replaces, digests=digests)
        if content == b"ours":
            assert (await writing).etag == '"of-kms"'
        else:
            with pytest.raises(ProblemError, match="by someone else"):
                await writing
