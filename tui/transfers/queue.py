"""The queue: all transfers of an engine, on one event loop."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable

from tui.model.plan import CopyOrder
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import Conflict, ConflictAnswer, ObjectResult, TransferList
from tui.stores.base import Store
from tui.transfers.changes import Changes
from tui.transfers.conflicts import ConflictDesk
from tui.transfers.job import Job
from tui.transfers.limits import TransferLimits
from tui.transfers.moving import Gates
from tui.transfers.ownership import Owners
from tui.transfers.parts import relay_sizing, server_side_sizing
from tui.transfers.sides import Sides


class TransferQueue:
    """Carries out copies, many at once within the limits, fairly among them. Used from one event loop."""

    def __init__(
        self, limits: TransferLimits | None = None, report: Callable[[Problem], None] = lambda _: None
    ) -> None:
        """`report` is told of every problem, of an object or a whole transfer, when it is met: for the log."""
        self._report = report
        self._limits = limits or TransferLimits()
        self._gates = Gates(self._limits)
        self._desk = ConflictDesk()
        self._changes = Changes()
        self._jobs: dict[str, Job] = {}

    def submit(self, order: CopyOrder, source: Store, target: Store, owners: Owners | None = None) -> str:
        """Start a copy; returns the transfer's id. The loop must be running.

        Raises `ProblemError` for an order that makes no sense: onto itself, or sizes outside S3's limits.
        """
        sides = Sides(order, source, target, owners or Owners())
        sides.refuse_nonsense()
        server_side_sizing(order.options)
        relay_sizing(order.options)
        job = Job(secrets.token_hex(4), sides, self._gates, self._desk, self._limits, self._changes.touch, self._report)
        self._forget_oldest()
        self._jobs[job.name] = job
        job.start()
        self._changes.touch()
        return job.name

    async def cancel(self, transfer: str) -> None:
        """Stop a transfer; returns when nothing of it runs and no upload of it is left. `ProblemError`: no such id."""
        await self._job(transfer).cancel()

    def watch(self) -> AsyncGenerator[TransferList]:
        """All transfers, now and on change, at most ten times a second; silent when nothing changes."""
        return self._changes.snapshots(self._snapshot, lambda transfers: transfers.rate > 0)

    def results(self, transfer: str) -> AsyncGenerator[ObjectResult]:
        """What became of each object, until the transfer's end; those long gone are not kept (`TransferLimits`).

        Raises `ProblemError` at once if there is no such transfer.
        """
        return self._job(transfer).results.follow()

    def conflicts(self) -> AsyncGenerator[list[Conflict]]:
        """All conflicts that wait for a decision, now and on change."""
        return self._desk.watch()

    def answer(self, answer: ConflictAnswer) -> None:
        """Decide a conflict; raise `ProblemError` if the answer decides nothing."""
        self._desk.answer(answer)

    async def close(self) -> None:
        """Cancel everything; returns when no upload is left. Those who watch come to their end."""
        await asyncio.gather(*(job.cancel() for job in self._jobs.values()))
        self._desk.end()
        self._changes.end()

    def _job(self, transfer: str) -> Job:
        if transfer not in self._jobs:
            raise ProblemError(Problem(kind=ProblemKind.INVALID, title=f"there is no transfer {transfer}"))
        return self._jobs[transfer]

    def _snapshot(self) -> TransferList:
        transfers = [job.snapshot() for job in self._jobs.values()]
        return TransferList(transfers, sum(transfer.rate for transfer in transfers))

    def _forget_oldest(self) -> None:
        ended = [name for name, job in self._jobs.items() if job.ended]
        for name in ended[: max(0, len(ended) - self._limits.kept_transfers + 1)]:
            del self._jobs[name]
