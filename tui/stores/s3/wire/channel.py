"""One connection to a server: a request at a time, and its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import aiohttp

from tui.aws.refusals import UnreadableAnswerError
from tui.aws.transport import bound_silence
from tui.stores.s3.wire.request import WireRequest
from tui.stores.s3.wire.response import BUFFERED, Response

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
        self._response: Response | None = None
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
        """Whether it can take a request."""
        return self._transport is not None and not self._transport.is_closing()

    @property
    def idle_for(self) -> float:
        """Seconds since its last answer."""
        return self._loop.time() - self._idle_since

    @property
    def is_connected(self) -> bool:
        """Whether it is not closed altogether."""
        return self._transport is not None

    async def ask(self, request: WireRequest, seconds: float) -> Response:
        """Send a request and wait for the head of its answer, `seconds` for each next byte; what reads has to get
        `LEAST` bytes in that time, or all.

        Raises `TimeoutError`, `ConnectionError` where it broke, aiohttp's `ServerDisconnectedError` where it was
        closed, and `UnreadableAnswerError`. The channel is then closed.
        """
        transport = self._transport
        if transport is None or transport.is_closing():
            raise aiohttp.ServerDisconnectedError
        response = self._response = Response(no_body=request.method == "HEAD", changed=self._wake)
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

    async def more(self, response: Response) -> None:
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
        """Close it at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is of another class
        peer = transport.get_extra_info("peername")
        self.peer = (str(peer[0]), int(peer[1])) if isinstance(peer, tuple) else None

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  # asyncio's signature
        """See asyncio."""
        response = self._response
        self._into = response.space if response is not None and not response.complete else None
        return self._into if self._into is not None else self._scratch

    def buffer_updated(self, nbytes: int) -> None:
        """See asyncio."""
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
            except UnreadableAnswerError as error:
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
        """See asyncio."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
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
        """See asyncio."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """See asyncio."""
        self._writable.set()

    async def _send(self, transport: asyncio.Transport, request: WireRequest, response: Response) -> None:
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

    async def _wait_until_asked(self, response: Response) -> None:
        try:
            async with asyncio.timeout(_UNASKED):
                while not (response.continued or response.head_done):
                    await self._wait(response)
        except TimeoutError:
            if response.error:
                raise

    async def _wait(self, response: Response) -> None:
        """Wait for the next step of an answer."""
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

    def _release(self, response: Response) -> None:
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


def _broken(response: Response, cause: Exception | None) -> Exception:
    """What is raised for an answer that the end of the connection has cut."""
    if response.head_done:
        of = f" of {response.length}" if response.length is not None else ""
        return aiohttp.ClientPayloadError(
            f"Response payload is not completed: bytes that came: {response.received}{of}"
        )
    if isinstance(cause, OSError):
        return cause
    return aiohttp.ServerDisconnectedError()
