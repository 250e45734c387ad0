"""From a selection to a transfer: the route card, the order, what becomes of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from functools import partial

from textual import work
from textual.app import App
from textual.timer import Timer

from tui.model.location import LocationError, parse_location
from tui.model.plan import CopyOptions, CopyOrder, Destination, Selection
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import Conflict, ConflictAnswer, Transfer, TransferKind, TransferList
from tui.protocol.messages import (
    AnswerConflict,
    SubmitCopy,
    WatchAddresses,
    WatchConflicts,
    WatchTransfers,
)
from tui.protocol.session import EngineAccess
from tui.settings import Settings, Start
from tui.ui import format as fmt
from tui.ui.card_choices import CardMemory
from tui.ui.drops import DropTarget, may_drop
from tui.ui.listing.selection import PickError, select
from tui.ui.screens.dragging import DraggingScreen
from tui.ui.transfer_news import News, Telling, found, news

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a feed that broke off is followed again; they double from failure to failure that come closely."""


class CopyingScreen(DraggingScreen):
    """Copies what is picked or dropped, watches the transfers and asks about conflicts."""

    def __init__(
        self, start: Start, settings: Settings, engine: EngineAccess, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(start, settings, engine, clock)
        self.transfers = TransferList()
        """The latest snapshot."""
        self._watching = False
        self._telling = Telling(App.NOTIFICATION_TIMEOUT)
        self._to_tell: Timer | None = None
        """Runs while news is held back."""
        self._conflicts: list[Conflict] = []
        self._put_off: set[str] = set()
        self._asking = False
        self._memory = CardMemory()

    def on_mount(self) -> None:
        """Watch what the engine tells of its own accord."""
        self.call_after_refresh(self._watch_all)

    def _watch_all(self) -> None:
        self.run_worker(self._watch(self._follow_transfers), group="transfers")
        self.run_worker(self._watch(self._follow_conflicts), group="conflicts")
        self.run_worker(self._watch(self._follow_addresses), group="addresses")

    async def _watch(self, follow: Callable[[], Awaitable[None]]) -> None:
        """Follow a feed for as long as the screen lives; an engine that ends is started again by asking anew."""
        pause = FIRST_PAUSE
        while True:
            begun = time.monotonic()
            try:
                await follow()
            except ProblemError as error:
                if follow == self._follow_transfers:
                    self._engine_failed(error.problem)
            pause = FIRST_PAUSE if time.monotonic() - begun > LONGEST_PAUSE else pause
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _engine_failed(self, problem: Problem) -> None:
        if problem.kind is ProblemKind.OTHER_VERSION:
            self._tell_of_other(problem)
            return
        self.notify(fmt.visible(problem.sentence()), severity="error", markup=False)
        if problem.kind is ProblemKind.ENGINE:
            for pane in self.panes:
                pane.action_refresh()

    def _tell_of_other(self, problem: Problem) -> None:
        from tui.ui.screens.other_engine import OtherEngineScreen

        def answered(ended: bool | None) -> None:
            if not ended:
                self.app.exit()
                return
            for pane in self.panes:
                pane.action_refresh()

        if not isinstance(self.app.screen, OtherEngineScreen):
            self.app.push_screen(OtherEngineScreen(self.engine, problem), answered)

    async def _follow_transfers(self) -> None:
        async with aclosing(self.engine.follow(WatchTransfers())) as snapshots:
            async for snapshot in snapshots:
                self._take(snapshot)

    async def _follow_conflicts(self) -> None:
        async with aclosing(self.engine.follow(WatchConflicts())) as updates:
            async for update in updates:
                self._conflicts = update.waiting
                self._withdraw_question()
                self._ask_next()

    async def _follow_addresses(self) -> None:
        async with aclosing(self.engine.follow(WatchAddresses())) as books:
            async for book in books:
                self.learn_addresses(self.settings.name_accounts(book))

    def _take(self, snapshot: TransferList) -> None:
        """Tell what has happened since the last snapshot; with the first one, what it found under way."""
        before, self.transfers = self.transfers, snapshot
        if self._watching:
            self._tell_news(before, snapshot)
        elif words := found(snapshot):
            self.notify(words, markup=False)
        self._watching = True
        self.transfers_changed(snapshot)

    def _tell_news(self, before: TransferList, snapshot: TransferList) -> None:
        known = {one.id for one in before.transfers if one.state.ended}
        for transfer in snapshot.transfers:
            if transfer.state.ended and transfer.id not in known:
                self._ended(transfer)
        self._tell(news(before, snapshot))

    def _tell(self, pieces: Sequence[News] = ()) -> None:
        """Tell these, and what was held back, as far as there is room; the rest when there is."""
        for piece in self._telling.tell(pieces, time.monotonic()):
            self.notify(
                fmt.visible(piece.text), title=fmt.visible(piece.title), severity=piece.gravity.value, markup=False
            )
        wait = self._telling.wait(time.monotonic())
        if wait is not None and not self._to_tell:
            self._to_tell = self.set_timer(wait, self._tell_rest)

    def _tell_rest(self) -> None:
        self._to_tell = None
        self._tell()

    def transfers_changed(self, snapshot: TransferList) -> None:
        """There is news of the transfers."""

    def _ended(self, transfer: Transfer) -> None:
        """Show what is now at the target; of a move or a deletion, what is no longer at the source."""
        uris = [transfer.target] if transfer.kind is TransferKind.COPY else [transfer.target, transfer.source]
        places = []
        for uri in uris:
            with suppress(LocationError):  # what is no place is nothing that a pane could show
                places.append(parse_location(uri))
        for pane in self.panes:
            pane.refresh_below(*places)

    def action_copy(self) -> None:
        """Copy what is marked, or the row, to where the other pane is."""
        self.transfer(move=False)

    def transfer(self, *, move: bool) -> None:
        """Show the card of a copy (or a move) of what is marked, or the row, to where the other pane is."""
        pane, other = self.active, self.passive
        if pane.identity is None or other.identity is None:
            self.notify(self._who_is_missing(), severity="warning", markup=False)
            return
        try:
            selection = select(pane.identity.connection, pane.picked)
        except PickError as error:
            self.notify(str(error), severity="warning", markup=False)
            return
        if not other.location.bucket:
            self.notify("open a bucket in the other pane first: it is the target", severity="warning", markup=False)
        elif not may_drop(selection, other.location, same_server=self.same_server):
            self.notify("both panes show the same place", severity="warning", markup=False)
        elif self.may_write(other) and (not move or self.may_write(pane)):
            destination = Destination(other.identity.connection, other.location)
            self.show_card(CopyOrder(selection, destination, self.copy_options(move=move)))

    def _who_is_missing(self) -> str:
        if any(pane.spec is None for pane in self.panes):
            return "choose an account for both panes first: a"
        sides = [pane.side.value for pane in self.panes if pane.identity is None]
        return f"{' and '.join(sides)} not connected yet: try again in a moment"

    def dropped(self, selection: Selection, target: DropTarget) -> None:
        """Show the route card; on confirmation, copy."""
        pane = self.pane(target.side)
        if (identity := pane.identity) and self.may_write(pane):
            destination = Destination(identity.connection, target.location)
            self.show_card(CopyOrder(selection, destination, self.copy_options(move=False)))

    def copy_options(self, *, move: bool) -> CopyOptions:
        """What the settings say; the card may change it."""
        limits = self.settings.transfers
        return CopyOptions(multipart_threshold=limits.multipart_threshold, part_size=limits.part_size, move=move)

    def show_card(self, order: CopyOrder) -> None:
        """Ask by the route card; on confirmation, submit."""
        from tui.ui.screens.route_card import RouteCardScreen

        def answered(confirmed: CopyOrder | None) -> None:
            if confirmed:
                self.submit(confirmed)

        self.app.push_screen(RouteCardScreen(self.engine, order, self.book, self._memory, self.clock), answered)

    @work(group="submitting")
    async def submit(self, order: CopyOrder) -> None:
        """Start it in the background."""
        try:
            await self.engine.ask(SubmitCopy(order))
        except ProblemError as error:
            self.refused(error.problem, partial(self.submit, order))
            return
        self.forget_marks(order.selection)

    def forget_marks(self, selection: Selection) -> None:
        """What was marked is being done."""
        for pane in self.panes:
            if pane.identity and pane.identity.connection == selection.connection:
                pane.table.clear_marks()

    def refused(self, problem: Problem, again: Callable[[], object]) -> None:
        """It could not be begun: ask for what it needs and call `again`, or say why in a toast."""
        if not self.meet(problem, again):
            self.notify(fmt.visible(problem.sentence()), severity="error", markup=False)

    def on_screen_resume(self) -> None:
        """A dialog has closed: the next question may be asked."""
        self._ask_next()

    def _ask_next(self) -> None:
        waiting = [conflict for conflict in self._conflicts if conflict.id not in self._put_off]
        if self._asking or not waiting or self.app.screen is not self:
            return
        from tui.ui.screens.conflict import ConflictScreen

        self._asking = True
        self.app.push_screen(ConflictScreen(waiting[0], self.clock()), partial(self._decided, waiting[0]))

    def _withdraw_question(self) -> None:
        """What was decided on another screen, or has been cancelled, is asked no more."""
        if not self._asking:
            return
        from tui.ui.screens.conflict import ConflictScreen

        question = self.app.screen
        if isinstance(question, ConflictScreen) and not self._waits(question.conflict):
            question.leave()

    def _waits(self, conflict: Conflict) -> bool:
        return any(each.id == conflict.id for each in self._conflicts)

    def ask_again(self, transfer: str) -> None:
        """Ask about what was put off of this transfer."""
        self._put_off -= {conflict.id for conflict in self._conflicts if conflict.transfer == transfer}
        self._ask_next()

    def _decided(self, conflict: Conflict, answer: ConflictAnswer | None) -> None:
        self._asking = False
        self._put_off.add(conflict.id)
        if answer:
            if answer.for_all:  # until the engine has heard it, they still wait
                self._put_off |= {each.id for each in self._conflicts if each.transfer == conflict.transfer}
            self._answer(answer)
        elif self._waits(conflict):
            self.notify("it waits for your answer: t, then enter", title="put off", markup=False)

    @work(group="answering")
    async def _answer(self, answer: ConflictAnswer) -> None:
        try:
            await self.engine.ask(AnswerConflict(answer))
        except ProblemError as error:
            self.notify(fmt.visible(error.problem.sentence()), severity="error", markup=False)
