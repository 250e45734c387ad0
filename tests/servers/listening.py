"""Connections on loopback that a test answers itself, byte for byte."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeVar


@dataclass
class Listener:
    port: int = 0
    endpoint: str = ""
    connections: int = 0
    open: set[asyncio.Task[None]] = field(default_factory=set)

    async def all_closed(self) -> None:
        await asyncio.gather(*self.open)


L = TypeVar("L", bound=Listener)
Serve = Callable[[L, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(told: L, serve: Serve[L], tls: ssl.SSLContext | None = None) -> AsyncIterator[L]:
    """Serve each connection until `serve` has ended, at the latest until the block has."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        told.connections += 1
        told.open.add(task)
        task.add_done_callback(told.open.discard)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await serve(told, reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0, ssl=tls, limit=1 << 20)
    told.port = server.sockets[0].getsockname()[1]
    told.endpoint = f"http{'s' if tls else ''}://127.0.0.1:{told.port}"
    try:
        yield told
    finally:
        server.close()
        await server.wait_closed()
        for _ in range(5):  # turns of the loop in which a connection that was accepted last is handed over
            await asyncio.sleep(0)
        for task in list(told.open):
            task.cancel()
        await asyncio.gather(*told.open, return_exceptions=True)
