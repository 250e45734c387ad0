"""Annotations as the store asks for them, and servers that do not know them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.servers.buckets import BucketPair, fresh_bucket
from tests.servers.server import S3Server
from tests.stores.conftest import store_of
from tests.stores.faults import answer, error, faulty_server
from tests.stores.sent import sent_by
from tui.accounts import connection_id
from tui.accounts.clients.connection import Connection
from tui.accounts.connections import Connections
from tui.model.identity import IdentitySpec
from tui.model.problem import ProblemError, ProblemKind
from tui.stores.s3 import S3Store
from tui.stores.values import ObjectAttributes, Source

BODY = b"the object itself"
ONLY_DEMO = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)


@contextmanager
def counted(store: S3Store) -> Iterator[list[str]]:
    """The URLs of the requests that are sent in the meantime."""
    sent: list[str] = []
    events: Any = store._calls.client.meta.events

    def note(request: Any, **_: Any) -> None:
        sent.append(f"{request.method} {request.url}")

    events.register_first("before-send.s3", note)
    try:
        yield sent
    finally:
        events.unregister("before-send.s3", note)


@ONLY_DEMO
async def test_pages_payloads_and_the_pin(a: S3Store, bucket_pair: BucketPair) -> None:
    etag = (await a.put(bucket_pair.a, "k", BODY, ObjectAttributes())).etag
    assert await a.annotations(bucket_pair.a, "k") == []
    for name in ("one & two", "größe"):
        await a.annotate(bucket_pair.a, "k", name, name.encode(), etag=etag)
    found = await a.annotations(bucket_pair.a, "k")
    assert [(each.name, each.size) for each in found or []] == [("größe", 7), ("one & two", 9)]
    assert await a.annotation(bucket_pair.a, "k", "größe") == "größe".encode()
    with pytest.raises(ProblemError) as raised:
        await a.annotate(bucket_pair.a, "k", "late", b"x", etag='"00000000000000000000000000000000"')
    assert raised.value.problem.kind is ProblemKind.CHANGED


async def test_a_server_that_takes_the_request_for_another_loses_nothing(a: S3Store, bucket_pair: BucketPair) -> None:
    """Ceph answers the object to a List, and would take a PutObjectAnnotation for a PutObject."""
    etag = (await a.put(bucket_pair.a, "k", BODY, ObjectAttributes())).etag
    known = await a.annotations(bucket_pair.a, "k")
    if known is not None:  # the demo has them
        return
    with counted(a) as sent:
        assert await a.annotations(bucket_pair.a, "k") is None
        with pytest.raises(ProblemError) as raised:
            await a.annotate(bucket_pair.a, "k", "name", b"payload", etag=etag)
    assert raised.value.problem.kind is ProblemKind.UNSUPPORTED
    assert sent == []
    assert await a.read(bucket_pair.a, "k", etag=etag, start=0, length=len(BODY)) == BODY


UNKNOWING = {
    "501": error("501 Not Implemented", "NotImplemented"),
    "405": error("405 Method Not Allowed", "MethodNotAllowed"),
    "400": error("400 Bad Request", "InvalidArgument"),
    "object": answer("200 OK", b"x" * 4096, 'ETag: "00000000000000000000000000000000"', length=1 << 40),
    "empty": answer("200 OK", b""),
    "other": answer("200 OK", b"<Tagging><TagSet/></Tagging>"),
}


@pytest.mark.parametrize("said", UNKNOWING)
async def test_servers_that_do_not_know_them_are_asked_once(
    connections: Connections, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    async with faulty_server(UNKNOWING[said]) as server:
        store = S3Store(await connect(connections, monkeypatch, server.endpoint))
        assert await store.annotations("bucket", "k") is None
        assert await store.annotations("bucket", "another") is None
        assert len(server.requests) == 1


async def test_a_list_without_an_end_is_given_up(connections: Connections, monkeypatch: pytest.MonkeyPatch) -> None:
    page = "".join(f"<AnnotationEntry><AnnotationName>n{n}</AnnotationName></AnnotationEntry>" for n in range(400))
    body = (
        f"<ListObjectAnnotationsOutput><Annotations>{page}</Annotations>"
        "<NextContinuationToken>again</NextContinuationToken></ListObjectAnnotationsOutput>"
    ).encode()
    async with faulty_server(answer("200 OK", body)) as server:
        store = S3Store(await connect(connections, monkeypatch, server.endpoint))
        with pytest.raises(ProblemError, match="never ends"):
            await store.annotations("bucket", "k")
        assert len(server.requests) == 3


async def test_a_payload_beyond_the_limit_is_refused(connections: Connections, monkeypatch: pytest.MonkeyPatch) -> None:
    async with faulty_server(answer("200 OK", b"x" * ((1 << 20) + 1))) as server:
        store = S3Store(await connect(connections, monkeypatch, server.endpoint))
        with pytest.raises(ProblemError, match="too large"):
            await store.annotation("bucket", "k", "name")


async def connect(connections: Connections, monkeypatch: pytest.MonkeyPatch, endpoint: str) -> Connection:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return await connections.get(connection_id(IdentitySpec(endpoint=endpoint)))


async def test_the_requests_are_those_of_the_model(connections: Connections, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = await connect(connections, monkeypatch, "http://127.0.0.1:9")
    store = S3Store(connection)
    sent = await sent_by(connection, store.annotations("bucket", "k", "v1"))
    assert sent.method == "GET"
    assert set(sent.url.partition("?")[2].split("&")) == {"annotation", "max-annotation-results=1000", "versionId=v1"}
    sent = await sent_by(connection, store.annotation("bucket", "k", "a/b&c"))
    assert set(sent.url.partition("?")[2].split("&")) == {"annotation", "annotationName=a%2Fb%26c"}
    assert sent.headers["x-amz-checksum-mode"] == "ENABLED"
    connection.support.annotations["bucket"] = True
    sent = await sent_by(connection, store.annotate("bucket", "k", "n", b"payload", etag='"e"'))
    assert (sent.method, sent.headers["x-amz-object-if-match"]) == ("PUT", '"e"')
    assert set(sent.url.partition("?")[2].split("&")) == {"annotation", "annotationName=n"}
    source = Source("from", "k", '"e"')
    sent = await sent_by(connection, store.copy(source, "bucket", "k", ObjectAttributes()))
    assert "x-amz-object-annotation-directive" not in sent.headers  # COPY is the default
    sent = await sent_by(connection, store.copy(source, "bucket", "k", ObjectAttributes(annotations=False)))
    assert sent.headers["x-amz-object-annotation-directive"] == "EXCLUDE"


@pytest.mark.server
async def test_annotations_on_an_independent_server(
    ministack_server: S3Server, connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ministack_server.environment.items():
        monkeypatch.setenv(name, value)
    store = await store_of(connections, ministack_server.a)
    with fresh_bucket(ministack_server, ministack_server.a) as bucket:
        etag = (await store.put(bucket, "k", BODY, ObjectAttributes())).etag
        assert await store.annotations(bucket, "k") == []
        await store.annotate(bucket, "k", "größe", b"payload", etag=etag)
        assert [each.name for each in await store.annotations(bucket, "k") or []] == ["größe"]
        assert await store.annotation(bucket, "k", "größe") == b"payload"
        assert await store.read(bucket, "k", etag=etag, start=0, length=len(BODY)) == BODY
        await store.copy(Source(bucket, "k", etag), bucket, "with", ObjectAttributes())
        await store.copy(Source(bucket, "k", etag), bucket, "without", ObjectAttributes(annotations=False))
        assert len(await store.annotations(bucket, "with") or []) == 1
        assert await store.annotations(bucket, "without") == []
