"""Answers that are kept for a while, so that each row of a list does not ask again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

MOST = 256
"""Answers that are kept; the oldest go first."""


class Memory(Generic[K, V]):
    """Answers by what was asked, for some seconds. Used from one event loop.

    Who leaves while the answer is under way does not end it for the others; an answer that fails is not kept.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._kept: dict[K, tuple[asyncio.Task[V], float]] = {}

    def clear(self) -> None:
        """Ask again."""
        self._kept.clear()

    async def get(self, key: K, ask: Callable[[], Coroutine[Any, Any, V]]) -> V:
        """The answer for a key, asked now if there is none yet or it is too old."""
        now = asyncio.get_running_loop().time()
        kept = self._kept.get(key)
        if kept is None or now > kept[1] or (kept[0].done() and kept[0].exception()):
            self._kept.pop(key, None)
            kept = self._kept[key] = asyncio.create_task(ask()), now + self._seconds
            for old in list(self._kept)[:-MOST]:
                del self._kept[old]
        return await asyncio.shield(kept[0])
