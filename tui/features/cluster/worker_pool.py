"""The workers of one run: admits them, gives them ranges, and hands a lost worker's ranges to others."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from tui.core.engines import Engine, Worker, WorkerState
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import Limits, TransferState
from tui.features.cluster.client.client_messages import BeginRange, Install, Release, SchedulerWorker, SeeWorkers
from tui.features.cluster.range_states import SectionSpan, Spans
from tui.features.cluster.scheduler_connection import FalseReport, Scheduler, SchedulerLost, decisive, unreachable
from tui.features.cluster.worker_admission import Admission
from tui.features.cluster.worker_claims import Claims
from tui.features.cluster.worker_contact import ANSWER, LEASE, Assigned, Contact, WorkerLost, lost, refused
from tui.features.cluster.worker_messages import Left, RangeTask, ReportFromWorker, Setup, Shortened
from tui.features.cluster.worker_reports import Hearing
from tui.queue.run_state import RunState
from tui.stores.split_listing import WeighedRange
from tui.transfers.backoff import Interrupted
from tui.transfers.copy.upload_records import TransferUploads
from tui.transfers.selection import lone_keys
from tui.transfers.tasks import settled

LOOK_SECONDS = 0.5
"""Seconds between checks of workers and limits."""
MOST_OBJECTS = 16_000
"""Objects of one task; the rest of its range becomes another one."""

MOST_NEAR = 1_000
"""The same where this machine takes part: it must not wait for the others at the end."""

OwnPart = Callable[[], Coroutine[Any, Any, None]]
"""Does ranges, and returns when all are done, whoever did them."""

NO_WORKERS = Problem(
    kind=ProblemKind.UNREACHABLE,
    title="the Dask scheduler has no workers",
    remedy="start workers; the transfer then resumes by itself",
)


class Crew:
    """Carries out the spans with the scheduler's workers."""

    def __init__(
        self,
        engine: Engine,
        scheduler: Scheduler,
        state: RunState,
        uploads: TransferUploads,
        spans: Spans,
        admission: Admission,
        setup: Setup,
        cut: CutSpan,
        own: OwnPart | None = None,
    ) -> None:
        """`own`: copies ranges on this machine beside the workers, and all of them if no worker can."""
        self._own = own
        self._engine, self._scheduler, self._state, self._uploads = engine, scheduler, state, uploads
        self._spans, self._admission, self._setup = spans, admission, setup
        self._lone_keys = lone_keys(setup.order.selection)
        self._run = secrets.token_hex(4)
        self._contacts: dict[str, Contact] = {}
        self._number, self._most = 0, MOST_OBJECTS if own is None else MOST_NEAR
        self._balance = Balance(self._contacts, spans, cut)
        self._claims = Claims(setup.order, state.transfer)
        self._hearing = Hearing(state, uploads, self._claims, self._left, spans.somebody_has)
        self._ending = False
        self._beside: asyncio.Task[None] | None = None
        self._failure: Exception | None = None

    def workers(self) -> list[Worker]:
        """The current workers, by name."""
        return sorted((each.snapshot() for each in self._contacts.values()), key=lambda each: (each.name, each.address))

    async def carry_out(self) -> None:
        """Raises `SchedulerLost`, `Interrupted` and `ProblemError`; no worker is active afterwards."""
        ending = asyncio.create_task(self._all())
        try:
            await asyncio.shield(ending)
        except asyncio.CancelledError:
            self._ending = True  # the workers are told to stop, and their last reports are recorded
            if self._beside:
                self._beside.cancel()
            try:
                await asyncio.wait([ending], timeout=LEASE)
            finally:  # a second cancellation ends the wait
                ending.cancel()
                await settled(ending)
            raise

    async def _all(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                beside = self._own() if self._own else self._balance.keep()
                self._beside = group.create_task(beside, name="cluster-beside")
                await self._watch(group, self._beside)
                self._beside.cancel()
        except BaseExceptionGroup as failures:
            raise decisive(failures) from failures
        finally:
            for contact in self._contacts.values():
                self._give_back(contact)
            self._spans.put_all_back()  # a range may have been on its way to a worker
        if self._failure:
            raise self._failure

    def _fail(self, error: Exception) -> None:
        """Tell all workers to stop, then raise this."""
        self._failure = self._failure or error
        self._ending = True

    async def _watch(self, group: asyncio.TaskGroup, beside: asyncio.Task[None]) -> None:
        """Admit new workers and divide the limits until all is done."""
        tasks = dict[str, asyncio.Task[None]]()
        while True:
            for address, seen in (await self._present()).items():
                if (known := self._contacts.get(address)) is None or known.gone:
                    contact = self._contacts[address] = Contact(
                        self._scheduler, address, seen, self._state.transfer, near=self._own is not None
                    )
                    tasks[address] = group.create_task(self._attend(contact), name=f"worker-{contact.name}")
            self._share_out()
            self._show()
            done = beside.done() if self._own else self._spans.done
            if done or self._ending or self._state.progress.hopeless:
                break
            await asyncio.wait([beside], timeout=LOOK_SECONDS)
        if self._state.progress.hopeless:
            self._state.progress.give_up()
            self._ending = True
        for address, contact in self._contacts.items():
            contact.finish, contact.end = not self._ending, self._ending
            if self._own and not contact.ready:
                tasks[address].cancel()  # it has nothing, and would only be waited for

    def _share_out(self) -> None:
        """Within the limits; where this machine takes part and there are any, it keeps to them alone."""
        bounds = tighter(self._state.progress.limits, self._state.context.shared.of_all)
        if self._own and bounds != Limits():
            for contact in self._contacts.values():
                contact.share = None
            return
        waiting = self._spans.waiting > 0 or self._balance.may_cut
        share_out(bounds, list(self._contacts.values()), waiting=waiting)

    async def _present(self) -> dict[str, SchedulerWorker]:
        try:
            async with asyncio.timeout(ANSWER):
                return await self._scheduler.ask(SeeWorkers())
        except OSError as error:
            raise SchedulerLost(unreachable(self._engine, error)) from error

    def _show(self) -> None:
        """RUNNING while anyone works; otherwise the reason."""
        if self._own:
            return  # it shows itself
        progress = self._state.progress
        usable = [each for each in self._contacts.values() if each.state not in (WorkerState.LOST, WorkerState.REFUSED)]
        refusals = [
            each.problem for each in self._contacts.values() if each.state is WorkerState.REFUSED and each.problem
        ]
        if not usable and refusals:
            self._fail(ProblemError(refusals[0]))
        elif usable and progress.state is not TransferState.RUNNING:
            progress.begin()
            self._state.save()
            self._state.context.state_changed()
        elif not usable and not refusals and progress.state is not TransferState.WAITING:
            progress.set_state(TransferState.WAITING, NO_WORKERS)
            self._state.save()
            self._state.context.state_changed()
        self._state.context.changed()

    async def _attend(self, contact: Contact) -> None:
        """Talk to one worker until the end, or until it is lost."""
        try:
            await self._greet(contact)
            while not (self._ending or contact.finish or contact.state is WorkerState.REFUSED):
                self._admission.forget(contact.address)
                contact.renew()
                await self._talk(contact)
                self._give_back(contact)
        except FalseReport as error:
            contact.state, contact.problem = WorkerState.REFUSED, error.problem
            self._fail(error)
        except (WorkerLost, OSError) as error:
            await self._lose(contact, error)

    async def _greet(self, contact: Contact) -> None:
        """Make a worker answer letters, or refuse it. Raises `WorkerLost`, and `OSError` without a scheduler."""
        async with asyncio.timeout(ANSWER):
            if problem := await self._admission.why_not(contact.address, contact.name):
                contact.state, contact.problem = WorkerState.REFUSED, problem
                return
            await self._scheduler.ask(Install(contact.address))
        contact.setup = self._setup

    async def _talk(self, contact: Contact) -> None:
        admitted = False
        while True:
            if keys := await self._admission.new_keys(contact.address):
                contact.give_keys(keys)
            ending = contact.end = contact.end or self._ending or contact.surplus
            report, items = await contact.exchange()
            if admitted:
                await self._hearing.items(contact, items)
            else:
                await self._hearing.leftover(contact, items)
            while not await self._state.context.journal.settled():
                await self._state.context.journal.writable()
            if contact.quiet and not items and (ending or contact.finish):
                if ending:
                    return
                contact.end = True
            if not admitted and (report.ready or report.problem):
                await self._admit(contact, report)
                admitted = True
            if admitted:
                contact.taking = True
                await self._give(contact)
                contact.taking = False
                self._balance.heard(contact)

    async def _admit(self, contact: Contact, report: ReportFromWorker) -> None:
        if report.problem and report.connection in self._claims.connections and not self._own:
            self._fail(Interrupted(report.problem, report.connection))
        if report.problem:
            problem: Problem | None = refused(report.problem, contact.name)
        else:
            problem = await self._admission.stranger(contact.name, report.identities)
        if problem:
            contact.state, contact.problem, contact.end = WorkerState.REFUSED, problem, True

    async def _give(self, contact: Contact) -> None:
        """Give a worker ranges while it should have more."""
        while self._may_have(contact) and not self._ending and (span := await self._spans.take()):
            self._number += 1
            number, section = self._number, span.section
            keys = span.keys
            if section == 0 and not keys:
                every = span.keys_of(self._lone_keys)
                done = set[str]()
                if span.begun:
                    done = await self._state.context.journal.results.finished(self._state.transfer, 0, every)
                keys = [key for key in every if key not in done]
                if not keys:
                    self._spans.over(span)
                    continue
            grant = RangeTask(
                number=number,
                section=section,
                after=span.after,
                upto=span.upto,
                keys=keys,
                again=span.begun,
                uploads=self._hearing.held(span),
                most=self._most,
                picked=self._spans.listed(span),
            )
            self._scheduler.tell(BeginRange(contact.address, self._state.transfer, self._run, number))
            contact.assign(number, Assigned(span, grant))

    def _may_have(self, contact: Contact) -> bool:
        """Nobody gets a range in advance while another worker could begin it."""
        if not contact.open:
            return contact.room
        idle = [each for each in self._contacts.values() if each.share is not None and not each.open]
        return contact.room and self._spans.waiting > len(idle)

    def _left(self, contact: Contact, left: Left | Shortened) -> None:
        """A range has ended, cannot go on, or ends sooner."""
        self._claims.of_end(contact, left)
        if isinstance(left, Shortened):
            self._balance.shortened(contact, left)
            return
        assigned = contact.assigned.pop(left.number, None)
        if assigned is None:
            return
        self._scheduler.tell(Release(self._run, left.number))
        if left.upto is not None and left.upto != assigned.span.upto:
            self._balance.ended(assigned, left.upto)
        if left.whole:
            self._spans.over(assigned.span)
        elif left.rest is not None:
            self._spans.over(assigned.span, left.rest)
        elif left.problem and self._own and not self._ending:
            self._spans.put_back(assigned.span, assigned.done)
            contact.state, contact.problem, contact.end = WorkerState.REFUSED, left.problem, True
        elif left.connection and left.problem:
            self._spans.put_back(assigned.span, assigned.done)
            self._fail(Interrupted(left.problem, left.connection))
        else:
            self._spans.put_back(assigned.span, assigned.done)
            if left.problem and not self._ending:
                self._fail(ProblemError(left.problem))

    async def _lose(self, contact: Contact, error: BaseException) -> None:
        """Others get its ranges once it has certainly stopped."""
        await self._present()  # raises if the scheduler itself is lost
        contact.state = WorkerState.LOST
        contact.problem = lost(contact.name, error)
        now = asyncio.get_running_loop().time()
        if not await self._scheduler.ended(contact.address) and contact.assigned:
            await asyncio.sleep(max(0.0, contact.last_letter + LEASE - now))
        self._give_back(contact)
        contact.gone = True

    def _give_back(self, contact: Contact) -> None:
        self._hearing.lost(contact)
        for number, assigned in contact.assigned.items():
            self._spans.put_back(assigned.span, assigned.done)
            self._scheduler.tell(Release(self._run, number))
        contact.assigned.clear()


CutSpan = Callable[[SectionSpan, str, int], Awaitable[list[WeighedRange]]]
"""Cuts the rest of a range after a key into about so many ranges."""

_AT_ONCE = 8
"""Ranges that are examined and cut at once."""


class Balance:
    """Makes workers end ranges sooner, so that others get the rest.

    A worker is asked to end a range at a key, and reports where it really ends; nobody begins anything beyond before
    that. So nothing is copied twice, even if workers are lost meanwhile.
    """

    def __init__(self, contacts: Mapping[str, Contact], spans: Spans, cut: CutSpan) -> None:
        self._contacts, self._spans, self._cut = contacts, spans, cut
        self._needed = asyncio.Event()

    async def keep(self) -> None:
        """Look whenever a worker needs ranges, until cancelled."""
        while True:
            await self._needed.wait()
            self._needed.clear()
            await self.look()

    def heard(self, contact: Contact) -> None:
        """A worker has reported, and was given the available ranges."""
        if contact.hungry:
            self._needed.set()

    @property
    def may_cut(self) -> bool:
        """Whether others could get part of any range."""
        return any(not (each.short or each.span.keys) for contact in self._contacts.values() for each in contact.open)

    async def look(self) -> None:
        hungry = sum(each.hungry for each in self._contacts.values())
        if not hungry or self._spans.waiting:
            return
        asked = sum(each.cuts is not None for contact in self._contacts.values() for each in contact.open)
        for contact, assigned in self._reserves():
            if asked >= hungry:
                return
            contact.cut_off(
                assigned, [WeighedRange(assigned.span.after, assigned.span.after, 0.0), _whole(assigned.span)]
            )
            asked += 1
        if asked < hungry:
            await self._cut_begun(hungry - asked)

    def shortened(self, contact: Contact, told: Shortened) -> None:
        assigned = contact.assigned.get(told.number)
        if assigned is not None and told.upto != assigned.span.upto:
            self.ended(assigned, told.upto)

    def ended(self, assigned: Assigned, upto: str) -> None:
        """A range ends there, whatever was requested."""
        assigned.span = self._spans.shorten(assigned.span, upto, assigned.cuts or [_whole(assigned.span)])
        assigned.grant, assigned.cuts = replace(assigned.grant, upto=upto), None

    def _reserves(self) -> list[tuple[Contact, Assigned]]:
        """Ranges that wait in workers behind others, with nothing begun."""
        return [
            (contact, each)
            for contact in self._contacts.values()
            for each in contact.open[contact.threads :]
            if each.known and each.cuts is None and not each.span.keys and each.grant.number not in contact.positions
        ]

    async def _cut_begun(self, hungry: int) -> None:
        begun = [
            (contact, each, contact.positions[each.grant.number])
            for contact in self._contacts.values()
            for each in contact.open
            if each.cuts is None and not each.short and not each.span.keys and each.grant.number in contact.positions
        ]
        begun.sort(key=lambda one: one[1].span.weight, reverse=True)
        some = begun[: min(_AT_ONCE, hungry)]
        wanted = 2 + hungry // max(1, len(some))
        await asyncio.gather(*(self._cut_one(contact, each, after, wanted) for contact, each, after in some))

    async def _cut_one(self, contact: Contact, assigned: Assigned, after: str, wanted: int) -> None:
        """Cut the rest after the key `after`; the worker's next report may not contain the range any more."""
        cuts = await self._cut(assigned.span, after, wanted)
        if len(cuts) == 1:
            assigned.short = True
        elif cuts and contact.assigned.get(assigned.grant.number) is assigned:
            contact.cut_off(assigned, cuts)


def _whole(span: SectionSpan) -> WeighedRange:
    return WeighedRange(span.after, span.upto, span.weight)


def share_out(limits: Limits, contacts: Sequence[Contact], *, waiting: bool) -> None:
    """Divide the limits among workers. `waiting`: there are ranges that nobody has.

    Workers with ranges come first, then those that are ready: one that never gets ready takes nothing from the others.
    A lost worker keeps its share until it has certainly stopped. A worker with nothing to do now or later leaves its
    share to the others; so does a stalled one while another is not stalled.

    A smaller share applies at once; a larger one only as far as the others have given up theirs, because they may still
    have more in progress. So all together never exceed the limits.
    """
    usable = [each for each in contacts if each.state not in (WorkerState.LOST, WorkerState.REFUSED)]
    able = any(each.ready and not each.stalled for each in usable)
    taking = [
        each
        for each in contacts
        if (each.assigned or (each in usable and (waiting or each.taking)))
        and not (able and each in usable and each.stalled)
    ]
    first = sorted(taking, key=lambda each: (not (each.assigned or each.taking), not each.ready))
    parts = shares(limits, [each.address for each in first])
    for each in contacts:
        if each.address not in parts:
            each.share = None
    rates = _for_now(
        limits.rate,
        {address: part.rate for address, part in parts.items()},
        {each.address: each.used_rate for each in contacts},
    )
    objects = _for_now(
        limits.objects,
        {address: part.objects for address, part in parts.items()},
        {each.address: each.used_objects for each in contacts},
    )
    for each in contacts:
        if each.address in parts:
            rate, most = rates[each.address], objects[each.address]
            each.share = None if 0 in (rate, most) else Limits(rate, most)


def _for_now(limit: int | None, parts: Mapping[str, int | None], used: Mapping[str, float]) -> Mapping[str, int | None]:
    """As much of each share as the limit leaves beside the current use of all workers."""
    if limit is None:
        return parts
    free = limit - sum(used.values())
    given = dict[str, int | None]()
    for address, part in parts.items():
        wanted = limit if part is None else part
        kept = min(wanted, used[address])
        more = max(0, min(wanted - kept, free))
        free -= more
        given[address] = int(kept + more)
    return given


def tighter(one: Limits, other: Limits) -> Limits:
    return Limits(_least(one.rate, other.rate), _least(one.objects, other.objects))


def shares(limits: Limits, workers: Sequence[str]) -> dict[str, Limits]:
    """Each worker's share; together they do not exceed the limits. A worker without a share gets nothing to do.

    With fewer objects than workers, only that many workers take part.
    """
    most = len(workers) if limits.objects is None else min(len(workers), limits.objects)
    taking = workers[:most]
    return {
        worker: Limits(_part(limits.rate, at, most), _part(limits.objects, at, most))
        for at, worker in enumerate(taking)
    }


def _part(whole: int | None, at: int, parts: int) -> int | None:
    if whole is None:
        return None
    return max(1, whole // parts + (at < whole % parts))


def _least(one: int | None, other: int | None) -> int | None:
    bounds = [each for each in (one, other) if each is not None]
    return min(bounds, default=None)
