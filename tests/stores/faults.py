"""A server that answers what a test tells it to: for faults that no real server can be made to show."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class FaultyServer:
    """Where it listens, and the first line and the headers of every request it got."""

    endpoint: str = ""
    requests: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)


def answer(status: str, body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    """One HTTP answer; `length` lies about the body's."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {size}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def error(status: str, code: str, message: str = "") -> bytes:
    """An error answer of S3."""
    return answer(status, f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode())


@asynccontextmanager
async def faulty_server(*answers: bytes) -> AsyncIterator[FaultyServer]:
    """Run a server that gives each request the next answer, the last one for ever; one request per connection."""
    told = FaultyServer()
    script = _forever(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        request, headers = head.decode().split("\r\n", 1)
        told.requests.append(request)
        told.headers.append(headers)
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                await reader.readexactly(int(line.split(b":")[1]))
        writer.write(next(script))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        told.endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield told


def _forever(answers: tuple[bytes, ...]) -> Iterator[bytes]:
    yield from answers
    while True:
        yield answers[-1]
