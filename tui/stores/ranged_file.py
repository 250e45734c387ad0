"""An object as a file for a thread: each read is a range, which the event loop asks for."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Coroutine
from typing import Any

ReadRange = Callable[[int, int], Coroutine[Any, Any, bytes]]
"""The bytes from a position on, so many of them. Raises `ProblemError`."""


class RangedFile(io.RawIOBase):
    """Read in a thread other than that of `loop`. `size` is the object's, in bytes."""

    def __init__(self, read: ReadRange, size: int, loop: asyncio.AbstractEventLoop) -> None:
        self._read, self._size, self._loop = read, size, loop
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def size(self) -> int:
        """As pyarrow asks for it."""
        return self._size

    def read(self, length: int | None = -1) -> bytes:
        """The next bytes. Raises `ProblemError`."""
        rest = max(0, self._size - self._at)
        length = rest if length is None or length < 0 else min(length, rest)
        if not length:
            return b""
        content = asyncio.run_coroutine_threadsafe(self._read(self._at, length), self._loop).result()
        self._at += len(content)
        return content
