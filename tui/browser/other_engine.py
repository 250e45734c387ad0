"""The engine that lives is another version's: wait for its end, or leave."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup
from textual.widgets import Button, Static

from tui.core.problem import Problem
from tui.kit.dialog import DecisionDialog, Frame
from tui.kit.lines import MUTED, outside
from tui.link.session import EngineAccess

WAITING = "waiting until it ends; this screen then continues automatically"


class OtherEngineScreen(DecisionDialog[bool]):
    """Answers True when the other engine has ended, False when the user quits."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "wait", "Wait"),
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
                yield Button("Wait until it ends  w", id="wait", compact=True)
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
