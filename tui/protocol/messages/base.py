"""What every message is: a request that is answered once, a feed that is answered many times."""

from __future__ import annotations

from typing import Generic, TypeVar, get_args

from msgspec import Struct

A = TypeVar("A")


class Request(Struct, Generic[A], frozen=True):
    """Asks for one answer of type ``A``."""


class Feed(Struct, Generic[A], frozen=True):
    """Asks for a stream of answers of type ``A``."""


class Done(Struct, frozen=True):
    """It was done; there is nothing to say."""


def answer_type(request: type[Request[A]] | type[Feed[A]]) -> type[A]:
    """The ``A`` of a request class, read off its base."""
    (answer,) = get_args(request.__orig_bases__[0])  # type: ignore[union-attr]  # set by Generic subclassing
    return answer  # type: ignore[no-any-return]  # get_args is untyped
