"""A server that does on each connection what a test says, byte for byte, and requests to it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from tui.accounts.clients.connection import Timeouts
from tui.stores.s3.wire.replaying import Answer
from tui.stores.s3.wire.request import Place, WireRequest
from tui.stores.s3.wire.sender import Sender


@dataclass
class Scripted:
    """Where it listens, and how many connections it got."""

    port: int = 0
    connections: int = 0
    heads: list[bytes] = field(default_factory=list)
    open: set[asyncio.Task[None]] = field(default_factory=set)

    async def all_closed(self) -> None:
        """Wait until its clients have closed all connections."""
        async with asyncio.timeout(30):
            await asyncio.gather(*self.open)

    def request(self, method: str = "GET", body: bytes = b"", *, waits: bool = False) -> WireRequest:
        """A request to it; nobody looks at its signature."""
        expect = "Expect: 100-continue\r\n" if waits else ""
        head = f"{method} /b/k HTTP/1.1\r\nHost: s\r\n{expect}Content-Length: {len(body)}\r\n\r\n".encode()
        place = Place("http", "127.0.0.1", self.port)
        return WireRequest(method, place, f"http://127.0.0.1:{self.port}/b/k", head, body, waits)

    async def head(self, reader: asyncio.StreamReader) -> bytes:
        """Read the head of the next request."""
        self.heads.append(await reader.readuntil(b"\r\n\r\n"))
        return self.heads[-1]


@asynccontextmanager
async def scripted(
    serve: Callable[[Scripted, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[Scripted]:
    """Run the server while the block lasts."""
    told = Scripted()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told.connections += 1
        task = asyncio.current_task()
        assert task
        told.open.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await serve(told, reader, writer)
        finally:
            told.open.discard(task)
            writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    told.port = server.sockets[0].getsockname()[1]
    try:
        yield told
    finally:
        server.close()
        for task in list(told.open):
            task.cancel()
        await asyncio.gather(*told.open, return_exceptions=True)
        await server.wait_closed()


def always(answer: bytes) -> Callable[[Scripted, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """Serve each request of a connection with the same bytes."""

    async def serve(told: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await told.head(reader):
            writer.write(answer)

    return serve


async def no_tls() -> ssl.SSLContext:
    """For servers that are spoken to in plain."""
    raise AssertionError("plain")


@asynccontextmanager
async def sender(seconds: float = 10) -> AsyncIterator[Sender]:
    """A sender that waits so long for a connection and for each next byte."""
    made = Sender(Timeouts(connect=seconds, read=seconds), no_tls)
    try:
        yield made
    finally:
        await made.close()


async def answered(sending: Awaitable[Answer | Exception]) -> Answer:
    """The answer; raise what came in its place."""
    outcome = await sending
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


async def failed(sending: Awaitable[Answer | Exception]) -> Exception:
    """What came in place of an answer."""
    outcome = await sending
    assert isinstance(outcome, Exception), outcome
    return outcome
