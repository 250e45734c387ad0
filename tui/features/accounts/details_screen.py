"""The identity of a pane in full: what the strip has no room for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalScroll
from textual.content import Content
from textual.widgets import Button

from tui.core.identity import Identity
from tui.kit.dialog import Dialog, Foot, Frame
from tui.kit.lines import MUTED, Lines, hanging
from tui.panes.identity_strip import LABELS, can_renew, fact_line, identity_facts, renew_words

REFRESH = 1.0
"""Seconds between updates of the time left."""


class IdentityScreen(Dialog[bool]):
    """Answers True when the user wants the credentials renewed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yank", "Copy"),
        Binding("left,right", "app.focus_next", show=False),
    ]

    def __init__(
        self,
        present: Callable[[], Identity],
        account: Callable[[], str] = str,
        *,
        locked: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`present` returns the present identity, `account` its account's label; `locked`: the pane is read-only."""
        super().__init__()
        self._present, self._account, self._locked, self._clock = present, account, locked, clock

    def compose(self) -> ComposeResult:
        with Frame("Identity", id="identity"):
            with VerticalScroll(can_focus=False):
                yield Lines()
            with Foot(), HorizontalGroup(classes="buttons"):
                yield Button("Renew  enter", variant="primary", compact=True, id="renew", action="screen.renew")
                yield Button("Close  esc", compact=True, id="leave", action="screen.cancel")
                yield Button("Copy  y", compact=True, id="yank", action="screen.yank")

    def on_mount(self) -> None:
        self._show()
        self.set_interval(REFRESH, self._show)
        self.query_one("#renew" if can_renew(self._present()) else "#leave").focus()

    def _show(self) -> None:
        identity, renew = self._present(), self.query_one("#renew", Button)
        renew.display, renew.label = can_renew(identity), f"{renew_words(identity)}  enter"
        self.query_one(Lines).show(self._lines)

    def _facts(self) -> list[tuple[str, Content]]:
        return identity_facts(self._present(), self._clock(), self._account(), locked=self._locked)

    def _lines(self, width: int) -> list[Content]:
        facts = self._facts()
        lines = (hanging(Content.styled(name, MUTED), [value], LABELS, width) for name, value in facts)
        return [line for each in lines for line in each]

    def action_yank(self) -> None:
        """Copy everything; it contains no secret."""
        facts = self._facts()
        self.app.copy_to_clipboard("\n".join(fact_line(name, value).plain.rstrip() for name, value in facts))
        self.notify("all of this text", title="Copied to the clipboard", markup=False)

    def action_renew(self) -> None:
        if can_renew(self._present()):
            self.dismiss(True)
