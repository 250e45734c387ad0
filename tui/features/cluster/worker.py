"""A worker's process: one event loop in its own thread, for all its transfers.

Dask keeps its own loop and threads: a task waits in its thread for the work here.
"""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

import uvloop

from tui.core.identity import Identity, Owner
from tui.core.orders import ConflictPolicy
from tui.core.problem import Problem, ProblemError
from tui.core.transfer import Conflict, TransferState
from tui.features.cluster.worker_identities import WorkerIdentities
from tui.features.cluster.worker_journal import Outbox, ToldJournal
from tui.features.cluster.worker_messages import Left, Letter, RangeTask, ReportFromWorker, Setup, pack, unpack_letter
from tui.features.cluster.worker_run import RangeRun, ToldProgress, WorkerLimits
from tui.queue.prepare_copy import prepare_copy
from tui.queue.queue_context import PendingConflicts, QueueContext, open_ends
from tui.queue.run_state import Prepared
from tui.transfers.backoff import Interrupted
from tui.transfers.bucket_owner import Owners
from tui.transfers.copy.upload_records import TransferUploads
from tui.transfers.journal import TransferRecord
from tui.transfers.limits import TransferLimits
from tui.transfers.object_work import defect
from tui.transfers.retries import Retries
from tui.transfers.sides import Sides, sides_of

_LOOK_SECONDS = 1.0

_making = threading.Lock()
_made: list[Station] = []


def station() -> Station:
    """The station of this process, created at first use."""
    with _making:
        if not _made:
            _made.append(Station())
        return _made[0]


class Station:
    """The sessions of a Dask worker, in a loop and thread of their own. Callable from any thread."""

    def __init__(self) -> None:
        self._sessions = Sessions()
        self._loop = uvloop.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="xs3-tui", daemon=True).start()

    def exchange(self, packed: bytes) -> Future[bytes]:
        return asyncio.run_coroutine_threadsafe(self._sessions.exchange(packed), self._loop)

    def carry_out(self, transfer: str, number: int) -> Future[None]:
        return asyncio.run_coroutine_threadsafe(self._sessions.carry_out(transfer, number), self._loop)


class Sessions:
    """All transfers of this process. Used from one event loop."""

    def __init__(self, limits: TransferLimits | None = None, *, known: bool = False) -> None:
        """`known`: the engine need not compare the identities: it has given the credentials on its own machine."""
        self._limits, self._known = limits or TransferLimits(), known
        self._sessions: dict[str, Session] = {}
        self._watching: asyncio.Task[None] | None = None

    async def exchange(self, packed: bytes) -> bytes:
        """Answer an engine's letter."""
        letter = unpack_letter(packed)
        session = self._session(letter.transfer)
        report = await session.exchange(letter)
        if session.ended:
            self._sessions.pop(letter.transfer, None)
            await session.close()
        return pack(report)

    async def carry_out(self, transfer: str, number: int) -> None:
        """Carry out a range when it is granted; done when all its objects are begun."""
        await self._session(transfer).begin(number).wait()

    def _session(self, transfer: str) -> Session:
        if transfer not in self._sessions:
            self._sessions[transfer] = Session(transfer, self._limits, known=self._known)
            self._watching = self._watching or asyncio.create_task(self._watch(), name="cluster-watch")
        return self._sessions[transfer]

    async def _watch(self) -> None:
        """Stop work that no engine has asked for in time."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            for session in self._sessions.values():
                session.look()


async def answer_letter(letter: bytes) -> dict[str, Any]:
    """The worker's handler: takes a letter, returns a report."""
    return {"status": "OK", "report": await asyncio.wrap_future(station().exchange(letter))}


