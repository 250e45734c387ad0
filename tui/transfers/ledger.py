"""What a transfer has done so far: counts, bytes, notes and state; a snapshot of it at any moment."""

from __future__ import annotations

import time
from collections import Counter

from tui.model.plan import Route, Tally
from tui.model.problem import Problem, ProblemKind
from tui.model.transfer import ObjectResult, Outcome, Transfer, TransferState
from tui.transfers.limits import TransferLimits
from tui.transfers.meter import Meter

_HOPELESS = {
    ProblemKind.EXPIRED: 1,
    ProblemKind.NO_CREDENTIALS: 1,
    ProblemKind.BAD_CREDENTIALS: 1,
    ProblemKind.NO_SUCH_BUCKET: 1,
    ProblemKind.UNREACHABLE: 10,
}
"""After so many such failures in a row, all further objects would fail alike."""


class Ledger:
    """The books of one transfer. Bytes are those that are safely at the target."""

    def __init__(self, name: str, source: str, target: str, limits: TransferLimits) -> None:
        self._name, self._source, self._target, self._limits = name, source, target, limits
        self._outcomes: Counter[Outcome] = Counter()
        self._tally = Tally()
        self._objects_listed: int | None = None
        self._bytes_done = self._correction = self._failures_in_a_row = 0
        self._notes: dict[str, None] = {}
        self._meter = Meter()
        self._submitted, self._ended = time.time(), 0.0
        self.state = TransferState.QUEUED
        self.problem: Problem | None = None
        self._latest: Problem | None = None
        self.route: Route | None = None

    @property
    def rate(self) -> float:
        """Bytes per second, 0 when it has ended."""
        return 0.0 if self.state.ended else self._meter.rate()

    @property
    def hopeless(self) -> bool:
        """Whether going on makes no sense: every further object would fail for the same reason."""
        if self._latest is None or self._latest.kind not in _HOPELESS:
            return False
        return self._failures_in_a_row >= _HOPELESS[self._latest.kind]

    def give_up(self) -> None:
        """Nothing more is begun, because it is hopeless."""
        if self._latest:
            self.note(f"stopped, the rest would fail alike: {self._latest.title}")

    def begin(self) -> None:
        """The first object is under way."""
        self.state = TransferState.RUNNING
        self._meter.start()

    def count(self, tally: Tally) -> None:
        """More was counted."""
        self._tally = tally

    def listed(self, objects: int) -> None:
        """The listing has ended: that many objects were taken up."""
        self._objects_listed = objects

    def correct_size(self, listed: int | None, real: int) -> None:
        """An object turned out to be of another size than it was counted with."""
        if listed is not None:
            self._correction += real - listed

    def take_route(self, route: Route) -> None:
        """The latest object goes this way."""
        self.route = route

    def arrived(self, count: int) -> None:
        """Bytes have arrived, or (negative) are to be taken back."""
        self._bytes_done += count
        if count > 0:
            self._meter.add(count)

    def note(self, text: str) -> None:
        """Keep something the user should know, once."""
        if len(self._notes) < self._limits.notes:
            self._notes[text] = None

    def add(self, result: ObjectResult) -> None:
        """An object has come to its end. The bytes of one that is not copied need not be moved any more."""
        self._outcomes[result.outcome] += 1
        if result.outcome is Outcome.SKIPPED:
            self._correction -= result.size
        self._count_failure(result.problem if result.outcome is Outcome.FAILED else None)
        for note in result.notes:
            self.note(note)

    def _count_failure(self, problem: Problem | None) -> None:
        alike = problem is not None and self._latest is not None and problem.kind is self._latest.kind
        self._failures_in_a_row = self._failures_in_a_row + 1 if alike else int(problem is not None)
        self._latest = problem
        if problem:
            self.fail(problem)

    def fail(self, problem: Problem) -> None:
        """Keep the first error."""
        self.problem = self.problem or problem

    def end(self, *, cancelled: bool) -> None:
        """Nothing more will happen."""
        self._ended = time.time()
        if cancelled:
            self.state = TransferState.CANCELLED
        else:
            self.state = TransferState.FAILED if self.problem else TransferState.DONE

    def snapshot(self) -> Transfer:
        """The transfer as it stands."""
        done = self._bytes_done
        total = max(self._tally.bytes + self._correction, done)
        counting = not self.state.ended and not self._tally.complete
        return Transfer(
            id=self._name,
            source=self._source,
            target=self._target,
            state=self.state,
            route=self.route,
            objects_total=self._objects_total(),
            objects_done=self._outcomes[Outcome.COPIED],
            objects_failed=self._outcomes[Outcome.FAILED],
            objects_skipped=self._outcomes[Outcome.SKIPPED],
            bytes_total=total,
            bytes_done=done,
            counting=counting,
            rate=self.rate,
            eta=None if counting or self.state.ended else self._meter.eta(total - done),
            submitted=self._submitted,
            ended=self._ended or None,
            notes=list(self._notes),
            problem=self.problem,
        )

    def _objects_total(self) -> int:
        if self._objects_listed is not None:
            return self._objects_listed
        return max(self._tally.objects, self._outcomes.total())
