"""The route card: what a copy would do, found out before it does anything; confirmed with Enter."""

from __future__ import annotations

from contextlib import aclosing
from typing import ClassVar

import msgspec
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Label
from textual.worker import Worker

from tui.model.identity import AddressBook
from tui.model.plan import ConflictPolicy, CopyOptions, CopyOrder, Route, RouteCard, RouteVerdict, Tally
from tui.model.problem import Problem, ProblemError
from tui.protocol.messages import PlanCopy
from tui.protocol.session import EngineAccess
from tui.ui.screens.dialog import Dialog, Foot, Frame
from tui.ui.screens.route_lines import card_lines, title
from tui.ui.tones import KEY
from tui.ui.widgets.choice import Choice
from tui.ui.widgets.lines import Lines

AUTO = "auto"

MAX_WIDTH = 100
"""Of the frame, in cells; its style sheet says the same."""


class RouteCardScreen(Dialog[CopyOrder]):
    """Answers with the order as the user wants it done. Copying is possible before the count has ended."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "copy", "Copy"),
        Binding("r", "route", "Route"),
        Binding("e", "conflict", "If it exists"),
        Binding("s", "stop", "Stop counting"),
        Binding("up", "scroll(-1)", show=False),
        Binding("down", "scroll(1)", show=False),
    ]

    def __init__(self, engine: EngineAccess, order: CopyOrder, book: AddressBook | None = None) -> None:
        """`book` names the owner of the result."""
        super().__init__()
        self._engine, self._order, self._book = engine, order, book or AddressBook()
        self._card = RouteCard(Tally())
        self._open: list[RouteVerdict] = []
        self._following: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """The card, the choices, the buttons."""
        with Frame("Copy", id="route-card"):
            with VerticalScroll(can_focus=False):
                yield Lines(id="card")
            with Foot():
                with HorizontalGroup(classes="choice"):
                    yield Label(Content.assemble("then   ", ("e", KEY)))
                    yield Choice(tuple(ConflictPolicy), self._order.options.conflict, id="conflict")
                with HorizontalGroup(classes="choice"):
                    yield Label(Content.assemble("via    ", ("r", KEY)))
                    yield Choice((AUTO, *Route), self._order.options.route or AUTO, id="route")
                with HorizontalGroup(classes="buttons"):
                    yield Button("Copy  enter", variant="primary", id="copy", compact=True)
                    yield Button("Stop counting  s", id="stop", compact=True)
                    yield Button("Cancel  esc", id="cancel", compact=True)

    def on_mount(self) -> None:
        """Ask at once; the card fills in."""
        self.query_one("#copy").focus()
        self._ask()

    def _ask(self) -> None:
        self._following = self._follow(PlanCopy(self._order))

    @work(exclusive=True, group="plan")
    async def _follow(self, plan: PlanCopy) -> None:
        try:
            async with aclosing(self._engine.follow(plan)) as cards:
                async for card in cards:
                    self._show(card)
        except ProblemError as error:
            self._refuse(error.problem)
        self._refresh(counting=False)

    def _show(self, card: RouteCard) -> None:
        self._card = card
        if self._order.options.route is None:
            self._open = card.verdicts
            self.query_one("#route", Choice).closed = frozenset(
                verdict.route.value for verdict in card.verdicts if verdict.possible is False
            )
        self._refresh(counting=not card.tally.complete)

    def _refuse(self, problem: Problem) -> None:
        self._card = msgspec.structs.replace(self._card, problem=problem, complete=True)

    def _refresh(self, *, counting: bool) -> None:
        card, order, verdicts, book = self._card, self._order, self._open or self._card.verdicts, self._book
        frame = self.query_one(Frame)
        frame.border_title = title(card, order, min(self.app.size.width, MAX_WIDTH) - 8, counting=counting)
        self.query_one(Lines).show(lambda width: card_lines(card, order, verdicts, book, width))
        self.query_one("#stop", Button).display = counting
        self.query_one("#copy", Button).disabled = card.problem is not None

    @on(Choice.Changed, "#conflict")
    def _take_conflict(self, event: Choice.Changed) -> None:
        self._set(msgspec.structs.replace(self._order.options, conflict=ConflictPolicy(event.value)))

    @on(Choice.Changed, "#route")
    def _take_route(self, event: Choice.Changed) -> None:
        route = None if event.value == AUTO else Route(event.value)
        self._set(msgspec.structs.replace(self._order.options, route=route))
        self._ask()  # owner, what is kept and what is dropped depend on who writes

    def _set(self, options: CopyOptions) -> None:
        self._order = msgspec.structs.replace(self._order, options=options)

    def action_route(self) -> None:
        """The next route that is open."""
        self.query_one("#route", Choice).action_step(1)

    def action_conflict(self) -> None:
        """The next answer to what exists at the target."""
        self.query_one("#conflict", Choice).action_step(1)

    @on(Button.Pressed, "#stop")
    def action_stop(self) -> None:
        """Stop counting (and what else is still being asked); what is known stays."""
        if self._following:
            self._following.cancel()
        self._refresh(counting=False)

    @on(Button.Pressed, "#copy")
    def action_copy(self) -> None:
        """Answer with the order, unless something stands in its way."""
        if self._card.problem is None:
            self.dismiss(self._order)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    def action_scroll(self, rows: int) -> None:
        """Scroll a card that is taller than the screen."""
        self.query_one(VerticalScroll).scroll_relative(y=rows, animate=False)
