"""The engine's side of one worker: letters to it, its ranges, reports and numbers."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from math import inf

import msgspec
from msgspec.structs import replace

from tui.core.engines import Worker, WorkerState
from tui.core.naming import counted
from tui.core.problem import Problem, ProblemKind
from tui.core.transfer import Limits
from tui.features.cluster import worker_messages
from tui.features.cluster.client.client_messages import SchedulerWorker, SendLetter
from tui.features.cluster.range_states import SectionSpan
from tui.features.cluster.scheduler_connection import FalseReport, Scheduler
from tui.features.cluster.worker_journal import MOST_ITEMS
from tui.stores.split_listing import WeighedRange
from tui.transfers.progress import Meter

LEASE = 10.0
"""A worker without a letter for so many seconds stops; nobody gets its ranges earlier."""
ANSWER = 30.0
"""A worker that answers nothing for so many seconds is lost, even if the scheduler keeps it for minutes."""
STALLED = 15.0
"""A worker that begins none of its ranges for so many seconds has no free threads: others do its work."""
RESTS = 120.0
"""Seconds before such a worker gets ranges again, while there are others."""
MOST_UNDER_WAY = 100_000
"""The most objects that a worker can have in progress."""
WAIT = 0.25
"""Seconds that a worker delays its report if nothing is urgent."""
NEAR_WAITS = (0.05, 0.005)
"""The same on this machine: during the work, and at the end."""


class WorkerLost(Exception):  # noqa: N818  # others do its work
    """A worker does not answer any more."""


@dataclass(slots=True)
class Assigned:
    """A range that the worker has."""

    span: SectionSpan
    grant: worker_messages.RangeTask
    known: bool = False
    """Whether the worker has received it."""
    cuts: list[WeighedRange] | None = None
    """Ranges after a requested cut; the first one stays here. None: no cut was requested."""
    short: bool = False
    """Whether too little is left to cut."""
    told: int = 0
    """The number of its objects with results."""
    done: set[str] = field(default_factory=set)
    """Those of its span's `keys` with results."""


