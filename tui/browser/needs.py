"""What identities need of the user (a code, a sign-in, a secret): asked for once, then what failed is tried again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tui.browser.context import BrowserContext
from tui.browser.pane_pair import PanePair
from tui.core.problem import Problem, ProblemError
from tui.kit.commands import key_of
from tui.kit.need_dialogs import need_dialog, need_words
from tui.link.request import Request
from tui.link.session import EngineLostError
from tui.panes.news import NotConnected, PaneSide

LOST = "the engine stopped before it answered: look in the list of transfers to see whether this was started"


class Needs:
    """Asks one question at a time. `chosen_now` says whether the user has just chosen the identity of a side."""

    def __init__(self, context: BrowserContext, panes: PanePair, chosen_now: Callable[[PaneSide], bool]) -> None:
        self._context, self._panes, self._chosen_now = context, panes, chosen_now
        self._unasked: dict[PaneSide, Problem] = {}
        """What panes need, not asked for yet because a dialog was open."""

    def not_connected(self, event: NotConnected) -> None:
        """Ask at once only for an identity that the user has just chosen, not for one restored with the session."""
        if need_words(event.problem) and self._chosen_now(event.side):
            self._unasked[event.side] = event.problem
            self.ask_next()

    def ask_next(self) -> None:
        if self._unasked and self._context.host.in_front:
            side = next(iter(self._unasked))
            self.meet(self._unasked.pop(side))

    def meet(
        self,
        problem: Problem,
        then: Callable[[], object] = lambda: None,
        otherwise: Callable[[], object] = lambda: None,
    ) -> bool:
        """Ask for what `problem` needs, try again what failed, and call `then`; without an answer, call `otherwise`.

        False: there is nothing that the user could give.
        """

        def answered(met: bool | None) -> None:
            if met:
                self._try_again(problem)
                then()
            else:
                otherwise()

        dialog = need_dialog(self._context.engine, problem, self._context.clock)
        if dialog is not None:
            self._context.host.open_dialog(dialog, answered)
        return dialog is not None

    def request(self, request: Request[Any], done: Callable[[], object]) -> None:
        """Send a request in the background, and call `done` afterwards; a toast says why it failed.

        If it fails for what an identity needs, it is sent again when the user has given that.
        """
        self._context.host.run_worker(partial(self._request, request, done), group="requests")

    async def _request(self, request: Request[Any], done: Callable[[], object]) -> None:
        try:
            await self._context.engine.ask(request)
        except EngineLostError:
            self._context.error(f"{LOST} ({key_of('transfers')})")
        except ProblemError as error:
            if not self.meet(error.problem, partial(self.request, request, done)):
                self._context.fail(error.problem)
        else:
            done()

    def _try_again(self, met: Problem) -> None:
        self._unasked = {side: needed for side, needed in self._unasked.items() if not _same_need(needed, met)}
        for pane in self._panes.every:
            needed = pane.contents.root.problem
            if pane.identity is not None:
                pane.connection.working_again()
                pane.connection.watch()
            elif needed and _same_need(needed, met):
                pane.connection.action_refresh()


def _same_need(one: Problem, other: Problem) -> bool:
    """Whether one answer meets both: two panes may depend on one sign-in."""
    return one.needs is other.needs and one.subject == other.subject
