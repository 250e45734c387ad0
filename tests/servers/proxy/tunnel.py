"""A proxy that carries TLS: it takes CONNECT, and passes on what it cannot read."""

import asyncio
from contextlib import AbstractAsyncContextManager, suppress

from tests.servers.listening import Listener, listening


def tunnel() -> AbstractAsyncContextManager[Listener]:
    return listening(Listener(), _carry)


async def _carry(_told: Listener, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    method, target, _ = (await reader.readuntil(b"\r\n\r\n")).decode().split(" ", 2)
    assert method == "CONNECT"
    host, _, port = target.rpartition(":")
    far_reader, far_writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))
    finally:
        for each in (writer, far_writer):
            each.close()
            with suppress(ConnectionError):
                await each.wait_closed()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(64 << 10):
            writer.write(piece)
            await writer.drain()
        writer.write_eof()
