"""The framing of messages between processes: four bytes of length, then the message."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from struct import Struct
from typing import TypeVar

from tui.core.naming import counted

AnyBytes = TypeVar("AnyBytes", bytes, bytearray)

LENGTH = Struct(">I")


class TooLongError(Exception):
    """A message longer than any should be."""


def in_frame(body: bytes) -> bytes:
    return LENGTH.pack(len(body)) + body


async def read_body(exactly: Callable[[int], Awaitable[AnyBytes]], most: int) -> AnyBytes:
    """Read the next message with `exactly`, which reads a number of bytes. Raises `TooLongError`."""
    (length,) = LENGTH.unpack(await exactly(LENGTH.size))
    if length > most:
        raise TooLongError(counted(length, "byte"))
    return await exactly(length)
