"""The session of screen and commands with the engine: finds or starts it, calls it, and finds it again when it dies."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from tui import __version__
from tui.core.naming import counted
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.link import frames
from tui.link.engine_paths import log_file
from tui.link.process import EngineProcess
from tui.link.request import NO_VERSION, PROTOCOL_VERSION, Feed, Hello, Request, Welcome

A = TypeVar("A")

ENGINE_LOST = Problem(
    kind=ProblemKind.ENGINE,
    title="the engine stopped unexpectedly",
    remedy="it is restarted; the log file has the details",
)


class EngineLostError(ProblemError):
    """The connection to the engine is lost; pending requests get no answer."""

    def __init__(self) -> None:
        super().__init__(ENGINE_LOST)


class EngineClient:
    """A connection to the engine for any number of concurrent calls; `connect` creates it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._calls: dict[int, asyncio.Queue[frames.ToScreen | None]] = {}
        self._last_id = 0
        self.lost = asyncio.Event()
        """Set when the engine is gone, for any reason."""
        self._listening = asyncio.create_task(self._listen(), name="engine-client")

    async def ask(self, request: Request[A]) -> A:
        """Raises `ProblemError` if the request fails or the engine is lost."""
        async with aclosing(self._answers(request)) as answers:
            async for body in answers:
                return msgspec.msgpack.decode(body, type=request.answer_type())
        raise EngineLostError

    async def follow(self, feed: Feed[A]) -> AsyncGenerator[A, None]:
        decode = msgspec.msgpack.Decoder(feed.answer_type()).decode
        async with aclosing(self._answers(feed)) as answers:
            async for body in answers:
                yield decode(body)

    def abandon(self) -> None:
        """Drop the connection; pending calls end with `EngineLostError`."""
        self._writer.close()

    async def close(self) -> None:
        """Close the connection, and wait until every pending call has its error."""
        self.abandon()
        await self._listening

    async def _answers(self, request: Request[Any] | Feed[Any]) -> AsyncGenerator[msgspec.Raw, None]:
        self._last_id += 1
        call_id, inbox = self._last_id, asyncio.Queue[frames.ToScreen | None]()
        self._calls[call_id] = inbox
        complete = False
        try:
            self._send(frames.frame(frames.CallFrame(call_id, msgspec.Raw(frames.encode(request)))))
            while not complete:
                match await inbox.get():
                    case frames.AnswerFrame() | frames.AnswerBatchFrame() as answer:
                        self._send(frames.frame(frames.TookFrame(call_id)))
                        for body in answer.bodies:
                            yield body
                    case frames.WaitingFrame() as waiting:
                        if tell := frames.on_waiting.get():
                            tell(waiting)
                    case frames.FailedFrame(problem=problem):
                        complete = True
                        raise ProblemError(problem)
                    case frames.EndFrame():
                        complete = True
                    case None:
                        complete = True
                        raise EngineLostError
        finally:
            del self._calls[call_id]
            if not complete:
                self._send(frames.frame(frames.StopFrame(call_id)))

    def _send(self, message: bytes) -> None:
        if not self.lost.is_set():
            self._writer.write(message)

    async def _listen(self) -> None:
        try:
            while (message := await frames.read_message(self._reader, frames.decode_to_screen)) is not None:
                if inbox := self._calls.get(message.id):
                    inbox.put_nowait(message)
        except ProblemError:
            pass  # an engine that sends invalid messages counts as gone
        finally:
            self._writer.close()
            self.lost.set()
            for inbox in self._calls.values():
                inbox.put_nowait(None)


async def connect(socket: Path) -> EngineClient:
    """Connect to the engine's Unix socket; raises `EngineLostError` if there is none."""
    try:
        reader, writer = await asyncio.open_unix_connection(str(socket))
    except OSError as error:
        raise EngineLostError from error
    return EngineClient(reader, writer)


MAX_DEATHS = 3
"""An engine that dies this often within `DEATH_SECONDS` is not restarted."""

DEATH_SECONDS = 30.0

MEETINGS = 3
"""Attempts to greet an engine that disappears meanwhile: it may be ending."""

MEETING_SECONDS = 20.0
"""Seconds that a running engine may be without a socket: it is ending, starting, or recreating it after a login."""

RETIRING_SECONDS = 2.0
"""Seconds for an idle engine to end; it does not if another client has come."""

BETWEEN_LOOKS = 0.02


class EngineAccess(Protocol):
    """The engine, as widgets see it."""

    async def ask(self, request: Request[A]) -> A:
        """The answer to a request; raise `ProblemError`."""

    def follow(self, feed: Feed[A]) -> AsyncGenerator[A, None]:
        """The answers of a feed; closing the generator stops the work behind it. Raises `ProblemError`."""

    async def other_has_ended(self) -> None:
        """Wait until the engine of another version, which an `OtherVersionError` has named, is gone."""


