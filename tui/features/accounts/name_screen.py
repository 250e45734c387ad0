"""Asks for an account's name, and for its number if that is not known."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Grid
from textual.widgets import Input, Label, Static

from tui.core.identity import Address
from tui.core.problem import ProblemError
from tui.kit.dialog import Dialog, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, hint, outside
from tui.kit.sign_in_screens import rows
from tui.link.session import EngineAccess
from tui.messages.identity_requests import NameAccount
from tui.settings.checks import account_number, label

LONGEST = 40
"""Characters: a label stands in columns and strips."""


class NameAccountScreen(Dialog[str]):
    """Answers with the name once it is in the address book; an empty name removes it."""

    def __init__(self, engine: EngineAccess, known: Address) -> None:
        super().__init__()
        self._engine, self._known = engine, known

    def compose(self) -> ComposeResult:
        known = self._known
        with Frame("Name of the account"):
            yield Static(rows(("account", known.account), ("owner id", known.canonical_id)))
            with Grid(id="names"):
                yield Label("name")
                yield LineInput(known.label, placeholder="none", max_length=LONGEST, compact=True, id="name")
                if not known.account:
                    yield Label("number")
                    yield LineInput(placeholder="optional", max_length=12, compact=True, id="number")
            yield Static(id="message")
            yield Static(hint(("enter", "keep"), ("esc", "cancel")), classes="hints")

    @on(Input.Changed)
    def _changed(self) -> None:
        self.query_one("#message", Static).update("")

    @on(Input.Submitted)
    def _submitted(self) -> None:
        name = self.query_one("#name", Input).value.strip()
        typed = "".join(line.value.strip() for line in self.query("#number").results(Input))
        try:
            number = account_number(typed) if typed else self._known.account
            self._enter(label(name), number)
        except ValueError as error:
            self._complain(str(error))

    @work(exclusive=True, group="naming")
    async def _enter(self, name: str, number: str) -> None:
        """Name the account by canonical ID and by number: both identify it as an owner."""
        try:
            if known := self._known.canonical_id:
                await self._engine.ask(NameAccount(Address(known, number, name)))
            if number:
                await self._engine.ask(NameAccount(Address("", number, name)))
        except ProblemError as error:
            self._complain(error.problem.sentence())
        else:
            self.leave(name)

    def _complain(self, words: str) -> None:
        self.query_one("#message", Static).update(outside(f"✗ {words}", BAD))
