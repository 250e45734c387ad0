"""Asks for the secret of access keys that were typed: an engine keeps it in its memory, and that one has ended."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Grid
from textual.widgets import Input, Label, Static

from tui.core.problem import Problem, ProblemError
from tui.link.session import EngineAccess
from tui.messages.identity_requests import GiveKeys, Secret
from tui.ui.kit.dialog import Dialog, Frame
from tui.ui.kit.secret_input import SecretInput
from tui.ui.kit.tones import BAD, hint, outside
from tui.ui.needs.need_facts import rows

WORDS = "Kept in the engine's memory until it stops; never written to a file, log or screen."


class SecretScreen(Dialog[bool]):
    """Answers True once the engine has it; whether it is right turns out with the first request."""

    def __init__(self, engine: EngineAccess, problem: Problem) -> None:
        """`problem` names the access key."""
        super().__init__()
        self._engine, self._problem = engine, problem

    def compose(self) -> ComposeResult:
        """Two hidden lines; the token is for temporary keys alone."""
        asked = self._problem
        with Frame("Secret access key", id="secret-asked"):
            yield Static(rows(("identity", asked.identity), ("key id", asked.subject), ("at", asked.endpoint)))
            with Grid(id="secrets"):
                yield Label("secret")
                yield SecretInput(id="secret")
                yield Label("token")
                yield SecretInput(placeholder="for temporary keys only", id="token")
            yield Static(id="message")
            yield Static(WORDS, classes="muted")
            keys = (("enter", "continue"), ("tab", "session token"), ("esc", "cancel"))
            yield Static(hint(*keys), classes="hints")

    @on(Input.Changed)
    def _changed(self) -> None:
        self.query_one("#message", Static).update("")

    @on(Input.Submitted)
    def _submitted(self) -> None:
        secret, token = (self.query_one(line, Input).value.strip() for line in ("#secret", "#token"))
        if secret:
            self._give(secret, token)
        else:
            self._complain("type or paste the secret access key")

    @work(exclusive=True, group="giving")
    async def _give(self, secret: str, token: str) -> None:
        try:
            problem = self._problem
            await self._engine.ask(GiveKeys(problem.subject, Secret(secret), Secret(token), problem.endpoint))
        except ProblemError as error:
            self._complain(error.problem.sentence())
        else:
            self.leave(True)

    def _complain(self, words: str) -> None:
        self.query_one("#message", Static).update(outside(f"✗ {words}", BAD))
