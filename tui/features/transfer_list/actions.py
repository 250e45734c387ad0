"""The transfers on screen: the latest snapshot, the list, the strip below the panes, and toasts about what ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from textual.app import App

from tui.browser.context import BrowserContext
from tui.browser.needs import Needs
from tui.browser.pane_pair import PanePair
from tui.core.identity import AddressBook
from tui.core.location import LocationError, parse_location
from tui.core.problem import Problem, ProblemError
from tui.core.transfer import Conflict, ConflictAnswer, Transfer, TransferKind, TransferList, TransferState
from tui.features.transfer_list.screen import TransfersPanel, TransfersStrip
from tui.features.transfer_list.transfer_lines_view import ends, reason
from tui.kit.commands import key_of
from tui.messages.order_requests import AnswerConflict, CancelTransfers
from tui.text.format import counted, number
from tui.text.order_lines import done_word

if TYPE_CHECKING:
    from tui.features.transfer_list.conflict_screen import ConflictScreen


class Transfers:
    """Shows each snapshot, reports what has happened since the last one, and lists the places that changed."""

    def __init__(self, context: BrowserContext, panes: PanePair, needs: Needs) -> None:
        self._context, self._panes, self._needs = context, panes, needs
        self.latest = TransferList()
        """The latest snapshot."""
        self.when_ended: Callable[[Transfer], None] = lambda _transfer: None
        """Called with each transfer that has ended."""
        self.panel = TransfersPanel(context.engine, context.clock)
        self.panel.display = False
        self.strip = TransfersStrip()
        self._followed = False
        self._notices = NoticeQueue(App.NOTIFICATION_TIMEOUT)
        self._rest_is_due = False
        """Whether notices wait, and a timer runs for them."""

    def take(self, snapshot: TransferList) -> None:
        """Report what has happened since the last snapshot; with the first one, what it found under way."""
        before, self.latest = self.latest, snapshot
        if self._followed:
            known = {one.id for one in before.transfers if one.state.ended}
            for transfer in snapshot.transfers:
                if transfer.state.ended and transfer.id not in known:
                    self._refresh_places(transfer)
                    self.when_ended(transfer)
            self._tell(notices(before, snapshot))
        elif words := found(snapshot):
            self._context.tell(words)
        self._followed = True
        self.strip.transfers = snapshot
        self.panel.take(snapshot)

    def _refresh_places(self, transfer: Transfer) -> None:
        """List the target again; after a move or a deletion, the source, too."""
        uris = [transfer.target] if transfer.kind is TransferKind.COPY else [transfer.target, transfer.source]
        places = []
        for uri in uris:
            with suppress(LocationError):  # no pane can show it
                places.append(parse_location(uri))
        for pane in self._panes.every:
            pane.branches.refresh_below(*places)

    def _tell(self, pieces: Sequence[Notice] = ()) -> None:
        """Show these, and those that wait, as far as there is room; the rest when there is."""
        say = {"information": self._context.tell, "warning": self._context.warn, "error": self._context.error}
        for piece in self._notices.show(pieces, time.monotonic()):
            say[piece.gravity.value](piece.text, piece.title)
        wait = self._notices.wait(time.monotonic())
        if wait is not None and not self._rest_is_due:
            self._rest_is_due = True
            self._context.host.set_timer(wait, self._tell_rest)

    def _tell_rest(self) -> None:
        self._rest_is_due = False
        self._tell()

    def action_transfers(self) -> None:
        self.panel.display = not self.panel.display
        self.strip.covered = self.panel.display
        if self.panel.display:
            self.panel.take(self.latest)
            asking = [one.id for one in self.latest.transfers if one.state is TransferState.ASKING]
            self.panel.select(*asking[:1])
            self.panel.focus()
        else:
            self._panes.active.table.focus()

    def show_accents(self) -> None:
        panes = reversed(self._panes.every)
        self.panel.accents = {pane.identity.label: f"${pane.side}-accent" for pane in panes if pane.identity}
        known = [pane.identity for pane in self._panes.every if pane.identity]
        self.panel.connections = {identity.label: identity.connection for identity in known}

    def target_of(self, transfer: str) -> tuple[str, str]:
        """The connection of a transfer's target, empty if no pane has it, and what happens to its objects: ``move``."""
        found = next((one for one in self.latest.transfers if one.id == transfer), None)
        verb = "move" if found and found.kind is TransferKind.MOVE else "copy"
        return self.panel.connections.get(found.target_identity if found else "", ""), verb

    def show_names(self, book: AddressBook) -> None:
        self.panel.book = book

    def give(self, problem: Problem) -> None:
        """Ask for what a transfer needs; a user who does not want to give it sees the transfer in full."""
        self._needs.meet(problem, otherwise=self.panel.open_details)


