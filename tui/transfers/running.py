"""The MD5 of an object whose parts are read side by side, and in other pieces than it was written in."""

from __future__ import annotations

import asyncio
import hashlib

from tui.stores.limits import KIB

_WORTH_A_THREAD = 256 * KIB


class RunningMd5:
    """Hashes an object of `size` bytes front to back, anew for each `part_size` bytes.

    The bodies may come in any order, but each waits for those before it: they must all be under way already.
    """

    def __init__(self, size: int, part_size: int) -> None:
        self._size, self._part_size = size, part_size
        self._at = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._done: list[str] = []
        self._moved = asyncio.Condition()

    async def take(self, start: int, body: bytes) -> None:
        """Hash a body once everything before it has been. One that was there before is passed over."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._at >= start)
            if self._at > start:
                return
            if len(body) < _WORTH_A_THREAD:
                self._hash(body)
            else:
                await asyncio.to_thread(self._hash, body)
            self._moved.notify_all()

    def md5s(self) -> list[str]:
        """The hexadecimal MD5 of each part, in order; none before the end was reached."""
        return self._done if self._at == self._size else []

    def _hash(self, body: bytes) -> None:
        view = memoryview(body)
        while len(view):
            left = self._part_size - self._at % self._part_size
            piece, view = view[:left], view[left:]
            self._md5.update(piece)
            self._at += len(piece)
            if len(piece) == left or self._at == self._size:
                self._done.append(self._md5.hexdigest())
                self._md5 = hashlib.md5(usedforsecurity=False)
