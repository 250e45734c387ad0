"""What the user decides about objects that exist at a target: one question at a time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from tui.browser.context import Context
from tui.core.problem import ProblemError
from tui.core.transfer import Conflict, ConflictAnswer
from tui.messages.order_requests import AnswerConflict

if TYPE_CHECKING:
    from tui.ui.orders.conflict import ConflictScreen


class Conflicts:
    """Asks about the conflicts that wait for an answer, unless the user has postponed those of their transfer."""

    def __init__(self, context: Context) -> None:
        self._context = context
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
        from tui.ui.orders.conflict import ConflictScreen

        self._question = ConflictScreen(waiting[0], self._context.clock())
        self._context.host.open_dialog(self._question, partial(self._decided, waiting[0]))

    def ask_again(self, transfer: str) -> None:
        """Ask about the conflicts of this transfer, which were postponed or could not be answered."""
        self._answered -= {conflict.id for conflict in self.waiting if conflict.transfer == transfer}
        self._postponed.discard(transfer)
        self.ask_next()

    def _decided(self, conflict: Conflict, answer: ConflictAnswer | None) -> None:
        self._question = None
        if answer:
            self._answered.add(conflict.id)
            if answer.for_all:
                self._answered |= {each.id for each in self.waiting if each.transfer == conflict.transfer}
            self._context.host.run_in_background(partial(self._answer, answer), "answering")
        elif self._waits(conflict):
            self._postponed.add(conflict.transfer)
            self._context.tell("waiting for your answer: t, then Enter", "postponed")

    async def _answer(self, answer: ConflictAnswer) -> None:
        try:
            await self._context.engine.ask(AnswerConflict(answer))
        except ProblemError as error:
            self._context.fail(error.problem)
