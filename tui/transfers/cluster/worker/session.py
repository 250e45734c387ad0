"""One transfer in a worker: its connections, its ranges, and what it has to say."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from tui.accounts.connections import Connections
from tui.accounts.ids import connection_id
from tui.accounts.probing import probe
from tui.model.identity import Identity, IdentitySpec, Owner
from tui.model.problem import Problem, ProblemError
from tui.model.transfer import TransferState
from tui.stores.base import Store
from tui.stores.opening import open_store
from tui.transfers.cluster.talk import Grant, Keys, Left, Letter, Report, Setup
from tui.transfers.cluster.worker.journal import ToldJournal
from tui.transfers.cluster.worker.outbox import Outbox
from tui.transfers.cluster.worker.range_run import RangeRun, ToldProgress
from tui.transfers.copy.upload_records import TransferUploads
from tui.transfers.journal import TransferRecord
from tui.transfers.limits.bounds import TransferLimits
from tui.transfers.limits.shared import SharedLimits
from tui.transfers.order.ownership import Owners
from tui.transfers.order.sides import Sides, sides_of
from tui.transfers.queue.context import QueueContext
from tui.transfers.queue.object_work import defect
from tui.transfers.queue.pending_conflicts import PendingConflicts
from tui.transfers.queue.prepare import open_ends, prepare
from tui.transfers.queue.prepared import Prepared
from tui.transfers.retry import Interrupted, Retries


class Session:
    """What one worker does of one transfer. Used from the station's loop."""

    def __init__(self, transfer: str) -> None:
        self._transfer, self._run = transfer, ""
        self._outbox = Outbox()
        self._connections = Connections()
        self._retries = Retries(self._probe)
        self._given: dict[str, IdentitySpec] = {}
        self._shared = SharedLimits(TransferLimits())
        self._journal = ToldJournal(self._outbox)
        self._uploads = TransferUploads(transfer, self._journal)
        self._setup: Setup | None = None
        self._prepared: Prepared | None = None
        self._sides: Sides | None = None
        self._identities: dict[str, Identity] = {}
        self._refusal: Interrupted | Problem | None = None
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._making: asyncio.Task[None] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._finishing: asyncio.Task[None] | None = None
        self._grants: dict[int, Grant] = {}
        self._started: set[int] = set()
        self._over: dict[int, asyncio.Event] = {}
        self._heard = asyncio.get_running_loop().time()
        self._lease = 10.0
        self.ended = False

    def begin(self, number: int) -> asyncio.Event:
        """The task of a range runs now: the range is begun when it is granted, too. The event says that it is over."""
        self._started.add(number)
        self._start(number)
        return self._event(number)

    def _event(self, number: int) -> asyncio.Event:
        return self._over.setdefault(number, asyncio.Event())

    async def exchange(self, letter: Letter) -> Report:
        """Take a letter, and report."""
        self._heard, self._lease = asyncio.get_running_loop().time(), letter.lease
        if letter.run != self._run:
            await self._begin_run(letter)
        self._outbox.seen(letter.seen)
        if letter.setup is not None:
            self._given = letter.setup.given
        self._take_keys(letter.keys)
        for reply in letter.replies:
            self._outbox.reply(reply.question, reply.value)
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
        quiet = self._is_quiet()
        if letter.end and quiet and self._outbox.empty:
            self.ended = True
        refusal = self._refusal
        return Report(
            first=self._outbox.first,
            items=items,
            ready=self._prepared is not None,
            quiet=quiet,
            identities=self._identities,
            problem=refusal.problem if isinstance(refusal, Interrupted) else refusal,
            connection=refusal.connection if isinstance(refusal, Interrupted) else "",
        )

    def _take_grants(self, grants: Sequence[Grant]) -> None:
        """Begin what is granted. Every letter names all grants: a task whose range is not among them is not wanted."""
        for grant in grants:
            self._grants[grant.number] = grant
        for number in self._started - self._grants.keys():
            self._event(number).set()
        for number in list(self._grants):
            self._start(number)

    def _is_quiet(self) -> bool:
        finishing = self._finishing is not None and not self._finishing.done()
        return not self._tasks and self._stopping is None and not finishing

    def _take_keys(self, given: Sequence[Keys]) -> None:
        for keys in given:
            if spec := self._given.get(keys.connection):
                self._connections.give_keys(
                    keys.access_key,
                    keys.secret,
                    keys.session_token,
                    endpoint=spec.endpoint or "",
                    named=spec.access_key,
                )

    def stop(self) -> None:
        """Stop all ranges; what they have to say stays."""
        if self._stopping is None and self._tasks:
            self._stopping = asyncio.create_task(self._stop(), name="cluster-stop")
        self._grants.clear()
        for event in self._over.values():
            event.set()

    async def leave(self) -> None:
        """Stop all ranges, and say of each that it was not done: an engine that only slept gives it to somebody."""
        numbers = list(self._grants)
        self.stop()
        if self._stopping:
            await asyncio.wait([self._stopping])
        for number in numbers:
            self._outbox.put(Left(number, False, None, None, ""), urgent=True)

    def forsaken(self) -> bool:
        """Whether no letter has come for so long that the engine may have given the ranges to others."""
        return asyncio.get_running_loop().time() - self._heard > self._lease

    async def close(self) -> None:
        """End everything."""
        self.stop()
        if self._stopping:
            await asyncio.wait([self._stopping])
        if self._making:
            self._making.cancel()
            await asyncio.wait([self._making])
        await self._retries.close()
        await self._connections.close()

    async def _begin_run(self, letter: Letter) -> None:
        self._run = letter.run
        self.stop()
        if self._stopping:
            await asyncio.wait([self._stopping])
        if self._making:
            self._making.cancel()
            await asyncio.wait([self._making])
        self._making = self._prepared = self._refusal = None
        self._identities, self._over, self._grants = {}, {}, {}
        self._started.clear()
        self._uploads = TransferUploads(self._transfer, self._journal)

    async def _stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        self._stopping = None

    async def _make(self, setup: Setup) -> None:
        """Open the connections, and make everything ready."""
        self._setup = setup
        order = setup.order
        context = self._context()
        try:
            for name in dict.fromkeys((order.selection.connection, order.destination.connection)):
                self._identities[name] = await self._connections.identity(self._name(name))
            ends = await open_ends(order, context.open_or_interrupt)
            target = ends.target or ends.source
            owners = Owners(
                setup.owners.get(order.selection.connection), setup.owners.get(order.destination.connection)
            )
            self._sides = await sides_of(order, ends.source, target, owners)
            progress = ToldProgress(self._record(), context.limits, self._outbox)
            self._prepared = await prepare(self._transfer, order, ends, progress, self._uploads, context, again=False)
        except Interrupted as interruption:
            self._refusal = interruption
        except ProblemError as error:
            self._refusal = error.problem
        except Exception as error:  # noqa: BLE001  # reason: the worker's outermost boundary: the engine must hear of it
            self._refusal = defect(error)

    def _finish(self) -> None:
        """Every object has its result: do what is left to be done, once."""
        if self._prepared and self._finishing is None:
            self._finishing = asyncio.create_task(_finish(self._prepared), name="cluster-finish")

    def _start(self, number: int) -> None:
        """Begin a range once its task runs, it is granted, and everything is ready; never twice."""
        grant = self._grants.get(number)
        if grant is None or number not in self._started or self._event(number).is_set():
            return
        if number in self._tasks or self._prepared is None or self._sides is None or self._stopping:
            return
        self._uploads.hold(grant.uploads)
        run = RangeRun(
            grant, self._record(), self._prepared, self._sides, self._context(asks=not grant.keys), self._outbox
        )
        task = asyncio.create_task(self._carry_out(grant, run), name=f"range-{grant.number}")
        self._tasks[grant.number] = task
        task.add_done_callback(lambda _: self._done(grant.number))

    async def _carry_out(self, grant: Grant, run: RangeRun) -> None:
        try:
            await run.carry_out()
        except Interrupted as interruption:
            self._outbox.put(
                Left(grant.number, False, None, interruption.problem, interruption.connection), urgent=True
            )
        except Exception as error:  # noqa: BLE001  # reason: as above
            self._outbox.put(Left(grant.number, False, None, defect(error), ""), urgent=True)

    def _done(self, number: int) -> None:
        del self._tasks[number]
        self._grants.pop(number, None)
        self._event(number).set()

    def _record(self) -> TransferRecord:
        if self._setup is None:
            raise AssertionError("a range comes after the setup")
        return TransferRecord(
            id=self._transfer, order=self._setup.order, state=TransferState.RUNNING, submitted=self._setup.submitted
        )

    def _context(self, *, asks: bool = True) -> QueueContext:
        return QueueContext(
            open_store=self._open,
            owner_of=self._owner_of,
            journal=ToldJournal(self._outbox, asks=asks),
            retries=self._retries,
            limits=TransferLimits(),
            shared=self._shared,
            conflicts=PendingConflicts(),
            changed=lambda: None,
            state_changed=lambda: None,
            report=lambda _: None,
            recognises=True,
        )

    def _name(self, connection: str) -> str:
        """What a connection of the engine is here."""
        spec = self._given.get(connection)
        return connection if spec is None else connection_id(spec)

    async def _open(self, connection: str) -> Store:
        return await open_store(self._connections, self._name(connection), attempts=1)

    async def _probe(self, connection: str) -> None:
        await probe(self._connections, self._name(connection))

    async def _owner_of(self, connection: str) -> Owner | None:
        return self._setup.owners.get(connection) if self._setup else None


async def _finish(prepared: Prepared) -> None:
    with suppress(Interrupted, ProblemError):  # what cannot be done now changes no result
        await prepared.work.finish()
