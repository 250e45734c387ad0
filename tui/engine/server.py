"""The socket: reads calls, runs each as a task of its own, and sends back what it answers."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import Any

import msgspec

from tui import __version__
from tui.answering.log import log, log_problem
from tui.aws.transport import PendingRequests, tracking_requests
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.engine.service import Service
from tui.link.engine_paths import log_file
from tui.link.frames import (
    WINDOW,
    Answer,
    Answers,
    Call,
    End,
    Failed,
    Stop,
    Took,
    ToScreen,
    Waiting,
    checked,
    encode,
    frame,
    read_to_engine,
)
from tui.link.request import PROTOCOL_VERSION, Feed, Hello
from tui.protocol.messages import AnyRequest

_request_of = msgspec.msgpack.Decoder(AnyRequest).decode

LONG_WAIT = 4.0
"""Seconds without an answer, after which the client gets a message."""


class ClientConnection:
    """One connected client and the calls it has under way."""

    def __init__(self, service: Service, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._service = service
        self._reader, self._writer = reader, writer
        self._calls: dict[int, asyncio.Task[None]] = {}
        self._windows: dict[int, asyncio.Semaphore] = {}
        self._waits: dict[int, PendingRequests] = {}
        self._greeted = False

    async def serve(self) -> None:
        """Answer calls until the client leaves or talks rubbish; its calls under way are then stopped."""
        telling = asyncio.create_task(self._tell_waiting(), name="waiting")
        try:
            while (message := await read_to_engine(self._reader)) is not None:
                match message:
                    case Call(id=call_id, request=request):
                        self._start(call_id, checked(_request_of, request))
                    case Stop(id=call_id):
                        if task := self._calls.get(call_id):
                            task.cancel()
                    case Took(id=call_id):
                        if window := self._windows.get(call_id):
                            window.release()
        except ProblemError as error:
            log_problem(error.problem)
        finally:
            telling.cancel()
            await self._stop_all()
            self._writer.close()

    def _start(self, call_id: int, request: AnyRequest) -> None:
        if isinstance(request, Hello):
            self._greeted = request.version == PROTOCOL_VERSION
        if call_id in self._calls:
            return  # a client that reuses ids has only itself to blame; the call under way stays whole
        self._windows[call_id] = asyncio.Semaphore(WINDOW)
        task = asyncio.create_task(self._run(call_id, request), name=type(request).__name__)
        self._calls[call_id] = task
        task.add_done_callback(lambda _: self._forget(call_id))

    def _forget(self, call_id: int) -> None:
        del self._calls[call_id], self._windows[call_id]
        self._waits.pop(call_id, None)  # a call that was stopped at once has none

    async def _stop_all(self) -> None:
        tasks = list(self._calls.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _tell_waiting(self) -> None:
        """Send for each call, about once a second, which host it has waited for longer than usual."""
        with suppress(ConnectionError):
            while True:
                await asyncio.sleep(1)
                for call_id, waits in list(self._waits.items()):
                    if self._greeted and (longest := waits.longest()) and longest[1] >= LONG_WAIT:
                        await self._send(Waiting(call_id, longest[0], int(longest[1])))

    async def _run(self, call_id: int, request: AnyRequest) -> None:
        self._waits[call_id] = waits = PendingRequests()
        with suppress(ConnectionError), tracking_requests(waits):  # the client has left; `serve` notices by itself
            await self._answer(call_id, request)

    async def _answer(self, call_id: int, request: AnyRequest) -> None:
        try:
            if not self._greeted and not isinstance(request, Hello):
                raise ProblemError(_STRANGER)
            if isinstance(request, Feed):
                await self._feed(call_id, request)
            else:
                await self._send(Answer(call_id, msgspec.Raw(encode(await self._service.answer(request)))))
        except ProblemError as error:
            log_problem(error.problem)
            await self._send(Failed(call_id, error.problem))
        except ConnectionError:
            raise
        except Exception:  # noqa: BLE001  # reason: the outermost boundary of a call: one bug must not end the engine
            log.exception("call %s failed", type(request).__name__)
            await self._send(Failed(call_id, _bug(type(request).__name__)))

    async def _feed(self, call_id: int, feed: Feed[Any]) -> None:
        window = self._windows[call_id]
        async with aclosing(self._service.feed(feed)) as answers:
            async for answer in answers:
                await window.acquire()
                await self._send(_message(call_id, answer))
        await self._send(End(call_id))

    async def _send(self, message: ToScreen) -> None:
        if self._writer.is_closing():
            raise ConnectionResetError  # uvloop raises RuntimeError, which would be logged as a bug
        self._writer.write(frame(message))
        await self._writer.drain()


_STRANGER = Problem(
    kind=ProblemKind.OTHER_VERSION,
    title="the engine and its client have different versions",
    cause=f"the engine is xs3-tui {__version__} with protocol {PROTOCOL_VERSION}",
    remedy="use the same version of xs3-tui as the engine, or wait until the engine ends",
)
"""What every request is answered before, or without, a greeting in the engine's own protocol."""


def _message(call_id: int, answer: Any) -> Answer | Answers:
    """One answer of a feed, or a list of several that are encoded already."""
    if isinstance(answer, list):
        return Answers(call_id, [msgspec.Raw(each) for each in answer])
    return Answer(call_id, msgspec.Raw(encode(answer)))


def _bug(operation: str) -> Problem:
    return Problem(
        kind=ProblemKind.ENGINE,
        title="internal error in the engine",
        cause="this is a bug in xs3-tui, not a problem with your access",
        remedy=f"the details are in {log_file()}",
        operation=operation,
    )
