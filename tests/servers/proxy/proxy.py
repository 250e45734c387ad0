"""A proxy in front of an S3 server that does what networks and servers do to requests at times.

It listens on loopback, on the test's own event loop, and passes requests on byte for byte, so that their signatures
hold: they were signed for the proxy's address, and its `Host` header goes along. What a test wants to go wrong it says
with rules; what came by is counted.
"""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
import struct
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.servers.proxy.faults import (
    Answer,
    DamageAnswer,
    DamageRequest,
    Fault,
    LoseAnswer,
    Meanwhile,
    ResetAnswer,
    ResetRequest,
    Rule,
    StallAnswer,
    StallRequest,
    TruncateAnswer,
    damaged,
)
from tests.servers.proxy.messages import Message, Request, read_answer, read_body, read_head, request_of

_GONE = (ConnectionError, asyncio.IncompleteReadError, EOFError)
_PIECE = 64 << 10


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that came by, and the status of its answer; 0 where none was given."""

    operation: str
    key: str
    part: int
    status: int
    token: str = ""
    method: str = ""


@dataclass
class FaultProxy:
    """A running proxy. `rules` are tried in their order, and may be changed at any time; the first that fits counts."""

    upstream: tuple[str, int]
    rules: list[Rule] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    made: Counter[tuple[str, int]] = field(default_factory=Counter)
    random: random.Random = field(default_factory=lambda: random.Random(20))
    rewrite: Callable[[Request, bytes], bytes] = lambda _, head: head
    """Changes the head of an answer: what kind of server it seems to be."""
    endpoint: str = ""
    tls: ssl.SSLContext | None = None
    _server: asyncio.Server | None = None
    _is_away: bool = False
    _connections: set[asyncio.Task[None]] = field(default_factory=set)

    def count(self, operation: str, key: str | None = None, status: int | None = None) -> int:
        return sum(
            each.operation == operation
            and (key is None or each.key == key)
            and (status is None or each.status == status)
            for each in self.seen
        )

    @property
    def writes(self) -> list[Seen]:
        return [each for each in self.seen if each.method not in ("GET", "HEAD")]

    def parts(self, *operations: str) -> Counter[tuple[str, int]]:
        """How often each part was sent and answered with success, by key and number."""
        return Counter(
            (each.key, each.part) for each in self.seen if each.operation in operations and each.status == 200
        )

    @property
    def is_open(self) -> bool:
        return self._server is not None

    async def open(self) -> None:
        port, self._is_away = urlsplit(self.endpoint).port or 0, False
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", port, ssl=self.tls)
        scheme = "https" if self.tls else "http"
        self.endpoint = f"{scheme}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def away(self) -> None:
        self._is_away = True
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_away:
            _reset(writer)  # it was accepted before that
            return
        task = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        task.add_done_callback(lambda _: _reset(writer))  # also if it was cancelled before it began

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(*_GONE):  # the network is gone
            await _Line(self, reader, writer).carry()

    def fault_of(self, request: Request) -> Fault | None:
        return next((rule.fault for rule in self.rules if rule.takes(request, self.random)), None)


class _Line:
    """A client's connection, with one of its own to the server behind it."""

    def __init__(self, proxy: FaultProxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._proxy, self._reader, self._writer = proxy, reader, writer
        self._behind: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def carry(self) -> None:
        try:
            while head := await read_head(self._reader):
                request = request_of(head)
                fault = self._proxy.fault_of(request)
                status = 0
                try:
                    status = await self._one(request, fault)
                finally:
                    if not isinstance(fault, StallRequest):
                        self._note(request, status)
        finally:
            if self._behind:
                self._behind[1].close()

    def _note(self, request: Request, status: int) -> None:
        seen = Seen(request.operation, request.key, request.part, status, request.token, request.method)
        self._proxy.seen.append(seen)

    async def _one(self, request: Request, fault: Fault | None) -> int:
        if isinstance(fault, ResetRequest | StallRequest):
            await self._receive_some(request, fault)
        await self._let_send(request)
        body = await read_body(self._reader, request.head)
        if isinstance(fault, Answer):
            self._writer.write(fault.message(request))
            await self._writer.drain()
            return fault.status
        if isinstance(fault, DamageRequest):
            body = damaged(body)
        if isinstance(fault, Meanwhile) and fault.before:
            await fault.before(request)
        answer = await self._ask(request, body)
        if isinstance(fault, Meanwhile) and fault.after:
            await fault.after(request)
        if request.operation == "UploadPart" and answer.status == 200:
            self._proxy.made[request.key, request.part] += 1
        if isinstance(fault, LoseAnswer):
            raise ConnectionResetError
        await self._hand_out(request, answer, fault)
        return answer.status

    async def _receive_some(self, request: Request, fault: ResetRequest | StallRequest) -> None:
        """Take the first bytes of the body, then no more."""
        await self._let_send(request)
        with suppress(asyncio.IncompleteReadError):
            await self._reader.readexactly(min(fault.after, request.head.length))
        if isinstance(fault, StallRequest):
            transport = self._writer.transport
            assert isinstance(transport, asyncio.Transport)
            transport.pause_reading()
            self._note(request, 0)  # now: nobody reads, so that nobody sees the connection being closed
            await asyncio.Event().wait()  # until the proxy, or the connection, is closed
        raise ConnectionResetError

    async def _let_send(self, request: Request) -> None:
        if request.head.header("expect"):
            self._writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            await self._writer.drain()

    async def _ask(self, request: Request, body: bytes) -> Message:
        if self._behind is None:
            self._behind = await asyncio.open_connection(*self._proxy.upstream)
        reader, writer = self._behind
        writer.write(request.head.without("expect", "transfer-encoding") + body)
        await writer.drain()
        return await read_answer(reader, request.method)

    async def _hand_out(self, request: Request, answer: Message, fault: Fault | None) -> None:
        body = damaged(answer.body) if isinstance(fault, DamageAnswer) else answer.body
        self._writer.write(self._proxy.rewrite(request, answer.head))
        cut = fault if isinstance(fault, ResetAnswer | StallAnswer | TruncateAnswer) else None
        limit = cut.after if cut else len(body)
        for start in range(0, min(limit, len(body)), _PIECE):
            self._writer.write(body[start : min(start + _PIECE, limit)])
            await self._writer.drain()
        if isinstance(fault, StallAnswer):
            await self._reader.read()  # until the client has had enough
        if isinstance(fault, TruncateAnswer):
            self._writer.close()
            await self._writer.wait_closed()
        if cut:
            raise ConnectionResetError


def _reset(writer: asyncio.StreamWriter) -> None:
    if sock := writer.get_extra_info("socket"):
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@asynccontextmanager
async def fault_proxy(upstream: str, tls: ssl.SSLContext | None = None) -> AsyncIterator[FaultProxy]:
    """Run a proxy in front of the server at this URL while the block lasts."""
    where = urlsplit(upstream)
    assert where.hostname
    assert where.port
    proxy = FaultProxy((where.hostname, where.port), tls=tls)
    await proxy.open()
    try:
        yield proxy
    finally:
        await proxy.away()
