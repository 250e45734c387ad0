"""The progress of a transfer: counts, bytes, notes and state; a snapshot of it at any moment."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Any, TypeVar

from msgspec.structs import replace

from tui.core.engines import LOCAL, Worker
from tui.core.orders import CopyRoute
from tui.core.problem import Problem
from tui.core.transfer import (
    ObjectResult,
    Outcome,
    Pace,
    Tally,
    Transfer,
    TransferKind,
    TransferState,
    engine_of,
    kind_of,
    source_name,
    target_name,
)
from tui.transfers.journal import Cursor, OutcomeCounts, TransferRecord
from tui.transfers.limits import TransferLimits
from tui.transfers.tasks import set_within

GONE = (Outcome.MOVED, Outcome.DELETED, Outcome.REPAIRED, Outcome.UNDELETED)
"""Outcomes that a later count does not count again."""

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
"""Outcomes of objects that were done."""

LEFT_ALONE = (Outcome.SKIPPED, Outcome.UNDECIDED)
"""Outcomes of objects that were left alone."""

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

    def load(self, counts: OutcomeCounts, kept: int, *, retrying: bool) -> None:
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
        return self._meter.rate() if self.state in (TransferState.RUNNING, TransferState.ASKING) else 0.0

    @property
    def counted(self) -> bool:
        return self._tally.complete

    @property
    def results(self) -> int:
        return self._outcomes.total()

    @property
    def hopeless(self) -> bool:
        """Whether continuing makes no sense: every further object would fail for the same reason."""
        most = self._latest.kind.meaning.ends_after if self._latest else None
        return most is not None and self._failures_in_a_row >= most

    def give_up(self) -> None:
        if self._latest:
            self.note(f"stopped, because the rest would fail in the same way: {self._latest.title}")

    def begin(self) -> None:
        self.state, self.waits_for = TransferState.RUNNING, None
        self._meter.start()

    def set_state(self, state: TransferState, waits_for: Problem | None = None) -> None:
        """It does not run for now (PAUSED, WAITING), or is about to (QUEUED)."""
        self.state, self.waits_for = state, waits_for
        if state is TransferState.QUEUED:
            self.ended = None
        self._meter = Meter()

    def count(self, tally: Tally) -> None:
        gone = self._gone
        self._tally = replace(tally, objects=tally.objects + gone.objects, bytes=tally.bytes + gone.bytes)

    def listed(self, objects: int) -> None:
        """The listing has ended: it had that many objects in all."""
        self._listed = objects

    def correct_size(self, listed: int | None, real: int) -> None:
        """An object turned out to be of another size than it was counted with."""
        if listed is not None:
            self._correction += real - listed

    def take_route(self, route: CopyRoute) -> None:
        self.route = route

    def arrived(self, count: int, moved: bool = True) -> None:
        """Bytes have arrived (or, not `moved` now, are there from before), or (negative) are to be taken back."""
        self._bytes_done += count
        if moved and count > 0:
            self._meter.add(count)
            self._busy.note()

    def note(self, text: str) -> None:
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
        problem = result.problem if result.outcome is Outcome.FAILED else None
        alike = problem is not None and self._latest is not None and problem.kind is self._latest.kind
        self._failures_in_a_row = self._failures_in_a_row + 1 if alike else int(problem is not None)
        self._latest = problem
        if problem:
            self.fail(problem)
        for note in result.notes:
            self.note(note)
        return kept != (len(self._notes), self.retries)

    def settle(self, result: ObjectResult) -> None:
        """An object whose end was found out after an interruption: a count that begins now does not see it."""
        self.add(result)
        self.arrived(result.size or 0, moved=False)
        if result.outcome is Outcome.MOVED:
            self._gone = Tally(self._gone.objects + 1, self._gone.bytes + (result.size or 0))

    def fail(self, problem: Problem, *, left_out: int = 0) -> None:
        """Keep the first error. `left_out`: so many entries were not listed because of it."""
        self.problem = self.problem or problem
        self._left_out += left_out

    def end(self, *, cancelled: bool) -> None:
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
        tally = Tally()
        if self._tally.complete:
            tally = replace(self._tally, bytes=self._tally.bytes + self._correction)
        return TransferRecord(
            order=self._record.order,
            position=position,
            cursor=cursor,
            listed=self._listed,
            tally=tally,
            left_out=self._left_out,
            retrying=retrying,
            unnamed=self.elsewhere.unnamed,
            **self._said(),
        )

    def _said(self) -> dict[str, Any]:
        return {
            "id": self._record.id,
            "state": self.state,
            "submitted": self.submitted,
            "ended": self.ended,
            "notes": list(self._notes),
            "problem": self.problem,
            "limits": self.limits,
            "retries": self.retries,
            "waits_for": self.waits_for,
            "route": self.route,
            "source_identity": self.identities[0],
            "target_identity": self.identities[1],
            "elsewhere": self.elsewhere.words,
            "busy": self._busy.seconds,
        }

    def snapshot(self) -> Transfer:
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
            source=source_name(order),
            target=target_name(order),
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
            kind=kind_of(order),
            engine=engine_of(order),
            workers=self.workers(),
            **self._said(),
        )

    def _objects_total(self) -> int:
        if self._listed is not None:
            return self._listed + self.elsewhere.unnamed
        named = self._outcomes.total() + self.elsewhere.unnamed
        seen = self.elsewhere.seen[0] + _left_alone(self._outcomes)
        return max(self._tally.objects + self._tally.unfit, named, seen) + self._left_out


def _left_alone(outcomes: Counter[Outcome]) -> int:
    return sum(outcomes[outcome] for outcome in LEFT_ALONE)


class Elsewhere:
    """Where a transfer stands that another engine carries out.

    `words` say it, and `seen` how many objects there are, are done and have failed, before they have results of their
    own. `unnamed` objects were done and get none.
    """

    def __init__(self, words: str, unnamed: int) -> None:
        self.words, self.unnamed = words, unnamed
        self.seen = (0, 0, 0)

    def see(self, words: str, total: int = 0, done: int = 0, failed: int = 0) -> None:
        self.words, self.seen = words, (total, done, failed)

    def leave_unnamed(self, objects: int) -> None:
        self.unnamed += objects
        self.seen = (0, 0, 0)


WINDOW = 10.0
"""Seconds that the rate looks back."""

STEP = 0.25
"""Seconds whose bytes are counted together: it bounds what a meter remembers."""


class BusyTime:
    """Seconds in which something was done: pauses, questions and waits do not count."""

    def __init__(self, seconds: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        """`seconds` are those of earlier runs; `clock` as in `Meter`."""
        self.seconds = seconds
        self._clock = clock
        self._step = -1

    def note(self) -> None:
        """Something was done now: all of this `STEP` counts."""
        step = int(self._clock() / STEP)
        if step != self._step:
            self._step = step
            self.seconds += STEP


class Meter:
    """Bytes per second over a moving window. Rates of an idle meter sink to 0 within the window."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds that never run backwards."""
        self._clock = clock
        self._steps: deque[tuple[float, int]] = deque()
        self._began: float | None = None

    def add(self, count: int) -> None:
        now = self._clock()
        if self._began is None:
            self._began = now
        if self._steps and now - self._steps[-1][0] < STEP:
            began, counted = self._steps[-1]
            self._steps[-1] = (began, counted + count)
        else:
            self._steps.append((now, count))

    def start(self) -> None:
        """Work begins now: time without a byte counts, too."""
        if self._began is None:
            self._began = self._clock()

    def rate(self) -> float:
        """Bytes per second over the last `WINDOW` seconds, or since the start if that is shorter."""
        now = self._clock()
        while self._steps and now - self._steps[0][0] > WINDOW:
            self._steps.popleft()
        if self._began is None or not self._steps:
            return 0.0
        span = max(min(WINDOW, now - self._began), STEP)
        return sum(count for _, count in self._steps) / span

    def eta(self, remaining: int) -> float | None:
        """Seconds until `remaining` bytes have arrived at this rate; None if that is not known."""
        if remaining <= 0:
            return 0.0
        rate = self.rate()
        return remaining / rate if rate > 0 else None