class OtherVersionError(ProblemError):
    """The running engine belongs to another version of xs3-tui."""

    def __init__(self, welcome: Welcome) -> None:
        count = welcome.unfinished
        work = counted(count, "unfinished transfer") if count else "other screens connected to it"
        title = f"an engine of xs3-tui {welcome.program or '(another version)'} is running"
        cause = f"it has {work}, and uses protocol {welcome.version}; this xs3-tui uses {PROTOCOL_VERSION}"
        super().__init__(
            Problem(ProblemKind.OTHER_VERSION, title, cause, "wait until it ends, or use that version of xs3-tui")
        )
        self.welcome = welcome


class EngineSession:
    """A connection to the engine. Used from one event loop."""

    def __init__(self, process: EngineProcess, on_lost: Callable[[Problem], None] | None = None) -> None:
        """`on_lost` is called when a running engine has died, before it is restarted."""
        self._process = process
        self.on_lost = on_lost
        self._client: EngineClient | None = None
        self._connecting = asyncio.Lock()
        self._watch: asyncio.Task[None] | None = None
        self._deaths: deque[float] = deque(maxlen=MAX_DEATHS)

    async def ask(self, request: Request[A]) -> A:
        """Raises `ProblemError`, or `EngineLostError` if the engine dies before it answers."""
        client = await self._connected()
        return await client.ask(request)

    async def follow(self, feed: Feed[A]) -> AsyncGenerator[A, None]:
        client = await self._connected()
        async with aclosing(client.follow(feed)) as answers:
            async for answer in answers:
                yield answer

    async def close(self) -> None:
        """Disconnect. The engine keeps running while it has work."""
        if self._watch:
            self._watch.cancel()
        if self._client:
            await self._client.close()

    async def other_has_ended(self) -> None:
        await self.close()
        await asyncio.to_thread(self._process.wait_until_gone)

    async def _connected(self) -> EngineClient:
        async with self._connecting:
            if self._client is None or self._client.lost.is_set():
                self._refuse_if_dying()
                self._client = await self._meet()
                self._watch = asyncio.create_task(self._notice_loss(self._client), name="engine-watch")
            return self._client

    async def _meet(self) -> EngineClient:
        """Find or start the engine and greet it. Raises `ProblemError`."""
        for meeting in range(1, MEETINGS + 1):
            client = await self._reach()
            try:
                await self._greet(client)
            except EngineLostError:
                if meeting == MEETINGS:
                    self._deaths.append(time.monotonic())
                    raise
            except BaseException:
                await client.close()
                raise
            else:
                return client
        raise AssertionError("unreachable")

    async def _reach(self) -> EngineClient:
        deadline = time.monotonic() + MEETING_SECONDS
        while True:
            self._process.start()
            with suppress(EngineLostError):
                return await connect(self._process.socket)
            if time.monotonic() > deadline:
                cause = f"it is running, but does not respond at {self._process.socket}"
                remedy = f"see {log_file()}; stop the process that locks {self._process.journal}"
                raise ProblemError(Problem(ProblemKind.ENGINE, "the engine cannot be reached", cause, remedy))
            await asyncio.sleep(BETWEEN_LOOKS)

    async def _greet(self, client: EngineClient) -> None:
        welcome = await client.ask(Hello())
        same_version = welcome.version == PROTOCOL_VERSION
        if same_version:
            if not self._is_outdated(welcome):
                return
            await client.ask(Hello(NO_VERSION))
        elif welcome.unfinished:
            raise OtherVersionError(welcome)
        await client.close()  # it ends unless other clients of its version are connected
        deadline = time.monotonic() + (RETIRING_SECONDS if same_version else MEETING_SECONDS)
        while self._process.running:
            if time.monotonic() > deadline:
                if same_version:
                    break
                raise OtherVersionError(welcome)
            await asyncio.sleep(BETWEEN_LOOKS)
        raise EngineLostError  # the next meeting is with another engine, or with one that is no longer idle

    def _is_outdated(self, welcome: Welcome) -> bool:
        """Whether the engine only waits for clients, and was started from another environment or release."""
        other = welcome.program != __version__ or (self._process.mark and welcome.environment != self._process.mark)
        return welcome.idle and bool(other)

    async def _notice_loss(self, client: EngineClient) -> None:
        await client.lost.wait()
        self._deaths.append(time.monotonic())
        if self.on_lost:
            self.on_lost(ENGINE_LOST)

    def _refuse_if_dying(self) -> None:
        if len(self._deaths) == MAX_DEATHS and time.monotonic() - self._deaths[0] < DEATH_SECONDS:
            self._deaths.clear()
            title = "the engine keeps stopping"
            cause = f"it stopped {MAX_DEATHS} times within {DEATH_SECONDS:.0f} seconds"
            remedy = f"see {log_file()}, then try again"
            raise ProblemError(Problem(ProblemKind.ENGINE, title, cause, remedy))
