"""How many requests run at once on an endpoint: all until it throttles, then fewer."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress

from tui.accounts.clients.connection import POOL_CONNECTIONS


class ConcurrencyLimit:
    """The way to one endpoint, by additive increase and multiplicative decrease.

    At most `most` at once; more than a client keeps connections (`POOL_CONNECTIONS`) would wait for one anyhow.
    `width` requests may be under way. A SlowDown response halves it, once for all requests that were sent before it
    was halved last; every `width` successes make it wider by one.
    """

    def __init__(self, most: int = POOL_CONNECTIONS) -> None:
        self._most = most
        self.width = most
        self.under_way = 0
        self._successes = 0
        self._cuts = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def place(self) -> Place:
        """A place for one request, to be entered; gives the token that `slow_down` wants."""
        return Place(self)

    def slow_down(self, token: int) -> None:
        """The endpoint throttled a request."""
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

    async def enter(self) -> int:
        """Wait for a place; returns its token. See `place`."""
        if self._waiting or self.under_way >= self.width:
            await self._turn()
        else:
            self.under_way += 1
        return self._cuts

    def leave(self) -> None:
        """Give a place back."""
        self.under_way -= 1
        self._let_in()

    async def _turn(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                with suppress(ValueError):  # it was passed over already
                    self._waiting.remove(turn)
            else:  # let in and cancelled in the same step of the loop
                self.leave()
            raise

    def _let_in(self) -> None:
        while self._waiting and self.under_way < self.width:
            turn = self._waiting.popleft()
            if not turn.done():
                self.under_way += 1
                turn.set_result(None)


class Place:
    """One request's place; a class, because a generator costs more than all else that is done for it."""

    __slots__ = ("_limit",)

    def __init__(self, limit: ConcurrencyLimit) -> None:
        self._limit = limit

    async def __aenter__(self) -> int:
        """Wait for it."""
        return await self._limit.enter()

    async def __aexit__(self, *_: object) -> None:
        """Give it back."""
        self._limit.leave()
