"""Messages of MessagePack, each in a frame."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from tui.core.frame import TooLongError, in_frame, read_body
from tui.core.naming import counted
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.link.request import Feed, Request

MAX_FRAME = 64 * 1024 * 1024
"""A longer frame is rubbish, not a message."""

WINDOW = 8
"""How many answers of a feed may be under way before the reader has taken them."""

Message = TypeVar("Message")


class CallFrame(Struct, frozen=True, tag="call"):
    """The client asks; `id` is unique on its connection. Which requests there are, only the engine knows."""

    id: int
    request: Raw


class StopFrame(Struct, frozen=True, tag="stop"):
    """The client wants no more answers to call `id`."""

    id: int


class TookFrame(Struct, frozen=True, tag="took"):
    """The client has taken one answer of feed `id`: the engine may send one more."""

    id: int


class AnswerFrame(Struct, frozen=True, tag="answer"):
    """One answer; `body` is encoded and decoded by the request's answer type."""

    id: int
    body: Raw

    @property
    def bodies(self) -> list[Raw]:
        return [self.body]


class AnswerBatchFrame(Struct, frozen=True, tag="answers"):
    """Several answers of a feed that were there at once; the client takes them as one."""

    id: int
    bodies: list[Raw]


class EndFrame(Struct, frozen=True, tag="end"):
    """A feed is complete."""

    id: int


class FailedFrame(Struct, frozen=True, tag="failed"):
    """A call has failed; nothing more comes for it."""

    id: int
    problem: Problem


class WaitingFrame(Struct, frozen=True, tag="waiting"):
    """Call `id` is running, and its host has not answered for so many seconds. Not part of the flow-control window."""

    id: int
    host: str
    seconds: int


on_waiting: ContextVar[Callable[[WaitingFrame], None] | None] = ContextVar("on_waiting", default=None)
"""Called while a client's call in this context waits for a host."""

ToEngine = CallFrame | StopFrame | TookFrame
ToScreen = AnswerFrame | AnswerBatchFrame | EndFrame | FailedFrame | WaitingFrame

encode = msgspec.msgpack.Encoder().encode
_decode_to_engine = msgspec.msgpack.Decoder(ToEngine).decode
_decode_to_screen = msgspec.msgpack.Decoder(ToScreen).decode


def call_of(call_id: int, request: Request[Any] | Feed[Any]) -> CallFrame:
    """The message that asks it."""
    return CallFrame(call_id, Raw(encode(request)))


def frame(message: ToEngine | ToScreen) -> bytes:
    """The bytes of one message on the socket; raise `ProblemError` for one that the other end would not read."""
    return framed(encode(message))


def framed(body: bytes) -> bytes:
    """A message with its length before it; raise `ProblemError` for one that the other end would not read."""
    if len(body) > MAX_FRAME:
        raise ProblemError(_too_long(len(body)))
    return in_frame(body)


async def read_to_engine(reader: asyncio.StreamReader) -> ToEngine | None:
    """The client's next message; None at the end of the stream."""
    body = await read_frame(reader)
    return None if body is None else checked(_decode_to_engine, body)


async def read_to_screen(reader: asyncio.StreamReader) -> ToScreen | None:
    """The engine's next message; None at the end of the stream."""
    body = await read_frame(reader)
    return None if body is None else checked(_decode_to_screen, body)


async def read_frame(reader: asyncio.StreamReader) -> bytes | None:
    """The next message without its length; None at the end of the stream. Raises `ProblemError` for one too long."""
    try:
        return await read_body(reader.readexactly, MAX_FRAME)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    except TooLongError as error:
        raise _garbage(f"a frame of {error}") from None


def checked(decode: Callable[[bytes | Raw], Message], body: bytes | Raw) -> Message:
    """What was received; raise `ProblemError` for what is no message."""
    try:
        return decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _garbage(str(error)) from error


def _too_long(length: int) -> Problem:
    return Problem(
        kind=ProblemKind.ENGINE,
        title="the selection is too large for one message to the engine",
        cause=f"it has {counted(length, 'byte')}, the limit is {MAX_FRAME}",
        remedy="select fewer objects, or a prefix instead of its objects",
    )


def _garbage(cause: str) -> ProblemError:
    return ProblemError(
        Problem(
            kind=ProblemKind.ENGINE,
            title="the engine and the screen use different protocols",
            cause=cause,
            remedy="quit and restart xs3-tui; both must have the same version",
        )
    )