LEAST_SECONDS = 3.0
LEAST_OBJECTS = 200
SMALL = 1 << 20
"""Up to this mean size, in bytes, the number of objects takes the time; above it their bytes."""

_COPIES = (TransferKind.COPY, TransferKind.MOVE, TransferKind.SYNC)


def pace_of(transfers: Iterable[Transfer]) -> Pace:
    """The pace of the latest transfers of this machine; what none of them tells is None."""
    copies = relays = relayed = None
    for each in sorted(transfers, key=lambda transfer: transfer.submitted):
        if each.kind not in _COPIES or each.engine != LOCAL or each.busy < LEAST_SECONDS:
            continue
        if each.route is None or not each.objects_done:
            continue
        enough, small = each.objects_done >= LEAST_OBJECTS, each.bytes_done < SMALL * each.objects_done
        if each.route.server_side:
            copies = each.objects_done / each.busy if enough else copies
        elif not small:
            relayed = each.bytes_done / each.busy
        elif enough:
            relays = each.objects_done / each.busy
    return Pace(copies, relays, relayed)


S = TypeVar("S")

BETWEEN_SNAPSHOTS = 0.1
"""Seconds between two snapshots at least."""

BETWEEN_NUMBERS = 0.5
"""Seconds between two snapshots that differ in nothing but how far things are: nobody reads numbers faster."""

