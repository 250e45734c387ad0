"""The base of all messages, and the greeting."""

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
    """Done, without a result."""


def _argument(kind: type[Struct]) -> Any:
    """The type argument of a message class's base."""
    (argument,) = get_args(kind.__orig_bases__[0])  # type: ignore[attr-defined]  # set by Generic subclassing
    return argument


PROTOCOL_VERSION = 10
"""Raised whenever a message changes its shape; a new enum member counts, too.

Both sides compare it in `Hello`, which never changes.
"""


class Welcome(Struct, frozen=True):
    """The engine's greeting. From an engine of another version only this is read.

    `program` is its xs3-tui version, `unfinished` the number of unfinished transfers. `idle`: it has no other client
    and no work. `environment`: see `environment_mark`.
    """

    version: int
    pid: int
    program: str = ""
    unfinished: int = 0
    idle: bool = False
    environment: str = ""


class Hello(Request[Welcome], frozen=True, tag="hello"):
    """The first request on a connection. After one of another version the engine ends as soon as it is idle."""

    version: int = PROTOCOL_VERSION


NO_VERSION = 0
"""The version of a client that wants another engine."""


class Stay(Request[Done], frozen=True, tag="stay"):
    """Keep running for this many seconds without clients: only the engine's memory has what the user typed.

    The latest requested time counts; 0 cancels it.
    """

    seconds: float
