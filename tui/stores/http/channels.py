"""The connections to the servers of one identity: kept for the next request, no more than so many at once."""

from __future__ import annotations

import asyncio
import io
import socket
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from types import TracebackType
from typing import Any, Self, cast

import aiohttp
from aiohappyeyeballs import start_connection
from botocore.exceptions import ReadTimeoutError

from tui.aws.refusals import MalformedResponseError
from tui.aws.transport import bound_silence
from tui.stores.http.responses import BUFFERED, HttpOrigin, IncomingResponse, WireRequest

KEPT = 12.0
"""Seconds that a connection is kept unused: servers close theirs after a time, most not so soon (as aiobotocore)."""

Contexts = Callable[[], Awaitable[ssl.SSLContext]]


@dataclass
class _Host:
    """The connections to one place."""

    channels: set[Channel] = field(default_factory=set)
    idle: list[Channel] = field(default_factory=list)
    """Those without a request; the one that was used last comes last."""
    waiting: deque[asyncio.Future[Channel | None]] = field(default_factory=deque)


class Pool:
    """Connections by place. Used from one event loop."""

    def __init__(self, most: int, connect_seconds: float, tls: Contexts, kept: float = KEPT) -> None:
        """`most` connections to a place; `tls` makes the settings of those over TLS."""
        self._kept = kept
        self._most, self._seconds, self._make_tls = most, connect_seconds, tls
        self._hosts: dict[HttpOrigin, _Host] = {}
        self._addresses = Addresses()
        self._tls: ssl.SSLContext | None = None
        self._sweeping: asyncio.TimerHandle | None = None
        self._one_left = asyncio.Event()

    def idle(self, place: HttpOrigin) -> Channel | None:
        host = self._hosts.get(place)
        while host is not None and host.idle:
            channel = host.idle.pop()
            if self._is_fresh(channel):
                return channel
            channel.close()
        return None

    async def channel(self, place: HttpOrigin) -> Channel:
        """A connection that is made now, or waited for; raise `OSError`, `ssl.SSLError` and `TimeoutError` included."""
        host = self._hosts.get(place)
        if host is None:
            host = self._hosts[place] = _Host()
        while len(host.channels) >= self._most:
            given = await self._turn(host)
            if given is not None and given.is_open:
                return given
        return await self._connect(place, host)

    async def close(self) -> None:
        if self._sweeping is not None:
            self._sweeping.cancel()
        for host in self._hosts.values():
            for channel in host.channels:
                channel.close()
        while any(channel.is_connected for host in self._hosts.values() for channel in host.channels):
            self._one_left.clear()
            await self._one_left.wait()

    async def _turn(self, host: _Host) -> Channel | None:
        """Wait for a connection that another request leaves; None: one is closed, so that another can be made."""
        turn: asyncio.Future[Channel | None] = asyncio.get_running_loop().create_future()
        host.waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on(host, turn.result())
            raise

    async def _connect(self, place: HttpOrigin, host: _Host) -> Channel:
        loop = asyncio.get_running_loop()
        channel = Channel(loop, lambda freed: self._freed(host, freed))
        host.channels.add(channel)
        try:
            if place.tls and self._tls is None:
                self._tls = await self._make_tls()
            async with asyncio.timeout(self._seconds):
                await loop.create_connection(
                    lambda: channel,
                    sock=await self._addresses.connect(place.host, place.port),
                    ssl=self._tls if place.tls else None,
                    server_hostname=place.host if place.tls else None,
                )
        except BaseException:
            channel.close()
            self._left(host, channel)
            raise
        return channel

    def _freed(self, host: _Host, channel: Channel) -> None:
        if channel.is_open:
            self._pass_on(host, channel)
        else:
            self._left(host, channel)

    def _left(self, host: _Host, channel: Channel) -> None:
        if channel in host.channels:
            host.channels.discard(channel)
            self._one_left.set()
            self._pass_on(host, None)

    def _pass_on(self, host: _Host, channel: Channel | None) -> None:
        while host.waiting:
            turn = host.waiting.popleft()
            if not turn.done():
                turn.set_result(channel)
                return
        if channel is not None:
            host.idle.append(channel)
            if self._sweeping is None:
                self._sweeping = asyncio.get_running_loop().call_later(self._kept, self._sweep)

    def _sweep(self) -> None:
        self._sweeping = None
        for host in self._hosts.values():
            for channel in [each for each in host.idle if not self._is_fresh(each)]:
                channel.close()
            host.idle = [each for each in host.idle if self._is_fresh(each)]
        if any(host.idle for host in self._hosts.values()):
            self._sweeping = asyncio.get_running_loop().call_later(self._kept, self._sweep)

    def _is_fresh(self, channel: Channel) -> bool:
        return channel.is_open and channel.idle_for < self._kept