class Session:
    """A worker's part of one transfer. Used from the station's loop."""

    def __init__(self, transfer: str, limits: TransferLimits | None = None, *, known: bool = False) -> None:
        """`known`: see `Sessions`."""
        self._transfer, self._run = transfer, ""
        self._limits, self._known = limits or TransferLimits(), known
        self._outbox = Outbox()
        self._own = WorkerIdentities()
        self._retries = Retries(self._own.probe)
        self._shared = WorkerLimits(self._limits)
        self._journal = ToldJournal(self._outbox)
        self._uploads = TransferUploads(transfer, self._journal)
        self._setup: Setup | None = None
        self._prepared: Prepared | None = None
        self._sides: Sides | None = None
        self._identities: dict[str, Identity] = {}
        self._refusal: Interrupted | Problem | None = None
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._runs: dict[int, RangeRun] = {}
        self._making: asyncio.Task[None] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._finishing: asyncio.Task[None] | None = None
        self._lapsing: asyncio.Task[None] | None = None
        self._grants: dict[int, RangeTask] = {}
        self._started: set[int] = set()
        self._over = defaultdict[int, asyncio.Event](asyncio.Event)
        self._heard, self._lease = asyncio.get_running_loop().time(), 10.0
        self._first = 0
        """The first item of this run: the engine treats older ones as an earlier run's."""
        self.ended = False

    def begin(self, number: int) -> asyncio.Event:
        """The task of a range is running: begin it when it is granted, too. The event tells that all its objects are
        begun."""
        self._started.add(number)
        self._start(number)
        return self._over[number]

    async def exchange(self, letter: Letter) -> ReportFromWorker:
        self.look()  # a process that was suspended may get a letter before it notices the delay
        self._heard, self._lease = asyncio.get_running_loop().time(), letter.lease
        if letter.run != self._run:
            await self._begin_run(letter)
        self._outbox.seen(letter.seen)
        if letter.setup is not None:
            self._own.give(letter.setup.given)
        self._own.take_keys(letter.keys)
        for reply in letter.replies:
            self._outbox.reply(reply.question, reply.value)
        if letter.limits is not None:
            self._shared.limit(letter.limits, self._transfer)
        if letter.setup is not None and self._making is None:
            self._making = asyncio.create_task(self._make(letter.setup), name="cluster-setup")
        if letter.end:
            self.stop()
        else:
            self._take_grants(letter.grants)
        if letter.finish:
            self._finish()
        items = await self._outbox.news(letter.wait)
        quiet = not self._tasks and self._stopping is None and (self._finishing is None or self._finishing.done())
        if letter.end and quiet and self._outbox.empty:
            self.ended = True
        heard = self._outbox.first >= self._first
        refusal = self._refusal if heard else None
        return ReportFromWorker(
            first=self._outbox.first,
            items=items,
            ready=self._prepared is not None and heard,
            quiet=quiet,
            positions={number: run.position for number, run in self._runs.items() if not run.ending},
            ending=[number for number, run in self._runs.items() if run.ending],
            under_way=self._shared.objects.held(self._transfer),
            identities=self._identities,
            problem=refusal.problem if isinstance(refusal, Interrupted) else refusal,
            connection=refusal.connection if isinstance(refusal, Interrupted) else "",
        )

    def _take_grants(self, grants: Sequence[RangeTask]) -> None:
        """New ranges, known ones, and those to end sooner; every letter names all of them.

        Tasks whose range is missing are not wanted.
        """
        for grant in grants:
            known = self._grants.get(grant.number)
            self._grants[grant.number] = grant
            if known is None or known.upto == grant.upto or grant.upto is None:
                continue
            if run := self._runs.get(grant.number):
                run.shorten(grant.upto)
            elif grant.upto == grant.after and not self._over[grant.number].is_set():
                self._outbox.put(Left(grant.number, True, None, None, "", grant.upto), urgent=True)
                self._done(grant.number)
        for number in self._started - self._grants.keys():
            self._over[number].set()
        for number in list(self._grants):
            self._start(number)

    def stop(self) -> None:
        """Stop all ranges; their items are kept."""
        if self._stopping is None and self._tasks:
            self._stopping = asyncio.create_task(self._stop(), name="cluster-stop")
        self._grants.clear()
        for event in self._over.values():
            event.set()

    def look(self) -> None:
        """Stop and report it if no letter came for so long that others may have the ranges."""
        if asyncio.get_running_loop().time() - self._heard > self._lease and self._lapsing is None:
            waiting = {number for number in self._started if not self._over[number].is_set()}
            numbers = {*self._grants, *self._tasks, *waiting}  # the letter that grants a waiting range may still come
            for number in numbers:
                self._over[number].set()  # its task may still come, or be one that no engine asks for any more
            self.stop()
            if numbers:
                self._lapsing = asyncio.create_task(self._lapse(numbers), name="cluster-lapse")

    async def _lapse(self, numbers: set[int]) -> None:
        if self._stopping:
            await asyncio.wait([self._stopping])
        for number in sorted(numbers):
            self._outbox.put(Left(number, False, None, None, ""), urgent=True)
        self._lapsing = None

    async def close(self) -> None:
        await self._halt()
        await self._retries.health.close()
        await self._own.close()

    async def _halt(self) -> None:
        self.stop()
        for ending in (self._stopping, self._lapsing):
            if ending:
                await asyncio.wait([ending])
        for beside in (self._making, self._finishing):
            if beside:
                beside.cancel()
                await asyncio.wait([beside])

    async def _begin_run(self, letter: Letter) -> None:
        self._run = letter.run
        await self._halt()
        self._first = self._outbox.end
        self._making = self._finishing = self._prepared = self._refusal = None
        self._identities, self._grants = {}, {}
        for event in self._over.values():
            event.set()  # of a task that began while the others were stopping
        self._over.clear()
        self._started.clear()
        self._uploads = TransferUploads(self._transfer, self._journal)

    async def _stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:  # the last one may have ended meanwhile
            await asyncio.wait(tasks)
        self._stopping = None

    async def _make(self, setup: Setup) -> None:
        self._setup = setup
        order = setup.order
        context = self._context()
        try:
            for name in (
                () if self._known else dict.fromkeys((order.selection.connection, order.destination.connection))
            ):
                self._identities[name] = await self._own.identity(name)
            ends = await open_ends(order, context.open_or_interrupt)
            target = ends.target or ends.source
            owners = Owners(
                setup.owners.get(order.selection.connection), setup.owners.get(order.destination.connection)
            )
            self._sides = await sides_of(order, ends.source, target, owners)
            progress = ToldProgress(self._record(), context.limits, self._outbox)
            self._prepared = await prepare_copy(self._transfer, order, ends, progress, self._uploads, context)
        except Interrupted as interruption:
            self._refusal = interruption
        except ProblemError as error:
            self._refusal = error.problem
        except Exception as error:  # noqa: BLE001  # reason: the worker's outermost boundary: the engine must hear of it
            self._refusal = defect(error)

    def _finish(self) -> None:
        """Every object has its result: do the remaining work, once."""
        if self._prepared and self._finishing is None:
            self._finishing = asyncio.create_task(_finish(self._prepared), name="cluster-finish")

    def _start(self, number: int) -> None:
        """Begin a range, once only, when its task runs, it is granted, and everything is ready."""
        grant = self._grants.get(number)
        if grant is None or number not in self._started or self._over[number].is_set():
            return
        if number in self._tasks or self._prepared is None or self._sides is None or self._stopping:
            return
        self._uploads.hold(grant.uploads)
        run = self._runs[number] = RangeRun(
            grant,
            self._record(),
            self._prepared,
            self._sides,
            self._context(asks=not grant.keys),
            self._outbox,
            self._over[number].set,  # the next task may begin its range while the last objects are in progress
        )
        task = asyncio.create_task(self._carry_out(grant, run), name=f"range-{grant.number}")
        self._tasks[grant.number] = task
        task.add_done_callback(lambda _: self._done(grant.number))

    async def _carry_out(self, grant: RangeTask, run: RangeRun) -> None:
        try:
            await run.carry_out()
        except Interrupted as interruption:
            self._outbox.put(
                Left(grant.number, False, None, interruption.problem, interruption.connection), urgent=True
            )
        except Exception as error:  # noqa: BLE001  # reason: the task's boundary: the engine must hear of it
            self._outbox.put(Left(grant.number, False, None, defect(error), ""), urgent=True)

    def _done(self, number: int) -> None:
        self._tasks.pop(number, None)
        self._runs.pop(number, None)
        self._grants.pop(number, None)
        self._over[number].set()

    def _record(self) -> TransferRecord:
        if self._setup is None:
            raise AssertionError("a range comes after the setup")
        return TransferRecord(
            id=self._transfer, order=self._setup.order, state=TransferState.RUNNING, submitted=self._setup.submitted
        )

    def _context(self, *, asks: bool = True) -> QueueContext:
        return QueueContext(
            open_store=self._own.open,
            owner_of=self._owner_of,
            journal=ToldJournal(self._outbox, asks=asks),
            retries=self._retries,
            limits=self._limits,
            shared=self._shared,
            conflicts=NobodyAnswers(),
            changed=lambda: None,
            state_changed=lambda: None,
            report=lambda _: None,
            recognises=True,
        )

    async def _owner_of(self, connection: str) -> Owner | None:
        return self._setup.owners.get(connection) if self._setup else None


class NobodyAnswers(PendingConflicts):
    """Leaves every conflict undecided: no user is here."""

    async def ask(self, _: Conflict) -> ConflictPolicy:
        return ConflictPolicy.ASK


async def _finish(prepared: Prepared) -> None:
    with suppress(Interrupted, ProblemError):  # a failure now changes no result
        await prepared.work.finish()
