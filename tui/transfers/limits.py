"""Limits shared by all transfers of a queue: objects and parts under way, memory, bandwidth."""

from __future__ import annotations

import asyncio
import math
from collections import Counter, defaultdict, deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from tui.core.naming import MIB
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import Limits
from tui.transfers.tasks import set_within


class SharedLimits:
    """The limits that all transfers of a queue share (objects, parts, memory, bandwidth), in the order of the queue."""

    def __init__(self, limits: TransferLimits) -> None:
        self._limits = limits
        self.objects = FairSemaphore(limits.objects, one_each=True)
        self.parts = FairSemaphore(limits.parts)
        self.memory = FairSemaphore(limits.memory)
        self.streams = FairSemaphore(limits.streams)
        self.part_workers = limits.parts
        self._rate = RateLimit()
        self.of_all = Limits()
        """The bounds of all transfers together."""
        self._asked: dict[str, int | None] = {}
        self._adapted: dict[str, int] = {}
        self._rates: defaultdict[str, RateLimit] = defaultdict(partial(RateLimit, None))

    def arrange(self, transfers: list[str]) -> None:
        for semaphore in (self.objects, self.parts, self.memory, self.streams):
            semaphore.arrange(transfers)

    def limit(self, limits: Limits, transfer: str = "") -> None:
        """Bound one transfer, or (empty) all together, at once.

        A bound of all on the objects under way is kept to the letter, while without one a transfer that has none
        under way still gets one beyond `TransferLimits.objects`. Raises `ProblemError` for bounds below 1.
        """
        check_limits(limits)
        if transfer:
            self._rates[transfer].set_rate(limits.rate)
            self._asked[transfer] = limits.objects
            self._bound(transfer)
        else:
            self.of_all = limits
            self._rate.set_rate(limits.rate)
            self.objects.resize(limits.objects or self._limits.objects, one_each=limits.objects is None)

    def concurrency(self, now: float) -> ObjectConcurrency:
        """How many objects a transfer has under way from `now` on; `adapt` is to be called when that changes."""
        return ObjectConcurrency(min(self._limits.first_objects, self._limits.objects), self._limits.objects, now)

    def stream_concurrency(self, clock: Callable[[], float]) -> StreamConcurrency:
        """How many parts of one object are streamed, measured by a clock in seconds that never runs backwards."""
        return StreamConcurrency(self.streams, self._limits.streams, clock)

    @property
    def stream_workers(self) -> int:
        """How many parts of one object may be under way in any way."""
        return max(self._limits.streams, self._limits.parts)

    def adapt(self, transfer: str, number: int) -> None:
        """Let the transfer have so many objects under way, or fewer if the user has said so."""
        self._adapted[transfer] = number
        self._bound(transfer)

    def _bound(self, transfer: str) -> None:
        bounds = [each for each in (self._asked.get(transfer), self._adapted.get(transfer)) if each is not None]
        self.objects.bound(transfer, min(bounds, default=None))

    def forget(self, transfer: str) -> None:
        self._rates.pop(transfer, None)
        self._asked.pop(transfer, None)
        self._adapted.pop(transfer, None)
        self.objects.bound(transfer, None)

    async def throttle(self, transfer: str, count: int) -> None:
        """Wait until so many bytes may be relayed. Await it before taking anything that others wait for."""
        for rate in (self._rates[transfer], self._rate):
            if rate.bounded:
                await rate.take(count)


def check_limits(limits: Limits) -> None:
    """Raise `ProblemError` for bounds that would stop everything: pausing is how that is done."""
    if any(bound is not None and bound < 1 for bound in (limits.rate, limits.objects)):
        raise ProblemError(
            Problem(ProblemKind.INVALID, "a limit must be at least 1", remedy="to stop a transfer, pause it")
        )


@dataclass(frozen=True, slots=True)
class TransferLimits:
    """Bounds of one `TransferQueue`, over all its transfers.

    Small objects are bound by `objects` and `memory`, large ones by `streams`, or where they go through memory by
    `parts` and `memory`. A part larger than `memory` is then relayed alone, so memory is one such part.
    """

    objects: int = 256
    """Objects under way at once; beyond it, a transfer that has none under way still gets one."""
    first_objects: int = 32
    """Those of one transfer, until it has shown that more are of use (see `ObjectConcurrency`)."""
    parts: int = 8
    """Parts of multipart uploads under way at once."""
    streams: int = 32
    """Parts under way at once that are written while they are read: each takes a thread, two connections, 256 KiB."""
    memory: int = 64 * MIB
    """Bytes of relayed bodies held at once."""
    owner_samples: int = 500
    """Of so many copies that were written alike, the owner of one is read back."""
    waiting_conflicts: int = 500
    """Objects of one transfer that wait for a decision before its listing pauses."""
    kept_transfers: int = 200
    """Ended transfers kept in the list (the latest)."""
    notes: int = 50
    """Different notes kept per transfer."""


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


WINDOW = 0.25
"""Seconds over which the rate is measured, at least."""

FORGOTTEN = 0.95
"""What is left of the best rate after each window: the line may have become slower."""


EXPECTED = 3000.0
"""Objects a second that are expected before a rate is measured: as many as one processor copies over a fast line."""

SMALL = 1024 * 1024
"""Bytes up to which the time that an object takes is that of its requests."""


