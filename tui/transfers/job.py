"""A transfer's life: it runs, is stopped and taken up again, waits, is tried again, and ends with nothing left behind.

Whatever stops it, the user's pause, an identity that is out, the engine's end or its death, is the same: its tasks
stop, its uploads are kept, the journal says where it stood, and it is taken up from there. Only a cancel clears up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

from msgspec.structs import replace

from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import Limits, ObjectResult, Outcome, Transfer, TransferState
from tui.transfers import departing
from tui.transfers.cancellation import finish
from tui.transfers.journal import TransferRecord
from tui.transfers.ledger import Ledger
from tui.transfers.leftovers import Leftovers
from tui.transfers.office import Office
from tui.transfers.preparing import Ends, open_ends, prepare
from tui.transfers.reach import Reach
from tui.transfers.receipts import receipt_of, write_receipt
from tui.transfers.results import Results
from tui.transfers.run import Run
from tui.transfers.upload_book import UploadBook, kept_bytes
from tui.transfers.weather import Interrupted
from tui.transfers.work import defect

_AT_WORK = (TransferState.RUNNING, TransferState.ASKING)


class Job:
    """One transfer. Its controls may be called at any time, and each returns when what it asks for is so."""

    def __init__(self, record: TransferRecord, office: Office, *, again: bool) -> None:
        """`again`: the record is from the journal; `take_up` comes first."""
        self.name, self.order, self.position = record.id, record.order, record.position
        self.ledger = Ledger(record, office.limits)
        self.results = Results(record.id, office.journal)
        self._office = office
        self._reach = Reach(record.cursor)
        self._book = UploadBook(record.id, office.journal)
        self._again, self._retrying = again, record.retrying
        self._cancelled = self._stopping = False
        self._control = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        if record.decided:
            office.desk.decide(record.id, record.decided)
        if self.ended:
            self.results.end()

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.ledger.state.ended

    @property
    def needs_engine(self) -> bool:
        """Whether it goes on, or will, without anybody doing anything about it."""
        return self.ledger.state in (TransferState.QUEUED, TransferState.RUNNING, TransferState.WAITING)

    @property
    def uploads(self) -> list[str]:
        """The ids of its uploads that have not ended."""
        return [record.upload for record in self._book.open if record.upload]

    def snapshot(self) -> Transfer:
        """The transfer as it stands. One that cannot write down what it does waits for its journal."""
        trouble = self._office.journal.trouble
        if trouble is None or self.ledger.state not in (TransferState.QUEUED, *_AT_WORK):
            return self.ledger.snapshot()
        return replace(self.ledger.snapshot(), state=TransferState.WAITING, waits_for=trouble, rate=0.0, eta=None)

    def record(self) -> TransferRecord:
        """What the journal keeps of it."""
        record = self.ledger.record(self._reach.cursor, self.position, retrying=self._retrying)
        return replace(record, decided=self._office.desk.decided(self.name))

    def save(self) -> None:
        """Have the journal keep it as it stands."""
        self._office.journal.save(self.record())

    async def take_up(self) -> None:
        """Go by what the journal holds."""
        journal = self._office.journal
        uploads = await journal.uploads(self.name)
        if journal.trouble:
            written = {record.row for record in uploads}
            uploads += [record for record in self._book.open if record.row not in written]
        self._book = UploadBook(self.name, journal, uploads)
        counts = await journal.counts(self.name)
        self.ledger.take_up(counts, kept_bytes(uploads), retrying=self._retrying)
        if self._retrying:
            self.results.retry(await journal.last_result(self.name))
        elif counts.objects.get(Outcome.FAILED) and not self.ledger.problem:
            self.ledger.problem = await self._first_problem()  # met after the record was kept last
        self._office.changed()

    def start(self, ends: Ends | None = None) -> None:
        """Begin, or go on, in the background; `ends` if they have just been opened."""
        self._office.gates.limit(self.ledger.limits, self.name)
        self._stand(TransferState.QUEUED)
        self._stopping = False
        self._task = asyncio.create_task(self._live(ends), name=f"transfer-{self.name}")

    async def pause(self) -> None:
        """Stop, to go on later. Harmless when it has ended."""
        await finish(self._pause())

    async def resume(self) -> None:
        """Go on; one that waits looks at once whether it can."""
        async with self._control:
            if self.ledger.state is TransferState.PAUSED:
                self.start()
            elif self.ledger.state is TransferState.WAITING and self._office.weather:
                self._office.weather.hurry()

    async def cancel(self) -> None:
        """Stop for good: every upload is aborted, or said to stay behind. Harmless when it has ended."""
        await finish(self._cancel())

    async def retry(self) -> None:
        """Try what failed or was cancelled again, and go on where it was cancelled. `ProblemError`: not ended yet."""
        await finish(self._retry())

    async def suspend(self) -> None:
        """The engine ends: stop, and stand in the journal as one that goes on."""
        await finish(self._suspend())

    def limit(self, limits: Limits) -> None:
        """Change its bounds at once; raise `ProblemError` for bounds below 1."""
        self._office.gates.limit(limits, self.name)
        self.ledger.limits = limits
        self.save()
        self._office.changed()

    async def _first_problem(self) -> Problem | None:
        async with aclosing(self._office.journal.results(self.name, failed=True)) as results:
            async for result in results:
                if result.problem:
                    return result.problem
        return None

    async def _pause(self) -> None:
        async with self._control:
            if self.ended or self.ledger.state is TransferState.PAUSED:
                return
            await self._stop()
            if not self.ended:
                await self._put_down(TransferState.PAUSED)

    async def _suspend(self) -> None:
        async with self._control:
            await self._stop()
            if not self.ended:
                self.save()

    async def _cancel(self) -> None:
        async with self._control:
            self._cancelled = True
            await self._stop()
            if not self.ended:
                await self._clear(Leftovers(self._office.open_store, self._office.owner_of, self._book))
                await self._end(cancelled=True)
            self._cancelled = False

    async def _retry(self) -> None:
        async with self._control:
            if not self.ended:
                raise ProblemError(
                    Problem(
                        kind=ProblemKind.INVALID,
                        title="only a transfer that has ended can be tried again",
                        remedy="wait for its end, or cancel it",
                    )
                )
            self._again = self._retrying = True
            self.ledger.problem = None
            self.results.reopen()
            await self.take_up()
            self.start()

    async def _stop(self) -> None:
        """Returns when nothing of it runs."""
        if self._task and not self._task.done():
            self._stopping = True
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _put_down(self, state: TransferState, waits_for: Problem | None = None) -> None:
        self._again = True
        self._stand(state, waits_for)
        await self.take_up()

    def _stand(self, state: TransferState, waits_for: Problem | None = None) -> None:
        self.ledger.stand(state, waits_for)
        self.save()
        self._office.stands()
        self._office.changed()

    async def _live(self, ends: Ends | None) -> None:
        try:
            while True:
                try:
                    await self._go(ends or await open_ends(self.order, self._office.patient))
                    break
                except Interrupted as interruption:
                    ends = None
                    await self._wait_out(interruption)
        except ProblemError as error:
            if error.problem.kind is ProblemKind.NO_PROFILE and self._again:
                await self._put_down(TransferState.PAUSED, error.problem)
                return
            self._fail(error.problem)
        except Exception as error:  # noqa: BLE001  # reason: the transfer's outermost boundary: its watchers must hear of its end
            self._fail(defect(error))
        await self._come_to_end()

    async def _go(self, ends: Ends) -> None:
        if self._again:
            await self._office.journal.writable()
            await self.take_up()
        self.ledger.identities = (ends.source.label, ends.target.label if ends.target else "")
        prepared = await prepare(self.name, self.order, ends, self.ledger, self._book, self._office)
        if self._again:
            self._note_settled(await prepared.settle())
        run = Run(
            self.name,
            self.order.selection,
            prepared,
            self.ledger,
            self._reach,
            self.results,
            self._office,
            again=self._again,
            cancelled=lambda: self._cancelled,
            save=self.save,
        )
        await run.carry_out(retrying=self._retrying)
        await self._clear(Leftovers(self._office.patient, self._office.owner_of, self._book))

    def _note_settled(self, results: Sequence[ObjectResult]) -> None:
        """These had almost ended when the transfer was interrupted, and now they have."""
        for result in results:
            self.ledger.settle(result)
            if result.problem:
                self._office.report(result.problem)
        if results:
            self.save()
            self.results.touch()
            self._office.changed()

    async def _clear(self, leftovers: Leftovers) -> None:
        """Nobody takes up what is still open: the bytes it holds are not at the target."""
        self.ledger.arrived(-kept_bytes(self._book.unclaimed), moved=False)
        for note in await leftovers.clear(self._book.open):
            self.ledger.note(note)

    async def _wait_out(self, interruption: Interrupted) -> None:
        """Everything has stopped and nothing is held: wait until it can go on."""
        # A task group puts a failure of its tasks before a cancellation, and Python 3.11 leaves `cancelling` at 1
        # after a failure while the group was ending: neither tells whether this task was stopped.
        if self._stopping or self._office.weather is None:
            raise asyncio.CancelledError  # it was stopped in the same moment
        self._office.report(interruption.problem)
        await self._put_down(TransferState.WAITING, interruption.problem)
        await self._office.weather.better(interruption, self._wait_for)
        self._stand(TransferState.QUEUED)

    def _wait_for(self, problem: Problem) -> None:
        """What it waits for may become another: the network is back, and now a code is needed."""
        known = self.ledger.waits_for
        if known is None or (known.kind, known.needs) != (problem.kind, problem.needs):
            self._office.report(problem)
            self._stand(TransferState.WAITING, problem)

    async def _come_to_end(self) -> None:
        """Nothing is said to be done before it is on disk."""
        journal = self._office.journal
        while not await journal.settled():
            self._office.changed()
            await journal.writable()
        await finish(self._end(cancelled=False))

    async def _leave_receipt(self, *, cancelled: bool) -> None:
        """Write the receipt that was asked for; a second end, after a retry, finds the first one's and says so."""
        if path := receipt_of(self.order):
            try:
                await write_receipt(self._office.journal, self.ledger.final(cancelled=cancelled), path)
            except ProblemError as error:
                self.ledger.note(error.problem.sentence())
                self._office.report(error.problem)

    def _fail(self, problem: Problem) -> None:
        self.ledger.fail(problem)
        self._office.report(problem)

    async def _close_departures(self) -> None:
        """Nobody goes on with what had almost ended: it has its result all the same."""
        try:
            self._note_settled(await departing.close(self.name, self._office.journal))
        except ProblemError as error:
            self.ledger.note(error.problem.sentence())
            self._office.report(error.problem)

    async def _end(self, *, cancelled: bool) -> None:
        await self._close_departures()
        await self._leave_receipt(cancelled=cancelled)  # it is there when the end is seen
        self.ledger.end(cancelled=cancelled)
        self._retrying = False
        self._office.gates.forget(self.name)
        self._office.desk.forget(self.name)
        self.save()
        self.results.end()
        self._office.stands()
        self._office.changed()
