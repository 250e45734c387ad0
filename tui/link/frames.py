"""Messages of MessagePack, each in a frame."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar

import msgspec
from msgspec import Raw, Struct

from tui.core.frame_format import TooLongError, in_frame, read_body
from tui.core.naming import counted
from tui.core.problem import Problem, ProblemError, ProblemKind

MAX_FRAME = 64 * 1024 * 1024
"""A longer frame is invalid."""

WINDOW = 8
"""Answers of a feed that may be in flight before the reader has taken them."""

Message = TypeVar("Message")


class CallFrame(Struct, frozen=True, tag="call"):
    """A client's request; `id` is unique on its connection. Only the engine knows the request types."""

    id: int
    request: Raw


class StopFrame(Struct, frozen=True, tag="stop"):
    """The client wants no more answers to call `id`."""

    id: int


class TookFrame(Struct, frozen=True, tag="took"):
    """The client took one answer of feed `id`; the engine may send one more."""

    id: int


class AnswerFrame(Struct, frozen=True, tag="answer"):
    """One answer; the request's answer type encodes and decodes `body`."""

    id: int
    body: Raw

    @property
    def bodies(self) -> list[Raw]:
        return [self.body]


class AnswerBatchFrame(Struct, frozen=True, tag="answers"):
    """Several answers that were available at once; the client takes them as one."""

    id: int
    bodies: list[Raw]


class EndFrame(Struct, frozen=True, tag="end"):
    """The feed is complete."""

    id: int


class FailedFrame(Struct, frozen=True, tag="failed"):
    """The call failed; nothing more follows."""

    id: int
    problem: Problem


class WaitingFrame(Struct, frozen=True, tag="waiting"):
    """Call `id` is running, but its host has not responded for `seconds`. Not part of the flow-control window."""

    id: int
    host: str
    seconds: int


on_waiting: ContextVar[Callable[[WaitingFrame], None] | None] = ContextVar("on_waiting", default=None)
"""Called while a call in this context waits for a host."""

ToEngine = CallFrame | StopFrame | TookFrame
ToScreen = AnswerFrame | AnswerBatchFrame | EndFrame | FailedFrame | WaitingFrame

encode = msgspec.msgpack.Encoder().encode
decode_to_engine = msgspec.msgpack.Decoder(ToEngine).decode
decode_to_screen = msgspec.msgpack.Decoder(ToScreen).decode


def frame(message: ToEngine | ToScreen) -> bytes:
    """A message with its frame. Raises `ProblemError` if it is too long for the other side."""
    return framed(encode(message))


def framed(body: bytes) -> bytes:
    """Like `frame`, for an encoded message."""
    if len(body) > MAX_FRAME:
        cause = f"it has {counted(len(body), 'byte')}, the limit is {MAX_FRAME}"
        remedy = "select fewer objects, or a prefix instead of its objects"
        title = "the selection is too large for one message to the engine"
        raise ProblemError(Problem(ProblemKind.ENGINE, title, cause, remedy))
    return in_frame(body)


async def read_message(reader: asyncio.StreamReader, decode: Callable[[bytes | Raw], Message]) -> Message | None:
    """None at the end of the stream. Raises `ProblemError` if the message is too long or invalid."""
    body = await read_frame(reader)
    return None if body is None else checked(decode, body)


async def read_frame(reader: asyncio.StreamReader) -> bytes | None:
    """The next message without its length; None at the end of the stream. Raises `ProblemError` if it is too long."""
    try:
        return await read_body(reader.readexactly, MAX_FRAME)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    except TooLongError as error:
        raise _garbage(f"a frame of {error}") from None


def checked(decode: Callable[[bytes | Raw], Message], body: bytes | Raw) -> Message:
    """Decode a message; raises `ProblemError` if it is invalid."""
    try:
        return decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _garbage(str(error)) from error


def _garbage(cause: str) -> ProblemError:
    title = "the engine and the screen use different protocols"
    remedy = "quit and restart xs3-tui; both must have the same version"
    return ProblemError(Problem(ProblemKind.ENGINE, title, cause, remedy))