class ObjectConcurrency:
    """A number between `least` and `most`, by Little's law: objects under way = rate × time per object.

    It is twice the best rate that was reached times the shortest time that an object took. So it grows as long as that
    raises the rate: far over a line with a long round trip, hardly over one without, where the processor is the bound.
    The shortest time has little waiting for the processor in it, which would make the number grow by itself.

    Before a rate is known, the shortest time of the first `least` small objects says how many are needed for the
    `EXPECTED` one.
    """

    def __init__(self, least: int, most: int, now: float) -> None:
        """`now`: seconds of a monotonic clock."""
        self.number = least
        self._least, self._most, self._since = least, most, now
        self._shortest, self._best, self._count = math.inf, 0.0, 0
        self._small = 0

    def copied(self, seconds: float, now: float, size: int | None = None) -> bool:
        """An object of so many bytes, or (None) a part, was copied, which took so long, and ended `now`.

        Returns whether `number` has changed.
        """
        self._shortest = min(self._shortest, max(seconds, 0.0))
        self._count += 1
        measured = now - self._since
        if measured < max(WINDOW, self._shortest):
            self._small += size is not None and size <= SMALL
            return self._small == self._least and self._guess()
        self._best = max(self._best * FORGOTTEN, self._count / measured)
        self._since, self._count = now, 0
        return self._set(2 * self._best * self._shortest)

    def _guess(self) -> bool:
        self._small += 1  # once
        return self._set(EXPECTED * self._shortest)

    def _set(self, wanted: float) -> bool:
        number = max(self._least, min(self._most, math.ceil(wanted)))
        changed, self.number = number != self.number, number
        return changed


BURST_SECONDS = 0.5
"""What was not used may be used later, but never more than this many seconds' worth at once."""


class RateLimit:
    """A token bucket: `take` returns when that many bytes may pass. Waiters are served in their order."""

    def __init__(self, rate: int | None = None, clock: Callable[[], float] | None = None) -> None:
        """`rate` in bytes per second, None: unbounded; `clock` gives seconds that never run backwards."""
        self._rate = rate
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._saved = 0.0
        self._since: float | None = None
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()

    @property
    def bounded(self) -> bool:
        return self._rate is not None

    def set_rate(self, rate: int | None) -> None:
        """Change the rate at once, for waiters, too."""
        self._save()
        self._rate = rate
        self._changed.set()

    async def take(self, count: int) -> None:
        async with self._turn:
            left = float(count)
            while self._rate is not None:
                self._save()
                paid = min(left, self._saved)
                self._saved -= paid
                left -= paid
                if left <= 0:
                    return
                await self._wait(min(left, self._rate * BURST_SECONDS) / self._rate)

    async def _wait(self, seconds: float) -> None:
        self._changed.clear()
        await set_within(self._changed, seconds)

    def _save(self) -> None:
        """Add what has become free since the last time."""
        now = self._clock()
        if self._rate is not None and self._since is not None:
            most = self._rate * BURST_SECONDS
            self._saved = min(most, self._saved + (now - self._since) * self._rate)
        self._since = now


FIRST = 8
"""At first: enough for a line without latency."""


class StreamConcurrency:
    """Bounds the streams of one object, among those that all transfers share. See `ObjectConcurrency` for how many."""

    def __init__(self, shared: FairSemaphore, most: int, clock: Callable[[], float]) -> None:
        """`clock` gives seconds that never run backwards."""
        self._shared, self._most, self._clock = shared, most, clock
        self._first = min(FIRST, most)
        self._measured = ObjectConcurrency(self._first, most, clock())
        self._own = FairSemaphore(self._first)

    @property
    def number(self) -> int:
        return self._measured.number

    @asynccontextmanager
    async def one(self, transfer: str) -> AsyncGenerator[None]:
        """Have one stream for the duration of the block; call `ended` in it."""
        async with self._own.hold(transfer), self._shared.hold(transfer):
            yield

    def ended(self, began: float, *, well: bool) -> None:
        """A part ended that began at a time of the clock: after one that failed it starts again with the fewest."""
        now = self._clock()
        if not well:
            least = max(1, min(self._first, self._measured.number // 2))
            self._measured = ObjectConcurrency(least, self._most, now)
        elif not self._measured.copied(now - began, now):
            return
        self._own.resize(self._measured.number, one_each=False)


class Slots:
    """The slots of one transfer. Objects that wait for a decision have none, but only so many may wait."""

    def __init__(self, semaphore: FairSemaphore, transfer: str, most_waiting: int) -> None:
        self.semaphore, self.transfer, self._most_waiting = semaphore, transfer, most_waiting
        self._room = asyncio.Event()
        self._room.set()
        self.busy = 0
        """Objects that have a slot."""
        self.waiting = 0
        """Objects that wait for a decision."""

    async def take(self) -> Slot:
        """A slot for a new object, when one is free and not too many wait for decisions."""
        await self._room.wait()
        slot = Slot(self)
        await slot.take()
        return slot

    def wait_more(self, change: int) -> None:
        """An object begins (1) or ends (-1) to wait for a decision."""
        self.waiting += change
        if self.waiting < self._most_waiting:
            self._room.set()
        else:
            self._room.clear()


class Slot:
    """One object's slot."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._held = False

    async def take(self) -> None:
        await self._slots.semaphore.acquire(self._slots.transfer)
        self._slots.busy += 1
        self._held = True

    def leave(self) -> None:
        if self._held:
            self._held = False
            self._slots.busy -= 1
            self._slots.semaphore.release(self._slots.transfer)

    @asynccontextmanager
    async def given_up(self) -> AsyncGenerator[None]:
        """Others may have the slot during the block; afterwards it is waited for again."""
        self.leave()
        self._slots.wait_more(1)
        try:
            yield
        finally:
            self._slots.wait_more(-1)
        await self.take()
