"""Which requests take the short way, and which are botocore's to send."""

from __future__ import annotations

import asyncio

import pytest

from tests.stores.wire.scripted import Scripted, always, scripted
from tui.accounts import connection_id
from tui.accounts.clients.retries import ONE_ATTEMPT
from tui.accounts.connections import Connections
from tui.model.identity import IdentitySpec
from tui.stores.s3 import S3Store

pytestmark = pytest.mark.usefixtures("surroundings")
FOUND = b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: "e"\r\n\r\n'


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


async def test_a_proxy_is_spoken_to_by_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    connections = Connections()
    async with scripted(always(FOUND)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        spec = IdentitySpec(endpoint="http://objects.invalid", path_style=True)
        store = S3Store(await connections.get(connection_id(spec)))
        for _ in range(2):
            assert (await store.head("b", "k")).etag == '"e"'
        await connections.close()
    assert [head.split(b"\r\n")[0] for head in proxy.heads] == [b"HEAD http://objects.invalid/b/k HTTP/1.1"] * 2


async def test_who_signs_nothing_asks_by_botocore() -> None:
    connections = Connections()
    async with scripted(always(FOUND)) as server:
        spec = IdentitySpec(endpoint=f"http://127.0.0.1:{server.port}", anonymous=True)
        connection = await connections.get(connection_id(spec))
        store = S3Store(connection)
        assert store._calls.client is connection.client
        assert (await store.head("b", "k")).etag == '"e"'
        await connections.close()
    assert b"authorization" not in server.heads[0].lower()


async def test_who_wants_the_rate_limited_asks_by_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_RETRY_MODE", "adaptive")
    connections = Connections()
    name = connection_id(IdentitySpec(endpoint="http://127.0.0.1:9"))
    seen, counted = await connections.get(name), await connections.get(name, attempts=ONE_ATTEMPT)
    assert S3Store(seen)._calls.client is seen.client
    assert S3Store(counted)._calls.client is not counted.client, "who counts its attempts limits its rate, too"
    await connections.close()


async def test_the_stores_of_a_connection_share_the_short_way_and_it_is_closed_with_it() -> None:
    connections = Connections()
    async with scripted(always(FOUND)) as server:
        connection = await connections.get(connection_id(IdentitySpec(endpoint=f"http://127.0.0.1:{server.port}")))
        for _ in range(3):
            assert (await S3Store(connection).head("b", "k")).etag == '"e"'
        assert S3Store(connection)._calls.client is not connection.client
        assert server.connections == 1
        await connections.close()
        await server.all_closed()


async def test_after_a_retry_botocore_sends_some_requests_to_fill_its_quota_of_retries() -> None:
    asked: list[int] = []

    async def serve(told: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = told.connections
        while await told.head(reader):
            asked.append(number)
            writer.write(FOUND if len(asked) != 2 else b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")

    connections = Connections()
    async with scripted(serve) as server:
        store = S3Store(await connections.get(connection_id(IdentitySpec(endpoint=f"http://127.0.0.1:{server.port}"))))
        for _ in range(2 + 15 + 1):
            await store.head("b", "k")
        await connections.close()
    assert asked == [1, 1, *[2] * (1 + 15), 1], "the connections of the short way and of botocore"
