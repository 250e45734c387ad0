"""How many requests an endpoint is asked at once: all until it says that it is too much, then what it bears."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

MOST = 128
"""Requests at once to one endpoint; as many as a client keeps connections."""


class Lane:
    """The way to one endpoint, by additive increase and multiplicative decrease.

    `width` requests may be under way. Being told to slow down halves it, once for all those that were sent before it
    was halved last; every `width` successes make it wider by one.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self.width = most
        self.under_way = 0
        self._successes = 0
        self._cuts = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[int]:
        """A place for one request; yields the token that `slow_down` wants."""
        await self._enter()
        try:
            yield self._cuts
        finally:
            self._leave()

    def slow_down(self, token: int) -> None:
        """The endpoint said that it is too much."""
        if token != self._cuts:
            return  # this request was sent before the last cut: what that changes is still to be seen
        self._cuts += 1
        self._successes = 0
        self.width = max(1, min(self.width, self.under_way) // 2)

    def succeeded(self) -> None:
        """A request was answered as it should."""
        self._successes += 1
        if self._successes >= self.width:
            self._successes = 0
            self.width = min(self._most, self.width + 1)
            self._let_in()

    async def _enter(self) -> None:
        if not self._waiting and self.under_way < self.width:
            self.under_way += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                with suppress(ValueError):  # it was passed over already
                    self._waiting.remove(turn)
            else:  # let in and cancelled in the same step of the loop
                self._leave()
            raise

    def _leave(self) -> None:
        self.under_way -= 1
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting and self.under_way < self.width:
            turn = self._waiting.popleft()
            if not turn.done():
                self.under_way += 1
                turn.set_result(None)