class Gravity(StrEnum):
    """How severe a notice is."""

    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice. Both texts may contain names from outside."""

    title: str
    text: str
    gravity: Gravity


AT_ONCE = 2
"""The most notices on screen at once: each takes three lines or more."""


class NoticeQueue:
    """Limits how many notices are on screen at once; the rest are summed up in one when there is room."""

    def __init__(self, seconds: float) -> None:
        """A notice stays on screen for `seconds`. All times are of one clock."""
        self._seconds = seconds
        self._shown_until: list[float] = []
        """When each notice on screen goes."""
        self._held: list[Notice] = []

    def show(self, pieces: Iterable[Notice], now: float) -> list[Notice]:
        """The notices to show now, of these and of those that had to wait."""
        self._held += pieces
        self._shown_until = [until for until in self._shown_until if until > now]
        room = AT_ONCE - len(self._shown_until)
        if not room:
            return []
        held, self._held = self._held, []
        told = held if len(held) <= room else [*held[: room - 1], _summed_up(held[room - 1 :])]
        self._shown_until += [now + self._seconds] * len(told)
        return told

    def wait(self, now: float) -> float | None:
        """Seconds until `show` has room for those that wait; None if there are none."""
        return max(0.0, min(self._shown_until) - now) if self._held else None


def _summed_up(pieces: list[Notice]) -> Notice:
    failed = sum(piece.gravity is Gravity.ERROR for piece in pieces)
    parts = [f"{number(failed)} failed" if failed else "", "others are not running" if failed < len(pieces) else ""]
    text = " · ".join(part for part in (*parts, f"{key_of('transfers')}: show all") if part)
    gravity = Gravity.ERROR if failed else Gravity.WARNING
    return Notice(f"{counted(len(pieces), 'more notice')} of transfers", text, gravity)


def found(transfers: TransferList) -> str:
    """The transfers of earlier screens: ``2 transfers are under way, 1 is paused: t``; empty: none."""
    states = [transfer.state for transfer in transfers.transfers if not transfer.state.ended]
    paused, waiting = states.count(TransferState.PAUSED), states.count(TransferState.WAITING)
    counts = ((len(states) - paused - waiting, "under way"), (waiting, "waiting"), (paused, "paused"))
    parts = [f"{number(count)} {'is' if count == 1 else 'are'} {word}" for count, word in counts if count]
    if not parts:
        return ""
    first, *others = parts
    count, rest = first.split(" ", 1)
    noun = "transfer" if count == "1" else "transfers"
    return f"{', '.join([f'{count} {noun} {rest}', *others])}: {key_of('transfers')}"


def notices(before: TransferList, after: TransferList) -> list[Notice]:
    """Transfers that began to wait, paused or failed between two snapshots; one notice for each reason."""
    known = {transfer.id: transfer for transfer in before.transfers}
    changed = [one for one in after.transfers if one.id not in known or known[one.id].state is not one.state]
    by_reason: dict[str, list[Transfer]] = {}
    for one in changed:
        if not one.state.ended and (why := reason(one, _details_keys())):
            by_reason.setdefault(why, []).append(one)
    waiting = [Notice(_waiting_title(each), why, Gravity.WARNING) for why, each in by_reason.items()]
    return waiting + [_failed(one) for one in changed if one.state is TransferState.FAILED]


def _waiting_title(transfers: list[Transfer]) -> str:
    word = "waits" if transfers[0].state is TransferState.WAITING else "is paused"
    if len(transfers) == 1:
        return f"{ends(transfers[0])} {word}"
    plural = "wait" if transfers[0].state is TransferState.WAITING else "are paused"
    return f"{counted(len(transfers), 'transfer')} {plural}"


def _failed(transfer: Transfer) -> Notice:
    count = f"{counted(transfer.objects_failed, 'object')} not {done_word(transfer.kind)}"
    parts = [count if transfer.objects_failed else "", transfer.problem.title if transfer.problem else ""]
    text = " · ".join(part for part in (*parts, f"{_details_keys()}: details") if part)
    return Notice(ends(transfer), text, Gravity.ERROR)


def _details_keys() -> str:
    return f"{key_of('transfers')}, then {key_of('details')}"


class Conflicts:
    """Asks about the conflicts that wait for an answer, unless the user has postponed those of their transfer."""

    def __init__(
        self, context: BrowserContext, target_of: Callable[[str], tuple[str, str]] = lambda _: ("", "copy")
    ) -> None:
        """`target_of` as in `Transfers`."""
        self._context, self._target_of = context, target_of
        self.waiting: Sequence[Conflict] = ()
        """All conflicts that wait, as the engine last sent them."""
        self._answered: set[str] = set()
        """Conflicts that still wait, until the engine has heard the answer."""
        self._postponed: set[str] = set()
        """The transfers whose conflicts are not asked about, those to come included."""
        self._question: ConflictScreen | None = None

    def take(self, waiting: Sequence[Conflict]) -> None:
        """Other conflicts wait now: withdraw a question that was decided elsewhere, and ask the next one."""
        self.waiting = waiting
        question = self._question
        if question and question.is_current and not self._waits(question.conflict):
            question.leave()
        self.ask_next()

    def _waits(self, conflict: Conflict) -> bool:
        return any(each.id == conflict.id for each in self.waiting)

    def ask_next(self) -> None:
        """Ask the next question, unless a dialog is in front."""
        asked = (each for each in self.waiting if each.transfer not in self._postponed)
        waiting = [conflict for conflict in asked if conflict.id not in self._answered]
        if self._question or not waiting or not self._context.host.in_front:
            return
        from tui.features.transfer_list.conflict_screen import ConflictScreen

        engine, (connection, verb) = self._context.engine, self._target_of(waiting[0].transfer)
        self._question = ConflictScreen(waiting[0], self._context.clock(), engine, connection)
        self._question.verb = verb
        self._context.host.open_dialog(self._question, partial(self._decided, waiting[0]))

    def ask_again(self, transfer: str) -> None:
        """Ask about the conflicts of this transfer, which were postponed or could not be answered."""
        self._answered -= {conflict.id for conflict in self.waiting if conflict.transfer == transfer}
        self._postponed.discard(transfer)
        self.ask_next()

    def _decided(self, conflict: Conflict, answer: ConflictAnswer | CancelTransfers | None) -> None:
        self._question = None
        if answer:
            self._answered.add(conflict.id)
            if isinstance(answer, CancelTransfers) or answer.for_all:
                self._answered |= {each.id for each in self.waiting if each.transfer == conflict.transfer}
            self._context.host.run_worker(partial(self._answer, answer), group="answering")
        elif self._waits(conflict):
            self._postponed.add(conflict.transfer)
            self._context.tell(f"waiting for your answer: {_details_keys()}", "postponed")

    async def _answer(self, answer: ConflictAnswer | CancelTransfers) -> None:
        request = answer if isinstance(answer, CancelTransfers) else AnswerConflict(answer)
        try:
            await self._context.engine.ask(request)
        except ProblemError as error:
            self._context.fail(error.problem)
