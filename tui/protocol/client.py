"""The screen's end of the socket: ask for one answer, or follow a feed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.protocol.frames import (
    Answer,
    Answers,
    End,
    Failed,
    Stop,
    Took,
    ToScreen,
    Waiting,
    call_of,
    frame,
    on_waiting,
    read_to_screen,
)
from tui.protocol.messages.base import Feed, Request

A = TypeVar("A")

ENGINE_LOST = Problem(
    kind=ProblemKind.ENGINE,
    title="the engine stopped unexpectedly",
    remedy="it is restarted; the log file has the details",
)


class EngineLostError(ProblemError):
    """The connection to the engine is gone; whatever was asked will not be answered."""

    def __init__(self) -> None:
        super().__init__(ENGINE_LOST)


class EngineClient:
    """One connection to the engine, for any number of calls at once; made by `connect`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._calls: dict[int, asyncio.Queue[ToScreen | None]] = {}
        self._last_id = 0
        self.lost = asyncio.Event()
        """Set when the engine has gone, for whatever reason."""
        self._listening = asyncio.create_task(self._listen(), name="engine-client")

    async def ask(self, request: Request[A]) -> A:
        """Send a request and wait for its answer; raise `ProblemError` if it fails or the engine is lost."""
        async with aclosing(self._answers(request)) as answers:
            async for body in answers:
                return msgspec.msgpack.decode(body, type=request.answer_type())
        raise EngineLostError

    async def follow(self, feed: Feed[A]) -> AsyncGenerator[A, None]:
        """Each answer of a feed as it comes. Closing the iterator stops the work in the engine."""
        decode = msgspec.msgpack.Decoder(feed.answer_type()).decode
        async with aclosing(self._answers(feed)) as answers:
            async for body in answers:
                yield decode(body)

    def abandon(self) -> None:
        """Give the connection up; calls under way end with `EngineLostError`."""
        self._writer.close()

    async def close(self) -> None:
        """Close the connection, and wait until every call has its error."""
        self.abandon()
        await self._listening

    async def _answers(self, request: Request[Any] | Feed[Any]) -> AsyncGenerator[msgspec.Raw, None]:
        self._last_id += 1
        call_id, inbox = self._last_id, asyncio.Queue[ToScreen | None]()
        self._calls[call_id] = inbox
        complete = False
        try:
            self._send(frame(call_of(call_id, request)))
            while not complete:
                match await inbox.get():
                    case Answer() | Answers() as answer:
                        self._send(frame(Took(call_id)))
                        for body in answer.bodies:
                            yield body
                    case Waiting() as waiting:
                        if tell := on_waiting.get():
                            tell(waiting)
                    case Failed(problem=problem):
                        complete = True
                        raise ProblemError(problem)
                    case End():
                        complete = True
                    case None:
                        complete = True
                        raise EngineLostError
        finally:
            del self._calls[call_id]
            if not complete:
                self._send(frame(Stop(call_id)))

    def _send(self, message: bytes) -> None:
        if self.lost.is_set():
            return
        self._writer.write(message)

    async def _listen(self) -> None:
        try:
            while (message := await read_to_screen(self._reader)) is not None:
                if inbox := self._calls.get(message.id):
                    inbox.put_nowait(message)
        except ProblemError:
            pass  # an engine that talks rubbish is as good as gone
        finally:
            self._writer.close()
            self.lost.set()
            for inbox in self._calls.values():
                inbox.put_nowait(None)


async def connect(socket: Path) -> EngineClient:
    """Connect to the engine's Unix socket; raise `EngineLostError` if there is none."""
    try:
        reader, writer = await asyncio.open_unix_connection(str(socket))
    except OSError as error:
        raise EngineLostError from error
    return EngineClient(reader, writer)
