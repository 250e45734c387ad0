"""Asks for the present code of an MFA device, and has the role assumed with it."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.widgets import Input, Static

from tui.core.problem import Problem, ProblemError
from tui.link.session import EngineAccess
from tui.messages.identity_requests import GiveCode, Secret
from tui.ui.kit.dialog import Dialog, Frame
from tui.ui.kit.line_input import LineInput
from tui.ui.kit.tones import BAD, MUTED, hint, outside
from tui.ui.needs.need_facts import rows

DIGITS = 6
"""Of every code of AWS's virtual and hardware devices."""


class CodeScreen(Dialog[bool]):
    """Answers True once the engine has a session; a rejected code is shown, and can be entered again."""

    def __init__(self, engine: EngineAccess, problem: Problem) -> None:
        """`problem` names the device, and the role that wants its code."""
        super().__init__()
        self._engine, self._problem = engine, problem

    def compose(self) -> ComposeResult:
        """The identity that needs it, the line, the result of the last one."""
        asked = self._problem
        with Frame("MFA code", id="code-asked"):
            yield Static(rows(("identity", asked.identity), ("role", asked.resource), ("device", asked.subject)))
            yield LineInput(
                placeholder="six digits",
                password=True,
                restrict=r"[0-9 ]*",
                compact=True,
                id="code",
            )
            yield Static(id="message")
            yield Static(hint(("enter", "assume the role"), ("esc", "cancel")), classes="hints")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        if event.value:
            self._say("")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        code = event.value.replace(" ", "")  # some devices show it in two halves
        if len(code) != DIGITS:
            self._say(f"✗ an MFA code has {DIGITS} digits", BAD)
            return
        self._say("checking…", MUTED)
        self._give(code)
        event.input.clear()  # it is good for one try

    @work(exclusive=True, group="giving")
    async def _give(self, code: str) -> None:
        try:
            await self._engine.ask(GiveCode(self._problem.connection, Secret(code)))
        except ProblemError as error:
            self._say(f"✗ {error.problem.sentence()}", BAD)
        else:
            self.leave(True)

    def _say(self, words: str, tone: str = "") -> None:
        self.query_one("#message", Static).update(outside(words, tone))
