"""What the engine sends of its own accord, as long as the screen lives; or that the engine is of another version."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from functools import partial
from typing import ClassVar, TypeVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup
from textual.widgets import Button, Static

from tui.browser.context import BrowserContext
from tui.browser.pane_pair import PanePair
from tui.core.identity import AddressBook
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.transfer_list.actions import Conflicts, Transfers
from tui.kit.dialog import DecisionDialog, Frame
from tui.kit.lines import MUTED, outside
from tui.link.request import Feed
from tui.link.session import EngineAccess
from tui.messages.identity_requests import WatchAddresses
from tui.messages.order_requests import WatchConflicts, WatchTransfers

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a broken feed is followed again; they double with each failure that comes soon after."""

T = TypeVar("T")


class Watching:
    """Hands updates to the controllers; an engine that has ended is started again by the next request."""

    def __init__(
        self,
        context: BrowserContext,
        panes: PanePair,
        transfers: Transfers,
        conflicts: Conflicts,
        show_names: Callable[[AddressBook], None],
    ) -> None:
        """`show_names` gets the names of accounts and owners on each change."""
        self._context, self._panes = context, panes
        self._transfers, self._conflicts, self._show_names = transfers, conflicts, show_names
        self._telling_of_other = False

    def begin(self) -> None:
        run = self._context.host.run_worker
        conflicts = partial(self._watch, WatchConflicts(), lambda update: self._conflicts.take(update.waiting))
        run(partial(self._watch, WatchTransfers(), self._transfers.take, self._engine_failed), group="transfers")
        run(conflicts, group="conflicts")
        run(partial(self._watch, WatchAddresses(), self._take_names), group="addresses")

    async def _watch(
        self, feed: Feed[T], take: Callable[[T], None], failed: Callable[[Problem], None] | None = None
    ) -> None:
        """Only one feed gives `failed`: when the engine ends, all of them break off."""
        pause = FIRST_PAUSE
        while True:
            begun = time.monotonic()
            try:
                async with aclosing(self._context.engine.follow(feed)) as updates:
                    async for update in updates:
                        take(update)
            except ProblemError as error:
                if failed:
                    failed(error.problem)
            pause = FIRST_PAUSE if time.monotonic() - begun > LONGEST_PAUSE else pause
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _take_names(self, book: AddressBook) -> None:
        self._context.book = self._context.settings.name_accounts(book)
        self._show_names(self._context.book)

    def _engine_failed(self, problem: Problem) -> None:
        if problem.kind is ProblemKind.OTHER_VERSION:
            self._tell_of_other(problem)
            return
        self._context.fail(problem)
        if problem.kind is ProblemKind.ENGINE:
            self._refresh()

    def _tell_of_other(self, problem: Problem) -> None:
        def answered(ended: bool | None) -> None:
            self._telling_of_other = False
            if ended:
                self._refresh()
            else:
                self._context.host.exit_app()

        if not self._telling_of_other:
            self._telling_of_other = True
            self._context.host.open_dialog(OtherEngineScreen(self._context.engine, problem), answered)

    def _refresh(self) -> None:
        for pane in self._panes.every:
            pane.connection.action_refresh()


WAITING = "waiting until it ends; this screen then continues automatically"


class OtherEngineScreen(DecisionDialog[bool]):
    """Answers True when the other engine has ended, False when the user quits."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,escape", "leave", "Quit"),
        Binding("left,right", "app.focus_next", show=False),
    ]

    def __init__(self, engine: EngineAccess, problem: Problem) -> None:
        super().__init__()
        self._engine, self._problem = engine, problem

    def compose(self) -> ComposeResult:
        with Frame(outside(self._problem.title)):
            yield Static(outside(self._problem.cause), classes="words")
            yield Static("Its transfers continue.", classes="words", id="progress")
            with HorizontalGroup(classes="buttons"):
                yield Button("Wait until it ends  enter", id="wait", compact=True)
                yield Button("Quit  q", id="leave", compact=True)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "wait":
            self.action_wait()
        else:
            self.action_leave()

    @work(exclusive=True)
    async def action_wait(self) -> None:
        self.query_one("#progress", Static).update(outside(WAITING, MUTED))
        await self._engine.other_has_ended()
        self.dismiss(True)

    def action_leave(self) -> None:
        self.dismiss(False)
