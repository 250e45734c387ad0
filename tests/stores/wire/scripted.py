"""A server that does on each connection what a test says, byte for byte, and requests to it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from itertools import cycle

from tui.accounts.clients.connection import Timeouts
from tui.stores.s3.wire.replaying import Answer
from tui.stores.s3.wire.request import Place, WireRequest
from tui.stores.s3.wire.sender import Sender


@dataclass
class Scripted:
    """Where it listens, how many connections it got, and the heads and bodies that came by them."""

    port: int = 0
    connections: int = 0
    received: bytes = b""
    heads: list[bytes] = field(default_factory=list)
    open: set[asyncio.Task[None]] = field(default_factory=set)

    async def all_closed(self) -> None:
        await asyncio.gather(*self.open)

    def request(self, method: str = "GET", body: bytes = b"", *, waits: bool = False) -> WireRequest:
        """A request to it; nobody looks at its signature."""
        expect = "Expect: 100-continue\r\n" if waits else ""
        head = f"{method} /b/k HTTP/1.1\r\nHost: s\r\n{expect}Content-Length: {len(body)}\r\n\r\n".encode()
        place = Place("http", "127.0.0.1", self.port)
        return WireRequest(method, place, f"http://127.0.0.1:{self.port}/b/k", head, body, waits)

    async def head(self, reader: asyncio.StreamReader) -> bytes:
        self.heads.append(await reader.readuntil(b"\r\n\r\n"))
        return self.heads[-1]


Serve = Callable[[Scripted, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def scripted(serve: Serve) -> AsyncIterator[Scripted]:
    told = Scripted()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told.connections += 1
        task = asyncio.current_task()
        assert task
        told.open.add(task)
        task.add_done_callback(told.open.discard)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await serve(told, reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    told.port = server.sockets[0].getsockname()[1]
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


class Step(Enum):
    """What the server does beside sending bytes and reading so many of a body."""

    HEAD = "read the head of the next request"
    END = "read until the client closes the connection"
    NOTHING = "wait until the test ends"


HEAD, END, NOTHING = Step.HEAD, Step.END, Step.NOTHING


def plays(*steps: bytes | int | Step, again: bool = False) -> Serve:
    """Go through these steps on each connection, and close it; `again`: begin with the first one instead."""

    async def serve(told: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for step in cycle(steps) if again else steps:
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
            elif isinstance(step, int):
                told.received += await reader.readexactly(step)
            elif step is HEAD:
                await told.head(reader)
            elif step is END:
                told.received += await reader.read()
            else:
                await asyncio.Event().wait()

    return serve


def always(answer: bytes) -> Serve:
    """Serve each request of a connection with the same bytes."""
    return plays(HEAD, answer, again=True)


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
    outcome = await sending
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


async def failed(sending: Awaitable[Answer | Exception]) -> Exception:
    outcome = await sending
    assert isinstance(outcome, Exception), outcome
    return outcome
