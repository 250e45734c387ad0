"""What can be done to transfers: asked about first where something is lost, and answered with a word."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from textual.content import Content
from textual.widget import Widget

from tui.core.engines import BATCH
from tui.core.problem import ProblemError, ProblemKind
from tui.core.transfer import Limits, Transfer, TransferKind, TransferState
from tui.features.verify.screen import VerificationScreen
from tui.kit.dialog import ConfirmScreen
from tui.kit.lines import outside
from tui.link.request import Request
from tui.link.session import EngineAccess
from tui.messages.batch_requests import ConfirmJob, SetJobPriority
from tui.messages.order_requests import (
    CancelTransfers,
    ExportReceipt,
    ForgetTransfers,
    MoveTransfer,
    PauseTransfers,
    ResumeTransfers,
    RetryTransfer,
    SetLimits,
)
from tui.text.format import counted, number, visible
from tui.ui.transfers.limits import LimitsScreen, PriorityScreen
from tui.ui.transfers.receipt import ReceiptScreen
from tui.ui.transfers.words import DONE_WORDS, ends, limits_words

A = TypeVar("A")


class TransferControl:
    """The actions of the panel and of one transfer's screen. Each is to be awaited in a worker of its own."""

    def __init__(self, owner: Widget, engine: EngineAccess) -> None:
        """`owner` is the node that shows questions and notices."""
        self._owner, self._engine = owner, engine

    async def toggle(self, transfer: Transfer) -> None:
        """Pause it, or resume a paused one; a job that waits for it begins."""
        if transfer.state.ended:
            self._refuse("it has already ended")
        elif transfer.waits_for and transfer.waits_for.kind is ProblemKind.CONFIRMATION:
            await self._confirm(transfer)
        elif transfer.state is TransferState.PAUSED:
            await self._ask(ResumeTransfers([transfer.id]))
        else:
            await self._ask(PauseTransfers([transfer.id]))

    async def _confirm(self, transfer: Transfer) -> None:
        """Ask, then have its job begin."""
        where = outside(transfer.elsewhere)
        question = Content.assemble(outside(ends(transfer)), "\n\n", where, "\n\nIt cannot be paused then.")
        if await self._confirmed("Begin the job?", question, "Begin"):
            await self._ask(ConfirmJob(transfer.id))

    async def toggle_all(self, transfers: Sequence[Transfer]) -> None:
        """Pause all, or resume all if none is active."""
        left = [transfer for transfer in transfers if not transfer.state.ended]
        if not left:
            self._refuse("no transfer is running")
        elif all(transfer.state is TransferState.PAUSED for transfer in left):
            await self._ask(ResumeTransfers([]))
        else:
            await self._ask(PauseTransfers([]))

    async def cancel(self, transfer: Transfer) -> None:
        """Ask, then have it cancelled."""
        if transfer.state.ended:
            self._refuse("it has already ended")
            return
        kept = f"{number(transfer.objects_done)} of {counted(transfer.objects_total, 'object')}"
        words = (
            f"\n\n{kept} are already {DONE_WORDS[transfer.kind]} and stay so. Parts of unfinished objects are deleted."
        )
        question = Content.assemble(outside(ends(transfer)), words)
        if await self._confirmed("Cancel this transfer?", question, "Cancel transfer"):
            await self._ask(CancelTransfers([transfer.id]))

    async def cancel_all(self, transfers: Sequence[Transfer]) -> None:
        """Ask once, then have all cancelled that have not ended."""
        left = [transfer for transfer in transfers if not transfer.state.ended]
        if not left:
            self._refuse("no transfer is running")
            return
        question = Content("Completed objects stay. Parts of unfinished objects are deleted.")
        if await self._confirmed(f"Cancel {counted(len(left), 'transfer')}?", question, "Cancel all"):
            await self._ask(CancelTransfers([transfer.id for transfer in left]))

    async def retry(self, transfer: Transfer) -> None:
        """Try again what failed or was cancelled."""
        if not transfer.state.ended:
            self._refuse("it has not ended yet")
        elif transfer.state is TransferState.DONE:
            self._refuse("it has no failed objects")
        else:
            await self._ask(RetryTransfer(transfer.id))

    async def move(self, transfer: Transfer, before: str | None) -> None:
        """Change its place in the queue: right before the other one, at the end (empty), nowhere (None)."""
        if transfer.state.ended:
            self._refuse("it has already ended")
        elif before is not None:
            await self._ask(MoveTransfer(transfer.id, before))

    async def limits(self, transfer: Transfer) -> None:
        """Ask for the limits of one transfer; they apply at once."""
        if transfer.state.ended:
            self._refuse("it has already ended")
        elif transfer.engine == BATCH:
            await self._prioritise(transfer)
        else:
            await self._limit(LimitsScreen(ends(transfer), transfer.limits), transfer.id)

    async def _prioritise(self, transfer: Transfer) -> None:
        """Ask for the priority of its job: S3 has no other limits of it."""
        priority = await self._owner.app.push_screen_wait(PriorityScreen(ends(transfer)))
        if priority is None:
            return
        if await self._ask(SetJobPriority(transfer.id, priority)) is not None:
            self._tell(f"priority {priority}")

    async def limits_all(self, limits: Limits) -> None:
        """Ask for the limits of all together; they apply at once."""
        await self._limit(LimitsScreen("all transfers together", limits), "")

    async def _limit(self, dialog: LimitsScreen, transfer: str) -> None:
        limits = await self._owner.app.push_screen_wait(dialog)
        if limits is None:
            return
        if await self._ask(SetLimits(limits, transfer)):
            self._tell(limits_words(limits) or "no limit")

    async def receipt(self, transfer: Transfer, *, failed: bool = False) -> None:
        """Ask for a path, then have the receipt written there; `failed` only what failed."""
        if failed and not transfer.objects_failed:
            self._refuse("it has no failed objects")
        elif not failed and not transfer.state.ended:
            self._refuse("it has not ended yet: write its receipt when it has")
        else:
            await self._write_receipt(transfer, ReceiptScreen(transfer, Path.cwd(), failed=failed), failed=failed)

    async def _write_receipt(self, transfer: Transfer, dialog: ReceiptScreen, *, failed: bool) -> None:
        path = await self._owner.app.push_screen_wait(dialog)
        if not path:
            return
        if written := await self._ask(ExportReceipt(transfer.id, path, failed)):
            self._tell(f"{counted(written.objects, 'object')} in {written.path}")

    async def verify(self, transfer: Transfer) -> None:
        """Verify what it has copied until now."""
        if transfer.kind in (TransferKind.COPY, TransferKind.MOVE, TransferKind.SYNC):
            await self._owner.app.push_screen_wait(VerificationScreen(self._engine, transfer))
        else:
            self._refuse("it has copied nothing: there is nothing to verify")

    async def forget(self, transfers: Sequence[Transfer]) -> None:
        """Ask, then take those that have ended off the list and out of the journal."""
        ended = [transfer for transfer in transfers if transfer.state.ended]
        if not ended:
            self._refuse("no ended transfers are shown")
            return
        question = Content("They are removed from the list and the journal; you can no longer write their receipts.")
        if await self._confirmed(f"Remove {counted(len(ended), 'ended transfer')}?", question, "Forget"):
            await self._ask(ForgetTransfers([transfer.id for transfer in ended]))

    async def _confirmed(self, title: str, question: Content, yes: str) -> bool:
        answer = await self._owner.app.push_screen_wait(ConfirmScreen(title, question, yes))
        return answer is True

    async def _ask(self, request: Request[A]) -> A | None:
        """The engine's answer; None if it failed, which is shown."""
        try:
            return await self._engine.ask(request)
        except ProblemError as error:
            self._owner.notify(visible(error.problem.sentence()), severity="error", markup=False)
            return None

    def _refuse(self, words: str) -> None:
        self._owner.notify(words, severity="warning", markup=False)

    def _tell(self, words: str) -> None:
        self._owner.notify(visible(words), markup=False)
