"""What the engine sends of its own accord: transfers, conflicts and names, followed for as long as the screen lives."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from functools import partial
from typing import TypeVar

from tui.browser.context import BrowserContext
from tui.browser.pane_pair import PanePair
from tui.core.identity import AddressBook
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.transfer_list.actions import Conflicts, Transfers
from tui.link.request import Feed
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
        from tui.browser.other_engine import OtherEngineScreen

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
