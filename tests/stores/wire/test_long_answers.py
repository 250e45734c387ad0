"""An answer that is longer than it says: Ceph 18 sends two documents where a bucket has no public access block."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tui.accounts import connection_id
from tui.accounts.connections import Connections
from tui.model.identity import IdentitySpec
from tui.stores.s3 import S3Store

MISSING = b"<Error><Code>NoSuchPublicAccessBlockConfiguration</Code></Error>"


@pytest.fixture
async def connections(keys: None) -> AsyncIterator[Connections]:
    made = Connections()
    yield made
    await made.close()


async def test_its_end_is_where_it_says(connections: Connections) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\n\r\n" % len(MISSING) + 2 * MISSING)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        store = S3Store(await connections.get(connection_id(IdentitySpec(endpoint=endpoint))))
        assert await store.settings.public_access_block("bucket") is None
        assert await store.settings.public_access_block("bucket") is None
        await connections.close()