class Contact:
    """The state of one worker, and the content of the next letter."""

    def __init__(
        self, scheduler: Scheduler, address: str, seen: SchedulerWorker, transfer: str, *, near: bool = False
    ) -> None:
        """`near`: on this machine, where letters cost next to nothing."""
        self._waits = NEAR_WAITS if near else (WAIT, WAIT)
        self.address, self.name, self.threads = address, seen.name, seen.threads
        self.assigned: dict[int, Assigned] = {}
        self._given: dict[int, SectionSpan] = {}
        """All ranges that it has or had, at their full size."""
        self.setup: worker_messages.Setup | None = None
        self.share: Limits | None = None
        """Its share of the limits; None: it gets nothing to do."""
        self.ready = self.quiet = self.finish = self.end = False
        self.taking = False
        """Whether a range is being recorded for it; until it has that range, it keeps its share."""
        self.state, self.problem = WorkerState.STARTING, None  # type: WorkerState, Problem | None
        self.gone = False
        """Whether it is lost and others have its ranges: then a worker at its address is a new one."""
        self.positions: dict[int, str] = {}
        self.ending: set[int] = set()
        """See `ReportFromWorker`."""
        self.objects = self.failed = self.bytes = self.unfinished = 0
        self._under_way = 0
        self._told: list[Limits] = []
        """Limits that it may be using: those in the last answered letter, and in a pending one."""
        self._waits_since: float | None = None
        """Since when it has ranges but has begun none, in seconds of a monotonic clock; None: it has begun."""
        self._heard = self._rests_until = 0.0
        self.last_letter = 0.0
        """The latest time when it may have received the last letter, by the loop's clock."""
        self._scheduler, self._transfer, self._run = scheduler, transfer, secrets.token_hex(4)
        self._seen: int | None = None
        self._replies: list[worker_messages.ReplyToWorker] = []
        self._keys: list[worker_messages.TemporaryCredentials] = []
        self._meter = Meter()

    def give_keys(self, keys: list[worker_messages.TemporaryCredentials]) -> None:
        self._keys = keys

    def reply(self, reply: worker_messages.ReplyToWorker) -> None:
        """Answer one of its questions with the next letter."""
        self._replies.append(reply)

    def assign(self, number: int, assigned: Assigned) -> None:
        self.assigned[number] = assigned
        self._given[number] = assigned.span

    def was_given(self, number: int) -> bool:
        return number in self._given

    def has(self, section: int, key: str) -> bool:
        return any(each.span.has(section, key) for each in self.assigned.values())

    def had(self, section: int, key: str) -> bool:
        """Whether an object is in a range that it has or had."""
        return self.has(section, key) or any(each.has(section, key) for each in self._given.values())

    @property
    def room(self) -> bool:
        """Whether it should get another range: one waits while the others are being begun."""
        return self.takes_part and len(self.open) <= self.threads

    @property
    def stalled(self) -> bool:
        """Whether other work of the cluster keeps its threads busy, or did until recently."""
        waits = self._waits_since is not None and self._heard - self._waits_since > STALLED
        return waits or time.monotonic() < self._rests_until

    @property
    def hungry(self) -> bool:
        """Whether it has nothing left to begin."""
        return self.takes_part and not self.open

    @property
    def takes_part(self) -> bool:
        return self.ready and self.share is not None and not self.end

    @property
    def open(self) -> list[Assigned]:
        """Its ranges with objects that are not begun, in the order it got them."""
        return [each for number, each in self.assigned.items() if number not in self.ending]

    def cut_off(self, assigned: Assigned, cuts: list[WeighedRange]) -> None:
        """Ask it to end a range where the first of these ends."""
        assigned.cuts = cuts
        assigned.grant = replace(assigned.grant, upto=cuts[0].upto)

    @property
    def surplus(self) -> bool:
        """Whether it has ranges although lower limits leave it nothing to do."""
        return self.share is None and bool(self.assigned)

    @property
    def used_objects(self) -> float:
        """Objects that it has in progress, or may have; infinite without a limit."""
        return max(self._under_way, *(_number(each.objects) for each in self._bounds)) if self._bounds else 0

    @property
    def used_rate(self) -> float:
        """Bytes per second that it may relay; infinite without a limit."""
        return max((_number(each.rate) for each in self._bounds), default=0)

    @property
    def _bounds(self) -> list[Limits]:
        """The limits of which it may use the largest; empty if it has nothing to do now and later."""
        if self.share is None:
            return self._told if self.assigned else []
        return [self.share, *self._told]

    def renew(self) -> None:
        """Its session has ended; the next letter begins a new one."""
        if self.stalled:
            self._rests_until, self._waits_since = time.monotonic() + RESTS, None
        self.ready = self.quiet = self.end = False
        self._run, self._seen = secrets.token_hex(4), None
        self._replies, self._keys = [], []

    async def exchange(self) -> tuple[worker_messages.ReportFromWorker, list[worker_messages.Item]]:
        """Send a letter; returns the report, and what of it is new. The next letter says that it is written down.

        Raises `WorkerLost`, and `FalseReport` for one that does not fit what it was given.
        """
        replies, keys = list(self._replies), self._keys
        letter = worker_messages.Letter(
            transfer=self._transfer,
            run=self._run,
            seen=self._seen or 0,
            lease=LEASE,
            wait=0.0 if not self.ready and self._seen is None else self._waits[self.finish or self.end],
            setup=None if self.ready else self.setup,
            keys=keys,
            grants=[each.grant for each in self.assigned.values()],
            replies=replies,
            limits=self.share,
            finish=self.finish,
            end=self.end,
        )
        told = list(self.assigned.values())
        if letter.limits is not None:
            self._told.append(letter.limits)
        report = self._checked(await self._ask(letter))
        for each in told:
            each.known = True
        if letter.limits is not None or not letter.grants:
            self._told = [letter.limits] if letter.limits else []
        del self._replies[: len(replies)]
        if self._keys is keys:
            self._keys = []
        first = report.first if self._seen is None else self._seen
        self.ready, self.quiet = report.ready, report.quiet
        self.positions = {number: key for number, key in report.positions.items() if number in self.assigned}
        self.ending, self._under_way = set(report.ending), report.under_way
        self._heard = time.monotonic()
        if not self.open or self.positions:
            self._waits_since = None
        elif self._waits_since is None:
            self._waits_since = self._heard
        self._seen = max(first, report.first + len(report.items))
        return report, report.items[max(0, first - report.first) :]

    async def _ask(self, letter: worker_messages.Letter) -> worker_messages.ReportFromWorker:
        try:
            async with asyncio.timeout(ANSWER):
                packed = await self._scheduler.ask(SendLetter(self.address, worker_messages.pack(letter)))
        except OSError as error:
            raise WorkerLost(str(error) or "it does not answer") from error
        finally:
            self.last_letter = asyncio.get_running_loop().time()
        try:
            return worker_messages.unpack_report(packed)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise FalseReport(self.name, f"it cannot be read: {error}") from error

    def _checked(self, report: worker_messages.ReportFromWorker) -> worker_messages.ReportFromWorker:
        """Check its numbers against its ranges and what is possible."""
        if report.first < 0 or (self._seen is not None and report.first > self._seen):
            raise FalseReport(self.name, "it leaves out what it has to say")
        if len(report.items) > MOST_ITEMS + 1 or not 0 <= report.under_way <= MOST_UNDER_WAY:
            raise FalseReport(
                self.name,
                f"it tells of {counted(len(report.items), 'thing')} and {counted(report.under_way, 'object')}",
            )
        for number in (*report.positions, *report.ending):
            if not self.was_given(number):
                raise FalseReport(self.name, f"it never had the range {number}")
        for number, key in report.positions.items():
            assigned = self.assigned.get(number)
            if assigned and not assigned.span.reaches(key):
                raise FalseReport(self.name, f"{key!r} is not in its range {number}")
        return report

    def arrived(self, moved: int) -> None:
        """Some of its bytes have arrived at the target."""
        self.bytes += moved
        if moved > 0:
            self._meter.add(moved)

    def snapshot(self) -> Worker:
        working = WorkerState.WORKING if self.assigned else WorkerState.IDLE
        usable = self.state not in (WorkerState.LOST, WorkerState.REFUSED)
        return Worker(
            address=self.address,
            name=self.name,
            state=(working if self.ready else WorkerState.STARTING) if usable else self.state,
            objects=self.objects,
            failed=self.failed,
            bytes=self.bytes,
            rate=self._meter.rate() if usable else 0.0,
            ranges=len(self.assigned),
            problem=self.problem,
        )


def _number(bound: int | None) -> float:
    return inf if bound is None else bound


def refused(problem: Problem, name: str) -> Problem:
    remedy = "xs3-tui workers check says what is missing on each worker"
    return Problem(ProblemKind.INVALID, f"worker {name} cannot be used", problem.sentence(), remedy)


def lost(name: str, error: BaseException) -> Problem:
    remedy = "others do what it had not finished"
    return Problem(ProblemKind.UNREACHABLE, f"worker {name} is lost", str(error), remedy)
