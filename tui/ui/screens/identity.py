"""Who a pane acts as, in full: what the strip has no room for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalScroll
from textual.widgets import Button, Static

from tui.model.identity import Identity
from tui.ui.screens.dialog import Dialog, Foot, Frame
from tui.ui.widgets.identity_lines import can_renew, identity_facts, renew_words

REFRESH = 1.0
"""Seconds between two looks at the time that is left."""


class IdentityScreen(Dialog[bool]):
    """Answers True when the user wants the credentials renewed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r,n", "renew", "Renew"),
        Binding("y", "yank", "Copy"),
        Binding("left,right", "app.focus_next", show=False),
    ]

    def __init__(
        self, identity: Identity, account: str = "", *, locked: bool = False, clock: Callable[[], float] = time.time
    ) -> None:
        """`account` is what the settings call its account; `locked`: the user has made its pane read-only."""
        super().__init__()
        self._identity, self._account, self._locked, self._clock = identity, account, locked, clock

    def compose(self) -> ComposeResult:
        """One thing in each line, and what went wrong."""
        with Frame("Who acts here", id="identity"):
            with VerticalScroll(can_focus=False):
                yield Static(id="facts")
            with Foot(), HorizontalGroup(classes="buttons"):
                if can_renew(self._identity):
                    yield Button(f"{renew_words(self._identity)}  r", variant="primary", compact=True, id="renew")
                yield Button("Close  esc", compact=True, id="close")
                yield Button("Copy  y", compact=True, id="yank")

    def on_mount(self) -> None:
        """The time left goes on."""
        super().on_mount()
        self._show()
        self.set_interval(REFRESH, self._show)
        self.query_one("#close").focus()

    def _show(self) -> None:
        facts = identity_facts(self._identity, self._clock(), self._account, locked=self._locked)
        self.query_one("#facts", Static).update(facts)

    @on(Button.Pressed, "#yank")
    def action_yank(self) -> None:
        """All of it onto the clipboard; no secret is in it."""
        facts = identity_facts(self._identity, self._clock(), self._account, locked=self._locked)
        self.app.copy_to_clipboard(facts.plain)
        self.notify("all that stands here", title="On the clipboard", markup=False)

    @on(Button.Pressed, "#renew")
    def action_renew(self) -> None:
        """Answer, unless there is nothing to renew."""
        if can_renew(self._identity):
            self.dismiss(True)

    @on(Button.Pressed, "#close")
    def _close(self) -> None:
        self.dismiss(None)
