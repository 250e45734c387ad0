"""Pauses, cancels, retries and limits transfers; asks first where something would be lost."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing, suppress
from pathlib import Path
from typing import TypeVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Grid
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from tui.core.engines import BATCH
from tui.core.orders import MOST_PRIORITY
from tui.core.problem import ProblemError, ProblemKind
from tui.core.transfer import Limits, Transfer, TransferKind, TransferState
from tui.features.transfer_list.transfer_lines_view import ends, limits_words
from tui.features.verify.screen import VerificationScreen
from tui.kit.dialog import ConfirmScreen, Dialog, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, WARNING, hint, outside
from tui.link.request import Request
from tui.link.session import EngineAccess
from tui.messages import order_requests
from tui.messages.listing_requests import ListUndo
from tui.text import typed as typed_limits
from tui.text.format import SIZE_UNITS, counted, number, rate, visible
from tui.text.order_lines import done_word
from tui.text.typed import TypedError, receipt_path

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
            where = outside(transfer.elsewhere)
            question = Content.assemble(outside(ends(transfer)), "\n\n", where, "\n\nYou cannot pause it after that.")
            if await self._confirmed("Begin the job?", question, "Begin"):
                await self._ask(order_requests.ConfirmJob(transfer.id))
        elif transfer.state is TransferState.PAUSED:
            await self._ask(order_requests.ResumeTransfers([transfer.id]))
        else:
            await self._ask(order_requests.PauseTransfers([transfer.id]))

    async def toggle_all(self, transfers: Sequence[Transfer]) -> None:
        """Pause all, or resume all if none is active."""
        left = [transfer for transfer in transfers if not transfer.state.ended]
        if not left:
            self._refuse("no transfer is running")
        elif all(transfer.state is TransferState.PAUSED for transfer in left):
            await self._ask(order_requests.ResumeTransfers([]))
        else:
            await self._ask(order_requests.PauseTransfers([]))

    async def cancel(self, transfer: Transfer) -> None:
        """Ask, then cancel it; remove one that has ended from the list."""
        if transfer.state.ended:
            await self.forget([transfer])
            return
        kept = f"{number(transfer.objects_done)} of {counted(transfer.objects_total, 'object')}"
        words = f"\n\n{kept} are already {done_word(transfer.kind)} and stay. Unfinished parts are deleted."
        question = Content.assemble(outside(ends(transfer)), words)
        if await self._confirmed("Cancel this transfer?", question, "Cancel transfer", lost=True):
            await self._ask(order_requests.CancelTransfers([transfer.id]))

    async def cancel_all(self, transfers: Sequence[Transfer]) -> None:
        left = [transfer for transfer in transfers if not transfer.state.ended]
        if not left:
            self._refuse("no transfer is running")
            return
        question = Content("Completed objects stay. Unfinished parts are deleted.")
        if await self._confirmed(f"Cancel {counted(len(left), 'transfer')}?", question, "Cancel all", lost=True):
            await self._ask(order_requests.CancelTransfers([transfer.id for transfer in left]))

    async def retry(self, transfer: Transfer) -> None:
        if not transfer.state.ended:
            self._refuse("it has not ended yet")
        elif transfer.state is TransferState.DONE:
            self._refuse("it has no failed objects")
        else:
            await self._ask(order_requests.RetryTransfer(transfer.id))

    async def move(self, transfer: Transfer, before: str | None) -> None:
        """Move it in the queue: before the other one, to the end (empty), nowhere (None)."""
        if transfer.state.ended:
            self._refuse("it has already ended")
        elif before is not None:
            await self._ask(order_requests.MoveTransfer(transfer.id, before))

    async def limits(self, transfer: Transfer) -> None:
        if transfer.state.ended:
            self._refuse("it has already ended")
        elif transfer.engine == BATCH:
            # S3 has no other limits of a job.
            priority = await self._owner.app.push_screen_wait(PriorityScreen(ends(transfer)))
            if (
                priority is not None
                and await self._ask(order_requests.SetJobPriority(transfer.id, priority)) is not None
            ):
                self._tell(f"priority {priority}")
        else:
            await self._limit(LimitsScreen(ends(transfer), transfer.limits), transfer.id)

    async def limits_all(self, limits: Limits) -> None:
        await self._limit(LimitsScreen("all transfers together", limits), "")

    async def _limit(self, dialog: LimitsScreen, transfer: str) -> None:
        limits = await self._owner.app.push_screen_wait(dialog)
        if limits is not None and await self._ask(order_requests.SetLimits(limits, transfer)) is not None:
            self._tell(limits_words(limits) or "no limit")

    async def receipt(self, transfer: Transfer, *, failed: bool = False) -> None:
        """Ask for a path, then have the receipt written there; `failed` only what failed."""
        if failed and not transfer.objects_failed:
            self._refuse("it has no failed objects")
        elif not failed and not transfer.state.ended:
            self._refuse("it has not ended yet: write its receipt when it has")
        else:
            path = await self._owner.app.push_screen_wait(ReceiptScreen(transfer, Path.cwd(), failed=failed))
            if path and (written := await self._ask(order_requests.ExportReceipt(transfer.id, path, failed))):
                self._tell(f"{counted(written.objects, 'object')} in {written.path}")

    async def verify(self, transfer: Transfer) -> None:
        if transfer.kind in (TransferKind.COPY, TransferKind.MOVE, TransferKind.SYNC):
            await self._owner.app.push_screen_wait(VerificationScreen(self._engine, transfer))
        else:
            self._refuse("nothing to verify: it has copied nothing")

    async def forget(self, transfers: Sequence[Transfer]) -> None:
        """Ask, then remove ended transfers from the list and the journal."""
        ended = [transfer for transfer in transfers if transfer.state.ended]
        if not ended:
            self._refuse("no ended transfers are shown")
            return
        lost = await self._undoable({transfer.id for transfer in ended})
        words = "This removes them from the list and the journal. You can then no longer write receipts."
        question = Content(f"{words} Their undo is lost, too." if lost else words)
        if await self._confirmed(f"Remove {counted(len(ended), 'ended transfer')}?", question, "Forget", lost=lost):
            await self._ask(order_requests.ForgetTransfers([transfer.id for transfer in ended]))

    async def _undoable(self, ids: set[str]) -> bool:
        """Whether one of these can still be undone; True if that cannot be found out."""
        with suppress(ProblemError):
            async with aclosing(self._engine.follow(ListUndo())) as entries:
                return any([entry.transfer.id in ids and entry.is_open async for entry in entries])
        return True

    async def _confirmed(self, title: str, question: Content, yes: str, *, lost: bool = False) -> bool:
        return await self._owner.app.push_screen_wait(ConfirmScreen(title, question, yes, lost=lost)) is True

    async def _ask(self, request: Request[A]) -> A | None:
        try:
            return await self._engine.ask(request)
        except ProblemError as error:
            self._owner.notify(visible(error.problem.sentence()), severity="error", markup=False)
            return None

    def _refuse(self, words: str) -> None:
        self._owner.notify(words, severity="warning", markup=False)

    def _tell(self, words: str) -> None:
        self._owner.notify(visible(words), markup=False)


WORDS = "Applies to data that passes this machine: relay, upload, download. Pull and push are server-side copies."

PRIORITY_WORDS = "S3 runs the account's jobs with a higher priority first."


class LimitsScreen(Dialog[Limits]):
    """Answers with both limits; if one is not valid, the reason is shown under it, and there is no answer."""

    def __init__(self, whose: str, limits: Limits) -> None:
        """`whose` may come from outside; `limits` are the current ones."""
        super().__init__()
        self._whose, self._limits = whose, limits

    def compose(self) -> ComposeResult:
        with Frame("Limits", id="limits"):
            yield Static(outside(self._whose))
            with Grid():
                yield Label("bytes per second")
                yield LineInput(rate_text(self._limits.rate), placeholder="no limit", compact=True, id="rate")
                yield Static(id="rate-means")
                yield Label("objects at once")
                yield LineInput(str(self._limits.objects or ""), placeholder="default", compact=True, id="objects")
                yield Static(id="objects-means")
            yield Static(f"500K   10M   1.5 MiB   empty or 0: no limit\n{WORDS}", classes="muted", markup=False)
            yield Static(hint(("enter", "applies now"), ("tab", "next field"), ("esc", "cancel")), classes="hints")

    @on(Input.Changed)
    def _changed(self) -> None:
        self._read()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        limits = self._read()
        if limits is not None:
            self.dismiss(limits)

    def _read(self) -> Limits | None:
        """The values of both lines; None, and the reason on screen, if one is not valid."""
        said: list[int | None] = []
        for name, parse, means in (
            ("rate", typed_limits.rate, _rate_means),
            ("objects", typed_limits.objects, _count_means),
        ):
            note = self.query_one(f"#{name}-means", Static)
            try:
                value = parse(self.query_one(f"#{name}", Input).value)
            except TypedError as error:
                note.update(outside(f"✗ {error}", BAD))
            else:
                said.append(value)
                note.update(Content(means(value)))
        return Limits(said[0], said[1]) if len(said) == 2 else None


class PriorityScreen(Dialog[int]):
    """Answers with a number; does not show the present one, which S3 may have changed."""

    def __init__(self, whose: str) -> None:
        """`whose` may come from outside."""
        super().__init__()
        self._whose = whose

    def compose(self) -> ComposeResult:
        with Frame("Priority of the job", id="priority-frame"):
            yield Static(outside(self._whose))
            yield LineInput(placeholder=f"0 to {MOST_PRIORITY:,}", compact=True, id="priority")
            yield Static(id="wrong")
            yield Static(PRIORITY_WORDS, classes="muted", markup=False)
            yield Static(hint(("enter", "applies now"), ("esc", "cancel")), classes="hints")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        typed = event.value.strip()
        if typed.isascii() and typed.isdigit() and int(typed) <= MOST_PRIORITY:
            self.dismiss(int(typed))
        else:
            self.query_one("#wrong", Static).update(outside(f"✗ write a number, 0 to {MOST_PRIORITY:,}", BAD))


def rate_text(limit: int | None) -> str:
    """An exact rate as a user types it: ``10 MiB``, ``1536 KiB``, ``1500 B``; empty without one."""
    if not limit:
        return ""
    power = max((n for n in range(len(SIZE_UNITS) + 1) if limit % 1024**n == 0), default=0)
    return f"{limit // 1024**power} {SIZE_UNITS[power - 1] if power else 'B'}"


def _rate_means(limit: int | None) -> str:
    return f"= {rate(limit)}" if limit else "no limit"


def _count_means(limit: int | None) -> str:
    return f"= {limit:,} at once" if limit else "the default applies"


class ReceiptScreen(Dialog[str]):
    """Answers with an absolute path in an existing directory; warns if a file would be replaced."""

    def __init__(self, transfer: Transfer, directory: Path, *, failed: bool = False) -> None:
        """`directory` is proposed; `failed` says that only failed objects are written."""
        super().__init__()
        self._transfer, self._directory, self._failed = transfer, directory, failed

    def compose(self) -> ComposeResult:
        with Frame("Export failed objects" if self._failed else "Write a receipt", id="receipt"):
            yield Static(outside(ends(self._transfer)))
            name = f"xs3-{'failed' if self._failed else 'receipt'}-{self._transfer.id}.jsonl"
            yield LineInput(str(self._directory / name), compact=True, id="path", select_on_focus=False)
            yield Static(id="message")
            words = "One JSON object per line: source, target, size, outcome, checksum compared, owner, times."
            yield Static(words, classes="muted")
            yield Static(hint(("enter", "write"), ("esc", "cancel")), classes="hints")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        message = self.query_one("#message", Static)
        try:
            path = read_path(event.value)
        except TypedError as error:
            message.update(outside(f"✗ {error}", BAD))
        else:
            message.update(outside("this file exists and will be replaced" if path.exists() else "", WARNING))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        with suppress(TypedError):  # it stands under the line already
            self.dismiss(str(read_path(event.value)))


def read_path(typed: str) -> Path:
    """The path that was typed, absolute; raise `TypedError` for one that no file can have."""
    if not typed.strip():
        raise TypedError("enter a file name")
    return Path(receipt_path(typed))
