"""What every message is, and the greeting of both ends."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, get_args

from msgspec import Struct

A = TypeVar("A")


class Request(Struct, Generic[A], frozen=True):
    """Asks for one answer of type ``A``."""

    @classmethod
    def answer_type(cls) -> type[A]:
        return _argument(cls)  # type: ignore[no-any-return]  # get_args is untyped


class Feed(Struct, Generic[A], frozen=True):
    """Asks for a stream of answers of type ``A``."""

    @classmethod
    def answer_type(cls) -> type[A]:
        return _argument(cls)  # type: ignore[no-any-return]  # get_args is untyped


class Done(Struct, frozen=True):
    """It was done; there is nothing to say."""


def _argument(kind: type[Struct]) -> Any:
    """The type argument of the base of a class of messages."""
    (argument,) = get_args(kind.__orig_bases__[0])  # type: ignore[attr-defined]  # set by Generic subclassing
    return argument


PROTOCOL_VERSION = 8
"""Raised whenever a message changes its shape, a new member of an enum included.

Both ends compare it in `Hello`, which never changes.
"""


class Welcome(Struct, frozen=True):
    """The engine's greeting; of an engine of another version it is all that is read.

    `program` is the engine's xs3-tui version, `unfinished` the number of transfers that have not ended.
    """

    version: int
    pid: int
    program: str = ""
    unfinished: int = 0


class Hello(Request[Welcome], frozen=True, tag="hello"):
    """The first request on a connection."""

    version: int = PROTOCOL_VERSION


class Stay(Request[Done], frozen=True, tag="stay"):
    """Keep running for this many seconds without a client: what was entered is only in the engine's memory.

    The latest time that was asked for counts; 0 takes it back.
    """

    seconds: float


SessionRequests = Hello | Stay
"""All requests of this subject."""
