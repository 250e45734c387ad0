"""A frame, as all processes send each other messages: four bytes of length, then so many bytes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from struct import Struct
from typing import TypeVar

from tui.core.naming import counted

AnyBytes = TypeVar("AnyBytes", bytes, bytearray)

LENGTH = Struct(">I")


class TooLongError(Exception):
    """A message that is longer than any should be."""


def in_frame(body: bytes) -> bytes:
    """A message with its length before it."""
    return LENGTH.pack(len(body)) + body


async def read_body(exactly: Callable[[int], Awaitable[AnyBytes]], most: int) -> AnyBytes:
    """The next message, by what reads exactly so many bytes. Raises `TooLongError`."""
    (length,) = LENGTH.unpack(await exactly(LENGTH.size))
    if length > most:
        raise TooLongError(counted(length, "byte"))
    return await exactly(length)