_KNOWN = 10.0
"""Seconds that addresses are used before they are looked up again (as aiohttp)."""
_HEAD_START = 0.25
"""Seconds that an address has before the next one is tried beside it (RFC 8305, "Happy Eyeballs Version 2")."""


class Addresses:
    """The addresses of hosts; each connection begins at another one, as S3 gives many for the load to be shared."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], tuple[float, list[Any]]] = {}

    async def connect(self, host: str, port: int) -> socket.socket:
        try:
            connected = await start_connection(await self._of(host, port), happy_eyeballs_delay=_HEAD_START)
        except OSError:
            self._known.pop((host, port), None)
            raise
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connected

    async def _of(self, host: str, port: int) -> Sequence[Any]:
        since, found = self._known.get((host, port), (0.0, []))
        if not found or monotonic() - since > _KNOWN:
            loop = asyncio.get_running_loop()
            since, found = monotonic(), list(await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        self._known[host, port] = since, [*found[1:], *found[:1]]
        return found


_SCRATCH = 32 * 1024
_SLICE = 256 * 1024
"""Bytes of a request's body that are written before it is looked whether the server has answered already."""
_UNASKED = 1.0
"""Seconds after which a body is sent to a server that was to ask for it and does not (RFC 9110, section 10.1.1)."""


LEAST = 4096
"""Bytes of an answer that come while a next byte is waited for at most: a server that drips is as good as silent. Of a
long copy S3 sends a blank now and then until it is done (CopyObject), so this is for what reads."""


