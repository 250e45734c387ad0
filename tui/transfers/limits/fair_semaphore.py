"""A semaphore over amounts (objects, parts, bytes in memory) that transfers share by their queue position."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

Turn = tuple[int, "asyncio.Future[int]"]


class FairSemaphore:
    """Lets through at most `capacity` at once, the earlier transfers of the queue before the later ones.

    A transfer that has nothing comes before one that has something, the one that has waited longest first; what is then
    left goes by the order of the queue. So the first transfer gets the most, and none starves. An amount larger than
    the capacity counts as all of it: it is granted alone.
    """

    def __init__(self, capacity: int, *, one_each: bool = False) -> None:
        """`one_each`: a transfer that has nothing gets one even when the semaphore is full."""
        self._capacity = capacity
        self._one_each = one_each
        self._ranks: dict[str, int] = {}
        self._bounds: dict[str, int] = {}
        self._held: Counter[str] = Counter()
        self.in_use = 0
        """How much all have together."""
        self._waiting: dict[str, deque[Turn]] = {}

    def held(self, owner: str) -> int:
        """How much this transfer has now."""
        return self._held[owner]

    def arrange(self, owners: Sequence[str]) -> None:
        """Set the order of the queue; a transfer that is not named comes last."""
        self._ranks = {owner: rank for rank, owner in enumerate(owners)}

    def resize(self, capacity: int, *, one_each: bool) -> None:
        """Change the capacity at once; after a smaller one, nothing is granted until enough was given back."""
        self._capacity, self._one_each = capacity, one_each
        self._let_through()

    def bound(self, owner: str, most: int | None) -> None:
        """Let this transfer have no more than that; None: no bound of its own."""
        if most is None:
            self._bounds.pop(owner, None)
        else:
            self._bounds[owner] = most
        self._let_through()

    @asynccontextmanager
    async def hold(self, owner: str, amount: int = 1) -> AsyncGenerator[None]:
        """Have an amount for the duration of the block; an amount of 0 does not wait."""
        granted = await self.acquire(owner, amount)
        try:
            yield
        finally:
            self.release(owner, granted)

    async def acquire(self, owner: str, amount: int = 1) -> int:
        """Wait until the amount is free and it is this transfer's turn; returns what `release` is to give back."""
        if not self._waiting and self._fits(owner, amount):
            return self._grant(owner, amount)
        turn: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(owner, deque()).append((amount, turn))
        self._let_through()
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._leave(owner, amount, turn)
            else:  # granted and cancelled in the same step of the loop
                self.release(owner, turn.result())
            raise

    def release(self, owner: str, granted: int = 1) -> None:
        """Give back what `acquire` returned."""
        self.in_use -= granted
        self._held[owner] -= granted
        if not self._held[owner]:
            del self._held[owner]
        if self._waiting:
            self._let_through()

    def _grant(self, owner: str, amount: int) -> int:
        granted = min(amount, self._capacity)
        self._held[owner] += granted
        self.in_use += granted
        return granted

    def _fits(self, owner: str, amount: int) -> bool:
        if not self._within_bound(owner, amount):
            return False
        free = self.in_use + min(amount, self._capacity) <= self._capacity
        return free or (self._one_each and not self._held[owner])

    def _within_bound(self, owner: str, amount: int) -> bool:
        bound = self._bounds.get(owner)
        return bound is None or not self._held[owner] or self._held[owner] + amount <= bound

    def _let_through(self) -> None:
        while owner := self._next():
            amount, turn = self._waiting[owner].popleft()
            rest = self._waiting.pop(owner)
            if rest:
                self._waiting[owner] = rest  # to the end of the queue
            if not turn.cancelled():
                turn.set_result(self._grant(owner, amount))

    def _next(self) -> str | None:
        """The transfer whose turn it is, if there is room: a large amount is waited for, small ones do not overtake."""
        able = [owner for owner, queue in self._waiting.items() if self._within_bound(owner, queue[0][0])]
        if not able:
            return None
        first = min(able, key=self._precedence)  # the first of equals: the one that has waited longest
        return first if self._fits(first, self._waiting[first][0][0]) else None

    def _precedence(self, owner: str) -> tuple[bool, int]:
        if not self._held[owner]:
            return False, 0
        return True, self._ranks.get(owner, len(self._ranks))

    def _leave(self, owner: str, amount: int, turn: asyncio.Future[int]) -> None:
        queue = self._waiting.get(owner)
        if queue and (amount, turn) in queue:
            queue.remove((amount, turn))
            if not queue:
                del self._waiting[owner]
        self._let_through()
