"""Bodies that are sent as they come from elsewhere: whole, once, or not at all."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, IncompleteReadError

from tests.hostile.answers import ETAG, Answer, error
from tests.hostile.server import HostileServer, hostile_server
from tests.stores.faults import certificate
from tui.accounts import connection_id
from tui.accounts.connections import Connections
from tui.model.identity import IdentitySpec
from tui.stores.s3 import S3Store
from tui.stores.s3.wire.client import NotStreamedError
from tui.stores.s3.wire.request import StreamedBody

pytestmark = pytest.mark.usefixtures("surroundings")
CHUNK = b"0123456789abcdef" * 8192
CHUNKS = 24
SIZE = len(CHUNK) * CHUNKS
PART = {"Bucket": "b", "Key": "k", "UploadId": "u", "PartNumber": 1}
STORED = Answer(200, b"", (("ETag", ETAG),))


async def source(chunks: int = CHUNKS, error: Exception | None = None) -> AsyncIterator[bytes]:
    for _ in range(chunks):
        yield CHUNK
    if error:
        raise error


@asynccontextmanager
async def client_of(
    monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[HostileServer, Any]]:
    async with hostile_server(tls) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        server.lie("b", "UploadPart", STORED)
        connections = Connections()
        connection = await connections.get(connection_id(IdentitySpec(path_style=True)), attempts=1)
        yield server, S3Store(connection)._calls.client
        await connections.close()


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    file, context = certificate(tmp_path)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(file))
    return context


async def test_a_body_is_sent_as_it_comes(monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext) -> None:
    async with client_of(monkeypatch, tls) as (server, client):
        for _ in range(2):
            answer = await client.upload_part(Body=StreamedBody(SIZE, source()), **PART)
            assert answer["ETag"] == ETAG
        assert server.connections == 1
    for raw in server.received:
        head, _, body = raw.partition(b"\r\n\r\n")
        assert body == CHUNK * CHUNKS
        assert b"X-Amz-Content-SHA256: UNSIGNED-PAYLOAD" in head
        assert b"checksum" not in head.lower()


async def test_what_is_read_from_one_server_is_written_to_another(
    monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext
) -> None:
    async with client_of(monkeypatch, tls) as (server, client):
        server.lie("b", "GetObject", Answer(206, CHUNK * CHUNKS, (("ETag", ETAG),)))
        got = await client.get_object(Bucket="b", Key="k", Range=f"bytes=0-{SIZE - 1}", IfMatch=ETAG)
        async with got["Body"] as body:
            await client.upload_part(Body=StreamedBody(SIZE, body.iterate()), **PART)
    assert server.received[-1].endswith(CHUNK * CHUNKS)


async def test_a_payload_that_is_signed_is_not_streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = False

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal asked
        asked = True
        yield CHUNK

    async with client_of(monkeypatch) as (server, client):
        with pytest.raises(NotStreamedError):
            await client.upload_part(Body=StreamedBody(len(CHUNK), chunks()), **PART)
    assert (asked, server.asked) == (False, [])


async def test_a_source_that_breaks_is_named(monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext) -> None:
    broken = OSError("the disk is gone")
    async with client_of(monkeypatch, tls) as (server, client):
        with pytest.raises(OSError, match="the disk is gone") as caught:
            await client.upload_part(Body=StreamedBody(SIZE, source(3, broken)), **PART)
    assert caught.value is broken
    assert server.asked == [], "it was never there whole"


@pytest.mark.parametrize("chunks", [0, CHUNKS - 1, CHUNKS + 1])
async def test_a_body_of_another_length_is_not_sent(
    monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext, chunks: int
) -> None:
    async with client_of(monkeypatch, tls) as (_, client):
        with pytest.raises(IncompleteReadError):
            await client.upload_part(Body=StreamedBody(SIZE, source(chunks)), **PART)


async def test_a_refusal_is_botocores(monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext) -> None:
    async with client_of(monkeypatch, tls) as (server, client):
        server.lie("b", "UploadPart", error(403, "AccessDenied"))
        with pytest.raises(ClientError, match="AccessDenied"):
            await client.upload_part(Body=StreamedBody(SIZE, source()), **PART)
    assert len(server.asked) == 1


async def test_a_body_that_is_gone_is_not_sent_to_another_region(
    monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext
) -> None:
    async with client_of(monkeypatch, tls) as (server, client):
        moved = error(301, "PermanentRedirect")
        server.lie("b", "UploadPart", Answer(301, moved.body, (("x-amz-bucket-region", "eu-south-2"),)))
        with pytest.raises(ConnectionClosedError):
            await client.upload_part(Body=StreamedBody(SIZE, source()), **PART)
    assert server.count("UploadPart") == 1
