"""A server that does on each connection what a test says, byte for byte, and requests to it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from itertools import cycle

from tests.servers.listening import Listener, listening
from tui.aws.connection import Timeouts
from tui.stores.http.http_client import Sender
from tui.stores.http.replies import ReplayedResponse
from tui.stores.http.responses import HttpOrigin, WireRequest


@dataclass
class Scripted(Listener):
    received: bytes = b""
    heads: list[bytes] = field(default_factory=list)

    def request(self, method: str = "GET", body: bytes = b"", *, waits: bool = False) -> WireRequest:
        expect = "Expect: 100-continue\r\n" if waits else ""
        head = f"{method} /b/k HTTP/1.1\r\nHost: s\r\n{expect}Content-Length: {len(body)}\r\n\r\n".encode()
        place = HttpOrigin("http", "127.0.0.1", self.port)
        return WireRequest(method, place, f"http://127.0.0.1:{self.port}/b/k", head, body, waits)

    async def head(self, reader: asyncio.StreamReader) -> bytes:
        self.heads.append(await reader.readuntil(b"\r\n\r\n"))
        return self.heads[-1]


Serve = Callable[[Scripted, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def scripted(serve: Serve) -> AbstractAsyncContextManager[Scripted]:
    return listening(Scripted(), serve)


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
    return plays(HEAD, answer, again=True)


async def no_tls() -> ssl.SSLContext:
    """For servers that are spoken to in plain."""
    raise AssertionError("plain")


@asynccontextmanager
async def sender(seconds: float = 10) -> AsyncIterator[Sender]:
    made = Sender(Timeouts(connect=seconds, read=seconds), no_tls)
    try:
        yield made
    finally:
        await made.close()


async def answered(sending: Awaitable[ReplayedResponse | Exception]) -> ReplayedResponse:
    outcome = await sending
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


async def failed(sending: Awaitable[ReplayedResponse | Exception]) -> Exception:
    outcome = await sending
    assert isinstance(outcome, Exception), outcome
    return outcome
