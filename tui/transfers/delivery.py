"""One object on its way, and what all that are under way share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import Limits, ObjectResult
from tui.stores.base import ObjectHead
from tui.transfers.gates import FairGate
from tui.transfers.limits import TransferLimits
from tui.transfers.throttle import Throttle
from tui.transfers.upload_book import ObjectUploads

Departs = Callable[[ObjectHead, str, ObjectResult], Awaitable[None]]
"""Awaited before the source of a move is deleted: the source as it was copied, the copy's key, the copy's result."""


@dataclass(slots=True)
class Delivery:
    """One object on its way to its key, and what its transfer is told of it."""

    transfer: str
    bucket: str
    key: str
    on_bytes: Callable[[int, bool], None]
    """Told how many bytes have safely arrived, and whether they were moved just now; a negative count takes back what
    an aborted upload had brought."""
    uploads: ObjectUploads
    departs: Departs
    notes: list[str] = field(default_factory=list)
    new: bool = False
    """Nothing was at the key when it was looked at, and nothing may be replaced that has come since."""
    arrived: int = 0
    """At first what an upload that was left has of it."""
    ended: ObjectResult | None = None
    """Its result, once its source was deleted for it or was not to be: who is stopped then is stopped too late."""

    def add(self, count: int) -> None:
        """More bytes are at the target."""
        self.arrived += count
        self.on_bytes(count, True)

    def found(self, count: int) -> None:
        """Bytes are at the target that were brought there before."""
        self.arrived += count
        self.on_bytes(count, False)

    def withdraw(self) -> None:
        """Nothing has arrived after all."""
        if self.arrived:
            self.on_bytes(-self.arrived, False)
        self.arrived = 0

    def note(self, text: str) -> None:
        """Keep something the user should know, once."""
        if text not in self.notes:
            self.notes.append(text)


class Gates:
    """What all transfers of a queue share: places, memory and the line, in the order of the queue."""

    def __init__(self, limits: TransferLimits) -> None:
        self._limits = limits
        self.objects = FairGate(limits.objects, one_each=True)
        self.parts = FairGate(limits.parts)
        self.memory = FairGate(limits.memory)
        self.part_workers = limits.parts
        self._line = Throttle()
        self._lines: defaultdict[str, Throttle] = defaultdict(partial(Throttle, None))

    def arrange(self, transfers: list[str]) -> None:
        """Set the order of the queue."""
        for gate in (self.objects, self.parts, self.memory):
            gate.arrange(transfers)

    def limit(self, limits: Limits, transfer: str = "") -> None:
        """Bound one transfer, or (empty) all together, at once.

        A bound of all on the objects under way is kept to the letter, while without one a transfer that has none
        under way still gets one beyond `TransferLimits.objects`. Raises `ProblemError` for bounds below 1.
        """
        check_limits(limits)
        if transfer:
            self._lines[transfer].set_rate(limits.rate)
            self.objects.bound(transfer, limits.objects)
        else:
            self._line.set_rate(limits.rate)
            self.objects.resize(limits.objects or self._limits.objects, one_each=limits.objects is None)

    def forget(self, transfer: str) -> None:
        """The transfer is no more."""
        self._lines.pop(transfer, None)
        self.objects.bound(transfer, None)

    async def throttle(self, transfer: str, count: int) -> None:
        """Wait until so many bytes may be relayed. To be awaited before anything is held that others wait for."""
        await self._lines[transfer].take(count)
        await self._line.take(count)


def check_limits(limits: Limits) -> None:
    """Raise `ProblemError` for bounds that would stop everything: pausing is how that is done."""
    if any(bound is not None and bound < 1 for bound in (limits.rate, limits.objects)):
        raise ProblemError(
            Problem(kind=ProblemKind.INVALID, title="a limit is at least 1", remedy="pause what is not to go on")
        )