FADING = 1.0
"""Seconds between two snapshots of something that changes by itself, as a rate does that sinks."""


class _Watcher:
    """The changes that one watcher has not seen yet."""

    def __init__(self) -> None:
        self.changed, self.urgent = asyncio.Event(), asyncio.Event()

    def clear(self) -> None:
        self.changed.clear()
        self.urgent.clear()


class ChangeNotifier:
    """Notifies any number of watchers that there is something new."""

    def __init__(self) -> None:
        self._watchers: set[_Watcher] = set()
        self._ended = asyncio.Event()

    def touch(self, *, urgent: bool = False) -> None:
        """Something has changed, `urgent` when it is more than a number. Costs next to nothing without watchers."""
        for watcher in self._watchers:
            watcher.changed.set()
            if urgent:
                watcher.urgent.set()

    def end(self) -> None:
        self._ended.set()
        self.touch(urgent=True)

    async def pause(self, seconds: float) -> None:
        await set_within(self._ended, seconds)

    async def watch(self) -> AsyncGenerator[None]:
        """Yields once at the start, and then whenever something changed since the last time."""
        watcher = _Watcher()
        self._watchers.add(watcher)
        try:
            while not self._ended.is_set():
                watcher.clear()
                yield
                await watcher.changed.wait()
            yield
        finally:
            self._watchers.discard(watcher)

    async def snapshots(self, take: Callable[[], S], fades: Callable[[S], bool]) -> AsyncGenerator[S]:
        """What `take` returns, now and whenever it differs from the last one.

        At most ten times a second, and twice a second when nothing urgent has changed. `fades` says of a snapshot that
        it will change without being touched.
        """
        watcher = _Watcher()
        self._watchers.add(watcher)
        last: S | None = None
        try:
            while True:
                watcher.clear()
                ended, snapshot = self._ended.is_set(), take()
                if snapshot != last:
                    last = snapshot
                    yield snapshot
                if ended:
                    return
                await self.pause(BETWEEN_SNAPSHOTS)
                await set_within(watcher.urgent, BETWEEN_NUMBERS - BETWEEN_SNAPSHOTS)
                await set_within(watcher.changed, FADING if fades(snapshot) else None)
        finally:
            self._watchers.discard(watcher)
