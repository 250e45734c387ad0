"""A proxy that carries TLS: it takes CONNECT, and passes on what it cannot read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Tunnel:
    """Where it listens, and whom it was asked to connect to."""

    endpoint: str = ""
    asked: list[str] = field(default_factory=list)


@asynccontextmanager
async def tunnel() -> AsyncIterator[Tunnel]:
    told, carrying = Tunnel(), set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        carrying.add(asyncio.ensure_future(_carry(told, reader, writer)))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        told.endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield told
    for task in carrying:
        task.cancel()
    await asyncio.gather(*carrying, return_exceptions=True)


async def _carry(told: Tunnel, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    method, target, _ = (await reader.readuntil(b"\r\n\r\n")).decode().split(" ", 2)
    assert method == "CONNECT"
    told.asked.append(target)
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
