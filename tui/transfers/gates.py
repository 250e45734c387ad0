"""Bounded amounts (objects under way, parts, bytes in memory), shared fairly among transfers."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class FairGate:
    """Lets through at most `capacity` at once; those who wait get their turn transfer by transfer.

    An amount larger than the capacity counts as all of it: it goes alone.
    """

    def __init__(self, capacity: int, *, one_each: bool = False) -> None:
        """`one_each`: who holds nothing gets one turn even when the gate is full, so that nobody starves."""
        self._capacity = capacity
        self._one_each = one_each
        self._held: Counter[str] = Counter()
        self._waiting: dict[str, deque[tuple[int, asyncio.Future[None]]]] = {}

    def held(self, owner: str) -> int:
        """How much this transfer holds now."""
        return self._held[owner]

    @property
    def in_use(self) -> int:
        """How much all hold together."""
        return self._held.total()

    @asynccontextmanager
    async def hold(self, owner: str, amount: int = 1) -> AsyncGenerator[None]:
        """Hold an amount for the duration of the block; an amount of 0 waits for nobody."""
        await self.acquire(owner, amount)
        try:
            yield
        finally:
            self.release(owner, amount)

    async def acquire(self, owner: str, amount: int = 1) -> None:
        """Wait until the amount is free and it is this transfer's turn."""
        amount = min(amount, self._capacity)
        if not self._waiting and self._fits(owner, amount):
            self._held[owner] += amount
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(owner, deque()).append((amount, turn))
        self._let_through()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._leave(owner, amount, turn)
            else:  # granted and cancelled in the same step of the loop
                self.release(owner, amount)
            raise

    def release(self, owner: str, amount: int = 1) -> None:
        """Give back what `acquire` took."""
        self._held[owner] -= min(amount, self._capacity)
        if not self._held[owner]:
            del self._held[owner]
        self._let_through()

    def _fits(self, owner: str, amount: int) -> bool:
        return self.in_use + amount <= self._capacity or (self._one_each and not self._held[owner])

    def _let_through(self) -> None:
        while owner := self._next():
            amount, turn = self._waiting[owner].popleft()
            rest = self._waiting.pop(owner)
            if rest:
                self._waiting[owner] = rest  # to the end of the row of transfers
            if not turn.cancelled():
                self._held[owner] += amount
                turn.set_result(None)

    def _next(self) -> str | None:
        """The transfer whose turn it is. A large amount at the head is waited for: small ones do not overtake it."""
        for owner, queue in self._waiting.items():
            if self._fits(owner, queue[0][0]):
                return owner
            if not self._one_each:
                return None
        return None

    def _leave(self, owner: str, amount: int, turn: asyncio.Future[None]) -> None:
        queue = self._waiting.get(owner)
        if queue and (amount, turn) in queue:
            queue.remove((amount, turn))
            if not queue:
                del self._waiting[owner]
        self._let_through()
