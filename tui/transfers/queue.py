"""The queue: all transfers of an engine, on one event loop."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import suppress

from tui.model.identity import Owner
from tui.model.plan import Order
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import Conflict, ConflictAnswer, Limits, ObjectResult, TransferList, TransferState
from tui.stores.base import Store
from tui.transfers.changes import Changes
from tui.transfers.conflicts import ConflictDesk
from tui.transfers.delivery import Gates, check_limits
from tui.transfers.job import Job
from tui.transfers.journal import Journal, TransferRecord
from tui.transfers.limits import TransferLimits
from tui.transfers.office import Office
from tui.transfers.preparing import open_ends, refuse_forbidden, refuse_nonsense
from tui.transfers.receipts import receipt_of, refuse_unusable, write_receipt
from tui.transfers.weather import Interrupted, Weather


class TransferQueue:
    """Carries out transfers, many at once within the limits, the earlier ones first. Used from one event loop."""

    def __init__(
        self,
        open_store: Callable[[str], Awaitable[Store]],
        owner_of: Callable[[str], Awaitable[Owner | None]],
        journal: Journal,
        weather: Weather | None = None,
        limits: TransferLimits | None = None,
        report: Callable[[Problem], None] = lambda _: None,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        """`open_store` and `owner_of` answer for a connection's id, or raise `ProblemError`; stores are not retried.

        `report` is told of every problem, of an object or a whole transfer, when it is met: for the log. `on_change` is
        called whenever `needed` or `unfinished` may have changed.
        """
        self._changes, self._desk = Changes(), ConflictDesk()
        self._bounds = limits or TransferLimits()
        self._gates = Gates(self._bounds)
        self._limits = Limits()
        self._journal = journal
        self._weather = weather
        self._jobs: dict[str, Job] = {}
        self._closed = False
        self._office = Office(
            open_store=open_store,
            owner_of=owner_of,
            journal=journal,
            weather=weather,
            limits=self._bounds,
            gates=self._gates,
            desk=self._desk,
            changed=self._changes.touch,
            stands=on_change,
            report=report,
        )

    async def start(self) -> None:
        """Take up what the journal holds; what was paused stays so. Raises `ProblemError` if it cannot be read."""
        for record in await self._journal.transfers():
            self._jobs[record.id] = Job(record, self._office, again=True)
        self._arrange()
        for job in self._in_order():
            await job.take_up()
            if not job.ended and job.ledger.state is not TransferState.PAUSED:
                job.start()

    async def submit(self, order: Order, limits: Limits | None = None) -> str:
        """Begin a transfer, within `limits` of its own; returns its id when it is in the journal, on disk.

        Raises `ProblemError` for an order that makes no sense or is forbidden, for limits below 1, for connections that
        cannot be opened, and when it cannot be written down.
        """
        limits = limits or Limits()
        check_limits(limits)
        ends = await open_ends(order, self._office.sheltered)
        refuse_nonsense(order, ends)
        with suppress(Interrupted):  # who it is cannot be found out now: it waits for that, and is judged then
            await refuse_forbidden(order, ends)
        if receipt := receipt_of(order):
            refuse_unusable(receipt)
        record = TransferRecord(
            id=secrets.token_hex(4),
            order=order,
            state=TransferState.QUEUED,
            position=max((job.position for job in self._jobs.values()), default=0.0) + 1,
            submitted=time.time(),
            limits=limits,
            source_identity=ends.source.label,
            target_identity=ends.target.label if ends.target else "",
        )
        await self._journal.add(record)
        job = self._jobs[record.id] = Job(record, self._office, again=False)
        self._arrange()
        job.start(ends)
        await self._forget_oldest()
        return job.name

    async def pause(self, transfers: Sequence[str] = ()) -> None:
        """Stop these, or all; returns when nothing of them runs. Their uploads are kept. `ProblemError`: no such id."""
        await asyncio.gather(*(job.pause() for job in self._named(transfers)))

    async def resume(self, transfers: Sequence[str] = ()) -> None:
        """Let these go on, or all that are paused or wait. `ProblemError`: no such id."""
        for job in self._named(transfers):
            await job.resume()

    async def cancel(self, transfers: Sequence[str] = ()) -> None:
        """Stop these, or all, for good; returns when no upload of them is left. `ProblemError`: no such id."""
        await asyncio.gather(*(job.cancel() for job in self._named(transfers)))

    async def retry(self, transfer: str) -> None:
        """Try the failed and cancelled objects of an ended transfer again. `ProblemError`: no such id, or not ended."""
        await self._job(transfer).retry()

    def move(self, transfer: str, before: str = "") -> None:
        """Put a transfer right before another one, or (empty) at the end of the queue. `ProblemError`: no such id."""
        job = self._job(transfer)
        others = [each for each in self._in_order() if each is not job]
        at = others.index(self._job(before)) if before and before != transfer else len(others)
        if before == transfer:
            return
        below = others[at - 1].position if at else others[0].position - 2 if others else 0.0
        above = others[at].position if at < len(others) else below + 2
        job.position = (below + above) / 2
        job.save()
        self._arrange()
        self._changes.touch()

    async def forget(self, transfers: Sequence[str] = ()) -> None:
        """Remove these ended transfers, or all that have ended, from the list and the journal.

        `ProblemError`: no such id, or one has not ended.
        """
        jobs = self._named(transfers) if transfers else [job for job in self._jobs.values() if job.ended]
        if any(not job.ended for job in jobs):
            raise ProblemError(
                Problem(
                    kind=ProblemKind.INVALID, title="only ended transfers can be forgotten", remedy="cancel it first"
                )
            )
        await self._remove(jobs)

    def set_limits(self, limits: Limits, transfer: str = "") -> None:
        """Change the bounds of one transfer, or of all together, at once. `ProblemError`: no such id, or below 1."""
        if transfer:
            self._job(transfer).limit(limits)
            return
        self._gates.limit(limits)
        self._limits = limits
        self._changes.touch()

    @property
    def unfinished(self) -> int:
        """How many transfers have not ended."""
        return sum(not job.ended for job in self._jobs.values())

    @property
    def needed(self) -> bool:
        """Whether something goes on, or will, without a user: it runs, waits to run, or waits for better weather."""
        return any(job.needs_engine for job in self._jobs.values())

    def watch(self) -> AsyncGenerator[TransferList]:
        """All transfers, now and on change, at most ten times a second; silent when nothing changes."""
        return self._changes.snapshots(self._snapshot, lambda transfers: transfers.rate > 0)

    def results(self, transfer: str) -> AsyncGenerator[ObjectResult]:
        """What became of each object, in the order of finishing, until the transfer's end.

        Raises `ProblemError` at once if there is no such transfer.
        """
        return self._job(transfer).results.follow()

    async def export(self, transfer: str, path: str, *, failed: bool = False) -> int:
        """Write the receipt of a transfer to a file; returns how many objects it names. Raises `ProblemError`."""
        return await write_receipt(self._journal, self._job(transfer).snapshot(), path, failed=failed)

    async def known_uploads(self, bucket: str) -> set[str]:
        """The ids of all uploads in a bucket that were begun here and have not ended. Raises `ProblemError`."""
        return await self._journal.known_uploads(bucket)

    def active_uploads(self) -> set[str]:
        """The ids of the uploads that transfers need, which have not ended."""
        return {upload for job in self._jobs.values() if not job.ended for upload in job.uploads}

    def conflicts(self) -> AsyncGenerator[list[Conflict]]:
        """All conflicts that wait for a decision, now and on change."""
        return self._desk.watch()

    def answer(self, answer: ConflictAnswer) -> None:
        """Decide a conflict; raise `ProblemError` if the answer decides nothing."""
        self._desk.answer(answer)
        if answer.for_all:
            for job in self._jobs.values():
                job.save()

    async def close(self) -> None:
        """Put everything down, to be taken up from the journal, and close that. Those who watch come to their end."""
        if self._closed:
            return
        self._closed = True
        await asyncio.gather(*(job.suspend() for job in self._jobs.values()))
        for job in self._jobs.values():
            job.results.abandon()
        self._desk.end()
        self._changes.end()
        await self._journal.close()

    def _job(self, transfer: str) -> Job:
        if transfer not in self._jobs:
            raise ProblemError(Problem(kind=ProblemKind.INVALID, title=f"there is no transfer {transfer}"))
        return self._jobs[transfer]

    def _named(self, transfers: Sequence[str]) -> list[Job]:
        return [self._job(transfer) for transfer in transfers] or self._in_order()

    def _in_order(self) -> list[Job]:
        return sorted(self._jobs.values(), key=lambda job: job.position)

    def _arrange(self) -> None:
        self._gates.arrange([job.name for job in self._in_order()])

    def _snapshot(self) -> TransferList:
        transfers = [job.snapshot() for job in self._in_order()]
        return TransferList(transfers, sum(transfer.rate for transfer in transfers), self._limits)

    async def _forget_oldest(self) -> None:
        ended = sorted((job for job in self._jobs.values() if job.ended), key=lambda job: job.ledger.ended or 0.0)
        await self._remove(ended[: max(0, len(ended) - self._bounds.kept_transfers + 1)])

    async def _remove(self, jobs: Iterable[Job]) -> None:
        for job in jobs:
            self._jobs.pop(job.name, None)
            self._changes.touch()
            await self._journal.remove(job.name)
