"""Limits shared by all transfers of a queue: objects and parts under way, memory, bandwidth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import partial

from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import Limits
from tui.transfers.limits.bounds import TransferLimits
from tui.transfers.limits.fair_semaphore import FairSemaphore
from tui.transfers.limits.object_concurrency import ObjectConcurrency
from tui.transfers.limits.rate_limit import RateLimit
from tui.transfers.limits.stream_concurrency import StreamConcurrency


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
        """Set the order of the queue."""
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
        """The transfer is no more."""
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
            Problem(kind=ProblemKind.INVALID, title="a limit must be at least 1", remedy="to stop a transfer, pause it")
        )
