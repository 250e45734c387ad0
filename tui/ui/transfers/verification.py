"""A transfer verified again: its copies compared with what was recorded, and with their sources."""

from __future__ import annotations

import secrets
from contextlib import aclosing
from functools import partial
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.core.problem import ProblemError
from tui.core.transfer import Transfer
from tui.kit.dialog import Dialog, Foot, Frame
from tui.kit.lines import BAD, MUTED, hint, outside
from tui.kit.problem_screen import ProblemScreen
from tui.link.session import EngineAccess
from tui.model.verifying.verification import Stage, Verified, VerifiedState, VerifyTally, VerifyTransfer
from tui.protocol.messages.verifying import AnswerReading, Verify
from tui.saved.taking_back import explanation
from tui.text.format import counted, number
from tui.ui.transfers.verified import VerifiedLog, stage_line, states_line, verified_row

KEYS = (("f", "filter"), ("enter", "why"), ("esc", "close"))


class VerificationScreen(Dialog[None]):
    """Follows the verification, which ends with it. What would have to be read is read only after a yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "show_state", "Filter"),
        Binding("y", "answer(True)", "Read"),
        Binding("n", "answer(False)", "Do not read"),
        Binding("q", "cancel", show=False),
    ]

    def __init__(self, engine: EngineAccess, transfer: Transfer) -> None:
        super().__init__()
        self._engine, self._transfer = engine, transfer
        self._verification = secrets.token_hex(8)
        self._tally = VerifyTally()
        self._log = VerifiedLog()
        self._state: VerifiedState | None = None
        self._listed: list[Verified] = []

    def compose(self) -> ComposeResult:
        """How far it has come, the results."""
        title = Content(f"verify ─ {counted(self._transfer.objects_total, 'object')}")
        with Frame(title, id="verification"):
            yield Static(id="stage")
            yield Static(id="outcomes")
            yield OptionList(id="results", compact=True, markup=False)
            with Foot():
                yield Static(id="left-out")
                yield Static(hint(*KEYS), classes="hints")

    def on_mount(self) -> None:
        """Begin."""
        self._show()
        self._follow()

    @work
    async def _follow(self) -> None:
        feed = Verify(self._verification, VerifyTransfer(self._transfer.id))
        try:
            async with aclosing(self._engine.follow(feed)) as updates:
                async for update in updates:
                    self._tally = update.tally
                    for result in update.results:
                        self._log.add(result)
                    self._show(rows=bool(update.results))
        except ProblemError as error:
            self.query_one("#stage", Static).update(outside(f"✗ {error.problem.sentence()}", BAD))

    def _show(self, *, rows: bool = True) -> None:
        self.query_one("#stage", Static).update(stage_line(self._tally))
        self.query_one("#outcomes", Static).update(states_line(self._log, self._state))
        left_out = self.query_one("#left-out", Static)
        left_out.update(Content.styled(f"and {number(self._log.left_out)} more, included in the totals", MUTED))
        left_out.display = self._log.left_out > 0
        if rows:
            self._show_rows()

    def _show_rows(self) -> None:
        listed = self.query_one(OptionList)
        at = listed.highlighted
        self._listed = self._log.shown(self._state)
        listed.set_options(Option(verified_row(each, self._transfer)) for each in self._listed)
        listed.highlighted = min(at or 0, len(self._listed) - 1) if self._listed else None

    def action_show_state(self) -> None:
        """Show only what differs, then each other state, then all again."""
        self._state = self._log.after(self._state)
        self._show()

    def action_answer(self, read: bool) -> None:
        """Whether content is read, where that is asked."""
        if self._tally.stage is Stage.ASKING:
            self._answer(read)

    @work
    async def _answer(self, read: bool) -> None:
        try:
            await self._engine.ask(AnswerReading(self._verification, read))
        except ProblemError as error:
            self.query_one("#stage", Static).update(outside(f"✗ {error.problem.sentence()}", BAD))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Explain what went wrong with an object."""
        if problem := self._listed[event.option_index].problem:
            explain = partial(explanation, self._engine, problem, transfer=self._transfer.id)
            self.app.push_screen(ProblemScreen(problem, explain))