class Channel(asyncio.BufferedProtocol):
    """A connection, and the answer to the last request on it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, freed: Callable[[Channel], None]) -> None:
        """`freed` is called when the channel can take another request, or is closed."""
        self._loop, self._freed = loop, freed
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray(_SCRATCH)
        self._scratch = memoryview(self._buffer)
        self._into: memoryview | None = None
        self._response: IncomingResponse | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._seconds, self._silent_since = 0.0, 0.0
        self._least = self._came = 0
        self._bounded: float | None = None
        self._sending, self._paused = False, False
        self._writable = asyncio.Event()
        self._writable.set()
        self._idle_since = 0.0
        self.peer: tuple[str, int] | None = None

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    @property
    def idle_for(self) -> float:
        return self._loop.time() - self._idle_since

    @property
    def is_connected(self) -> bool:
        return self._transport is not None

    async def ask(self, request: WireRequest, seconds: float) -> IncomingResponse:
        """Send a request and wait for the head of its answer, `seconds` for each next byte; what reads has to get
        `LEAST` bytes in that time, or all.

        Raises `TimeoutError`, `ConnectionError` where it broke, aiohttp's `ServerDisconnectedError` where it was
        closed, and `MalformedResponseError`. The channel is then closed.
        """
        transport = self._transport
        if transport is None or transport.is_closing():
            raise aiohttp.ServerDisconnectedError
        response = self._response = IncomingResponse(no_body=request.method == "HEAD", changed=self._wake)
        self._seconds, self._silent_since = seconds, self._loop.time()
        self._least, self._came = LEAST if request.method in ("GET", "HEAD") else 1, 0
        if self._bounded != seconds:
            self._bounded = seconds
            bound_silence(transport, seconds)
        try:
            if request.waits:
                self._sending = True
                await self._send(transport, request, response)
                self._sending = False
            elif request.body:
                transport.writelines((request.head, request.body))
            else:
                transport.write(request.head)
            while not response.head_done:
                await self._wait(response)
            if response.complete:
                self._release(response)
        except BaseException:
            self.close()
            raise
        return response

    async def more(self, response: IncomingResponse) -> None:
        """Wait until more of the body of the answer has come, or its end; raises as `ask` does."""
        transport = self._transport
        if self._paused and transport is not None and not transport.is_closing():
            self._paused = False
            transport.resume_reading()
        try:
            await self._wait(response)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is of another class
        peer = transport.get_extra_info("peername")
        self.peer = (str(peer[0]), int(peer[1])) if isinstance(peer, tuple) else None

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  # asyncio's signature
        response = self._response
        self._into = response.space if response is not None and not response.complete else None
        return self._into if self._into is not None else self._scratch

    def buffer_updated(self, nbytes: int) -> None:
        self._came += nbytes
        if self._came >= self._least:
            self._silent_since, self._came = self._loop.time(), 0
        response = self._response
        if response is None:
            self.close()  # an answer that nobody has asked for
            return
        if self._into is not None:
            self._into = None
            response.filled(nbytes)
        else:
            try:
                response.feed(bytes(self._scratch[:nbytes]))
            except MalformedResponseError as error:
                response.fail(error)
                self.close()
                return
        if response.complete:
            if not self._sending:
                self._release(response)
        elif response.buffered > BUFFERED and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._writable.set()
        response, self._response = self._response, None
        if response is not None and not response.ended():
            response.fail(_broken(response, exc))
        self._freed(self)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    async def _send(self, transport: asyncio.Transport, request: WireRequest, response: IncomingResponse) -> None:
        transport.write(request.head)
        await self._wait_until_asked(response)
        body = memoryview(request.body)
        for start in range(0, len(body), _SLICE):
            if response.head_done:
                response.keeps_alive = False  # the server has answered without the rest
                return
            if response.error:
                raise response.error
            transport.write(body[start : start + _SLICE])
            if not self._writable.is_set():
                await self._writable.wait()

    async def _wait_until_asked(self, response: IncomingResponse) -> None:
        try:
            async with asyncio.timeout(_UNASKED):
                while not (response.continued or response.head_done):
                    await self._wait(response)
        except TimeoutError:
            if response.error:
                raise

    async def _wait(self, response: IncomingResponse) -> None:
        if response.error:
            raise response.error
        waiter = self._waiter = self._loop.create_future()
        self._watch_silence()
        try:
            await waiter
        finally:
            if self._waiter is waiter:  # else the channel is at another request already
                self._waiter = None
        if response.error and not response.complete:
            raise response.error

    def _wake(self) -> None:
        if self._sending and self._response is not None and self._response.head_done:
            self._writable.set()  # whatever is left of the body is not to be sent
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _watch_silence(self) -> None:
        """See to it that a timer ends what waits for too long; it is kept from one request to the next."""
        due = self._silent_since + self._seconds
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._check_silence)

    def _check_silence(self) -> None:
        self._timer = None
        response = self._response
        if response is None or response.complete or self._waiter is None:
            return
        unsent = self._transport.get_write_buffer_size() if self._transport else 0
        if unsent:  # the kernel sees to a peer that takes none of it: `bound_silence`
            self._silent_since = self._loop.time()
        if self._silent_since + self._seconds <= self._loop.time():
            response.fail(TimeoutError())
            return
        self._watch_silence()

    def _release(self, response: IncomingResponse) -> None:
        """The answer is complete: the channel is free, or of no more use."""
        if response is not self._response:
            return
        self._response = None
        transport = self._transport
        if transport is None:
            return
        if not response.keeps_alive or transport.get_write_buffer_size():
            transport.abort()
            return
        if self._paused:
            self._paused = False
            transport.resume_reading()
        self._idle_since = self._loop.time()
        self._freed(self)


def _broken(response: IncomingResponse, cause: Exception | None) -> Exception:
    """What is raised for an answer that the end of the connection has cut."""
    if response.head_done:
        of = f" of {response.length}" if response.length is not None else ""
        return aiohttp.ClientPayloadError(
            f"Response payload is not completed: bytes that came: {response.received}{of}"
        )
    if isinstance(cause, OSError):
        return cause
    return aiohttp.ServerDisconnectedError()


_CHUNK = 256 * 1024
_MOST_AT_ONCE = 64 * 1024 * 1024
"""Bytes for which memory is taken before they come: a server may promise any number of them."""


class ResponseBody:
    """Read it to its end, or close it: else its connection stays busy."""

    def __init__(self, channel: Channel, response: IncomingResponse, url: str) -> None:
        self._channel, self._response, self._url = channel, response, url

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def read(self, most: int = -1) -> bytes:
        """The rest, or up to `most` bytes of it; nothing at the end.

        Raises botocore's `ReadTimeoutError`, and aiohttp's `ClientPayloadError` for one that was cut.
        """
        response = self._response
        if most < 0:
            return response.take_all() if response.complete else await self._rest()
        while not (response.buffered or response.complete):
            await self._more()
        return response.take(most)

    def close(self) -> None:
        """Read no more: the connection is closed unless all has come."""
        if not self._response.complete:
            self._channel.close()

    async def _rest(self) -> bytes:
        response = self._response
        length = response.length
        if length is None or length > _MOST_AT_ONCE or response.taken:
            chunks = list[bytes]()
            while chunk := await self.read(_CHUNK):
                chunks.append(chunk)
            return b"".join(chunks)
        target = io.BytesIO()  # `getvalue` returns its bytes without a copy, unlike `bytes` of a `bytearray`
        if length:
            target.seek(length - 1)
            target.write(b"\0")
        with target.getbuffer() as view:
            response.receive_into(view)
            try:
                while not response.complete:
                    await self._more()
            finally:
                response.leave()
        return target.getvalue()

    async def _more(self) -> None:
        try:
            await self._channel.more(self._response)
        except TimeoutError as error:
            raise ReadTimeoutError(endpoint_url=self._url, error=error) from error
