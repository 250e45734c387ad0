"""What every message is: a request that is answered once, a feed that is answered many times."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, get_args

from msgspec import Struct

A = TypeVar("A")


class Request(Struct, Generic[A], frozen=True):
    """Asks for one answer of type ``A``."""

    @classmethod
    def answer_type(cls) -> type[A]:
        """The ``A``."""
        return _argument(cls)  # type: ignore[no-any-return]  # get_args is untyped


class Feed(Struct, Generic[A], frozen=True):
    """Asks for a stream of answers of type ``A``."""

    @classmethod
    def answer_type(cls) -> type[A]:
        """The ``A``."""
        return _argument(cls)  # type: ignore[no-any-return]  # get_args is untyped


class Done(Struct, frozen=True):
    """It was done; there is nothing to say."""


def _argument(kind: type[Struct]) -> Any:
    """The type argument of the base of a class of messages."""
    (argument,) = get_args(kind.__orig_bases__[0])  # type: ignore[attr-defined]  # set by Generic subclassing
    return argument
