"""How many requests run at once on an endpoint: all until it throttles, then fewer."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress

from tui.aws.connection import POOL_CONNECTIONS


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

    @property
    def is_full(self) -> bool:
        """Whether a place has to be waited for."""
        return bool(self._waiting) or self.under_way >= self.width

    def enter_at_once(self) -> int:
        """Take a place where it is not full; returns the token that `slow_down` wants. See `leave`."""
        self.under_way += 1
        return self._cuts

    async def enter(self) -> int:
        """Wait for a place; returns its token."""
        if self.is_full:
            await self._turn()
            return self._cuts
        return self.enter_at_once()

    def leave(self) -> None:
        """Give a place back."""
        self.under_way -= 1
        if self._waiting:
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
