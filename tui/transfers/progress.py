"""What a transfer has done so far: counts, bytes, notes and state; a snapshot of it at any moment."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from msgspec.structs import replace

from tui.core.engines import Worker
from tui.core.orders import Route
from tui.core.problem import Problem
from tui.core.transfer import (
    ObjectResult,
    Outcome,
    Tally,
    Transfer,
    TransferState,
    engine_of,
    kind_of,
    source_name,
    target_name,
)
from tui.transfers.elsewhere import Elsewhere
from tui.transfers.journal import Counts, Cursor, TransferRecord
from tui.transfers.limits.bounds import TransferLimits
from tui.transfers.rate_meter import BusyTime, Meter

GONE = (Outcome.MOVED, Outcome.DELETED, Outcome.REPAIRED, Outcome.UNDELETED)
"""What a count that begins afterwards does not count any more."""

DONE = (
    *GONE,
    Outcome.COPIED,
    Outcome.GRANTED,
    Outcome.UNDONE,
    Outcome.REQUESTED,
    Outcome.CHANGED,
    Outcome.COMPUTED,
    Outcome.WRITTEN,
)
"""What has become of an object that had what was asked for."""

LEFT_ALONE = (Outcome.SKIPPED, Outcome.UNDECIDED)
"""What has become of an object that was not to be touched."""

TO_RETRY = (Outcome.FAILED, Outcome.CANCELLED)


class Progress:
    """The numbers of one transfer. Bytes are those that are safely at the target (or deleted)."""

    def __init__(self, record: TransferRecord, limits: TransferLimits) -> None:
        """The numbers as the record has them; the results of objects come with `load`."""
        self._record, self._most_notes = record, limits.notes
        self._outcomes: Counter[Outcome] = Counter()
        self._tally = record.tally
        self._listed = record.listed
        self._gone = Tally()
        self._left_out = record.left_out
        self._bytes_done = self._skipped = self._correction = self._failures_in_a_row = 0
        self._notes: dict[str, None] = dict.fromkeys(record.notes)
        self._meter, self._busy = Meter(), BusyTime(record.busy)
        self._latest: Problem | None = None
        self.submitted, self.ended = record.submitted, record.ended
        self.state = record.state
        self.waits_for = record.waits_for
        self.problem = record.problem
        self.route = record.route
        self.limits = record.limits
        self.retries = record.retries
        self.identities = (record.source_identity, record.target_identity)
        self.elsewhere = Elsewhere(record.elsewhere, record.unnamed)
        self.workers: Callable[[], list[Worker]] = list
        """The workers of the cluster that carries it out, as they are now."""

    def load(self, counts: Counts, kept: int, *, retrying: bool) -> None:
        """Go by the journal: results by outcome, `kept` bytes of unfinished uploads. `retrying`: failures do not count.

        What was moved, deleted or repaired is not counted again by a count that begins now.
        """
        self._outcomes = Counter(counts.objects)
        if retrying or not self.state.ended:
            self._left_out = 0  # it is listed once more
        if retrying:
            for outcome in TO_RETRY:
                del self._outcomes[outcome]
        self._bytes_done = kept + sum(counts.bytes.get(outcome, 0) for outcome in DONE)
        self._skipped = sum(counts.bytes.get(outcome, 0) for outcome in LEFT_ALONE)
        self._gone = Tally(
            sum(counts.objects.get(outcome, 0) for outcome in GONE),
            sum(counts.bytes.get(outcome, 0) for outcome in GONE),
        )
        self._failures_in_a_row, self._latest = 0, None
        self.elsewhere.see(self.elsewhere.words)

    @property
    def rate(self) -> float:
        """Bytes per second, 0 when nothing moves."""
        return self._meter.rate() if self.state in (TransferState.RUNNING, TransferState.ASKING) else 0.0

    @property
    def counted(self) -> bool:
        """Whether it is known how much there is to do."""
        return self._tally.complete

    @property
    def results(self) -> int:
        """How many objects have a final result."""
        return self._outcomes.total()

    @property
    def hopeless(self) -> bool:
        """Whether continuing makes no sense: every further object would fail for the same reason."""
        most = self._latest.kind.meaning.ends_after if self._latest else None
        return most is not None and self._failures_in_a_row >= most

    def give_up(self) -> None:
        """Nothing more is begun, because it is hopeless."""
        if self._latest:
            self.note(f"stopped, because the rest would fail in the same way: {self._latest.title}")

    def begin(self) -> None:
        """An object is under way."""
        self.state, self.waits_for = TransferState.RUNNING, None
        self._meter.start()

    def set_state(self, state: TransferState, waits_for: Problem | None = None) -> None:
        """It does not run for now (PAUSED, WAITING), or is about to (QUEUED)."""
        self.state, self.waits_for = state, waits_for
        if state is TransferState.QUEUED:
            self.ended = None
        self._meter = Meter()

    def count(self, tally: Tally) -> None:
        """More was counted."""
        gone = self._gone
        self._tally = replace(tally, objects=tally.objects + gone.objects, bytes=tally.bytes + gone.bytes)

    def listed(self, objects: int) -> None:
        """The listing has ended: it had that many objects in all."""
        self._listed = objects

    def correct_size(self, listed: int | None, real: int) -> None:
        """An object turned out to be of another size than it was counted with."""
        if listed is not None:
            self._correction += real - listed

    def take_route(self, route: Route) -> None:
        """The latest object goes this way."""
        self.route = route

    def arrived(self, count: int, moved: bool = True) -> None:
        """Bytes have arrived (or, not `moved` now, are there from before), or (negative) are to be taken back."""
        self._bytes_done += count
        if moved and count > 0:
            self._meter.add(count)
            self._busy.note()

    def note(self, text: str) -> None:
        """Keep something the user should know, once."""
        if len(self._notes) < self._most_notes:
            self._notes[text] = None

    def add(self, result: ObjectResult) -> bool:
        """An object has come to its end. The bytes of one that is not copied need not be moved any more.

        Returns whether the record says something else now: it is to be kept with the result.
        """
        kept = len(self._notes), self.retries
        self._outcomes[result.outcome] += 1
        self._busy.note()
        self.retries += result.retries
        if result.outcome in LEFT_ALONE:
            self._skipped += result.size or 0
        self._count_failure(result.problem if result.outcome is Outcome.FAILED else None)
        for note in result.notes:
            self.note(note)
        return kept != (len(self._notes), self.retries)

    def settle(self, result: ObjectResult) -> None:
        """An object whose end was found out after an interruption: a count that begins now does not see it."""
        self.add(result)
        self.arrived(result.size or 0, moved=False)
        if result.outcome is Outcome.MOVED:
            self._gone = Tally(self._gone.objects + 1, self._gone.bytes + (result.size or 0))

    def _count_failure(self, problem: Problem | None) -> None:
        alike = problem is not None and self._latest is not None and problem.kind is self._latest.kind
        self._failures_in_a_row = self._failures_in_a_row + 1 if alike else int(problem is not None)
        self._latest = problem
        if problem:
            self.fail(problem)

    def fail(self, problem: Problem, *, left_out: int = 0) -> None:
        """Keep the first error. `left_out`: so many entries were not listed because of it."""
        self.problem = self.problem or problem
        self._left_out += left_out

    def end(self, *, cancelled: bool) -> None:
        """Nothing more will happen."""
        self.ended, self.waits_for = time.time(), None
        self.state = self._end_state(cancelled=cancelled)

    def final(self, *, cancelled: bool) -> Transfer:
        """The transfer as it will be at its end, if that is now."""
        return replace(
            self.snapshot(),
            state=self._end_state(cancelled=cancelled),
            ended=time.time(),
            waits_for=None,
            counting=False,
            rate=0.0,
            eta=None,
        )

    def _end_state(self, *, cancelled: bool) -> TransferState:
        if cancelled:
            return TransferState.CANCELLED
        return TransferState.FAILED if self.problem else TransferState.DONE

    def record(self, cursor: Cursor | None, position: float, *, retrying: bool) -> TransferRecord:
        """The record for the journal."""
        tally = Tally()
        if self._tally.complete:
            tally = replace(self._tally, bytes=self._tally.bytes + self._correction)
        return TransferRecord(
            id=self._record.id,
            order=self._record.order,
            state=self.state,
            position=position,
            submitted=self.submitted,
            ended=self.ended,
            cursor=cursor,
            listed=self._listed,
            tally=tally,
            left_out=self._left_out,
            notes=list(self._notes),
            problem=self.problem,
            limits=self.limits,
            retries=self.retries,
            waits_for=self.waits_for,
            route=self.route,
            source_identity=self.identities[0],
            target_identity=self.identities[1],
            retrying=retrying,
            elsewhere=self.elsewhere.words,
            unnamed=self.elsewhere.unnamed,
            busy=self._busy.seconds,
        )

    def snapshot(self) -> Transfer:
        """The transfer as it is now."""
        done = self._bytes_done
        total = max(self._tally.bytes + self._correction - self._skipped, done)
        if self.state is TransferState.DONE:
            total = done  # what had gone before its turn came is nothing to wait for
        counting = not self.state.ended and not self._tally.complete
        still = self.state not in (TransferState.RUNNING, TransferState.ASKING)
        by_others = bool(self.elsewhere.words) and not self.rate  # bytes of others say nothing of the time left
        order = self._record.order
        _, seen_done, seen_failed = self.elsewhere.seen
        return Transfer(
            id=self._record.id,
            source=source_name(order),
            target=target_name(order),
            state=self.state,
            route=self.route,
            objects_total=self._objects_total(),
            objects_done=max(sum(self._outcomes[outcome] for outcome in DONE), seen_done) + self.elsewhere.unnamed,
            objects_failed=max(self._outcomes[Outcome.FAILED], seen_failed) + self._left_out,
            objects_skipped=_left_alone(self._outcomes),
            objects_undecided=self._outcomes[Outcome.UNDECIDED],
            objects_filtered=self._tally.filtered,
            bytes_total=total,
            bytes_done=done,
            counting=counting,
            rate=self.rate,
            eta=None if counting or still or by_others else self._meter.eta(total - done),
            submitted=self.submitted,
            ended=self.ended,
            notes=list(self._notes),
            problem=self.problem,
            kind=kind_of(order),
            waits_for=self.waits_for,
            retries=self.retries,
            limits=self.limits,
            source_identity=self.identities[0],
            target_identity=self.identities[1],
            busy=self._busy.seconds,
            engine=engine_of(order),
            elsewhere=self.elsewhere.words,
            workers=self.workers(),
        )

    def _objects_total(self) -> int:
        if self._listed is not None:
            return self._listed + self.elsewhere.unnamed
        named = self._outcomes.total() + self.elsewhere.unnamed
        seen = self.elsewhere.seen[0] + _left_alone(self._outcomes)
        return max(self._tally.objects + self._tally.unfit, named, seen) + self._left_out


def _left_alone(outcomes: Counter[Outcome]) -> int:
    return sum(outcomes[outcome] for outcome in LEFT_ALONE)
