"""The restore of archived objects: how many, how long it takes, about what it costs; confirmed with Enter."""

from __future__ import annotations

from contextlib import aclosing
from typing import ClassVar

from msgspec.structs import replace
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Label
from textual.worker import Worker

from tui.core.orders import MOST_DAYS, RestoreOrder, RestorePlan, RestoreTier
from tui.core.problem import ProblemError
from tui.features.archive.values import PlanRestore
from tui.features.archive.words import cost_words, has_restore, nothing_words, plan_words, wait_words
from tui.kit.choice import Choice
from tui.kit.dialog import DecisionDialog, Foot, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, MUTED, STRONG, WARNING, Lines, hanging, outside
from tui.link.session import EngineAccess
from tui.text.format import counted

WHEN_ASKED, WHEN_READABLE = "when requested", "when readable"


class RestoreScreen(DecisionDialog[RestoreOrder]):
    """Answers with the order as soon as there is something to restore, even before the count ends."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "restore", "Restore"),
        Binding("d", "dry_run", "Dry run"),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]

    def __init__(self, engine: EngineAccess, order: RestoreOrder, identity: str) -> None:
        super().__init__()
        self._engine, self._order, self._identity = engine, order, identity
        self._plan = RestorePlan()
        self._following: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        with Frame("Restore archived objects", id="restore"):
            with VerticalScroll(can_focus=False):
                yield Lines(id="what")
            with Foot():
                with HorizontalGroup(classes="choice"):
                    yield Label("tier")
                    yield Choice(tuple(RestoreTier), self._order.tier.value, id="tier")
                with HorizontalGroup(classes="choice"):
                    yield Label("days")
                    yield LineInput(str(self._order.days), compact=True, select_on_focus=False, id="days")
                with HorizontalGroup(classes="choice"):
                    yield Label("ends")
                    yield Choice((WHEN_ASKED, WHEN_READABLE), WHEN_ASKED, id="ends")
                with HorizontalGroup(classes="buttons"):
                    yield Button(
                        "Restore  enter", variant="primary", id="restore-now", action="screen.restore", compact=True
                    )
                    yield Button("Dry run  d", id="dry-run", action="screen.dry_run", compact=True)
                    yield Button("Cancel  esc", id="cancel", action="screen.cancel", compact=True)

    def on_mount(self) -> None:
        self._refresh()
        self.query_one("#tier").focus()
        self._following = self._count()

    @work(group="plan")
    async def _count(self) -> None:
        try:
            async with aclosing(self._engine.follow(PlanRestore(self._order))) as plans:
                async for plan in plans:
                    self._plan = plan
                    self._refresh()
        except ProblemError as error:
            self._plan = replace(self._plan, problem=error.problem, complete=True)
            self._refresh()

    @property
    def order(self) -> RestoreOrder | None:
        """The chosen order; None if the days are not valid."""
        typed = self.query_one("#days", Input).value.strip()
        if not (typed.isascii() and typed.isdigit() and 1 <= int(typed) <= MOST_DAYS):
            return None
        tier = RestoreTier(self.query_one("#tier", Choice).value)
        wait = self.query_one("#ends", Choice).value == WHEN_READABLE
        return replace(self._order, tier=tier, days=int(typed), wait=wait)

    @property
    def _possible(self) -> bool:
        order, plan = self.order, self._plan
        if order is None or not plan.archived or (plan.problem and not plan.objects):
            return False
        return any(has_restore(archive, order.tier) for archive in plan.archived)

    @on(Choice.Changed)
    @on(Input.Changed)
    def _refresh(self) -> None:
        plan, order = self._plan, self.order
        count = counted(plan.objects, "archived object") if plan.complete else f"{counted(plan.objects, 'object')}…"
        nothing = nothing_words(plan)
        self.query_one(Frame).border_title = "Nothing to restore" if nothing else f"Restore {count}"
        self.query_one("#what", Lines).show(lambda width: _lines(plan, order, self._identity, width))
        for button in self.query("#restore-now, #dry-run").results(Button):
            button.disabled, button.display = not self._possible, not nothing
        for choice in self.query(".choice"):
            choice.display = not nothing
        cancel = self.query_one("#cancel", Button)
        cancel.label = "Close  enter" if nothing else "Cancel  esc"

    @on(Input.Submitted)
    def action_restore(self) -> None:
        if self._possible:
            self.leave(self.order)
        elif nothing_words(self._plan):
            self.leave()

    def action_dry_run(self) -> None:
        from tui.browser.dry_run_screen import DryRunScreen

        if self._possible and (order := self.order):
            self.app.push_screen(DryRunScreen(self._engine, order))


def _lines(plan: RestorePlan, order: RestoreOrder | None, identity: str, width: int) -> list[Content]:
    rows: list[tuple[str, list[Content]]] = [("as", [outside(identity)])]
    nothing = [outside(words, WARNING)] if (words := nothing_words(plan)) else []
    archives = len(plan.archived)
    counted_up = [outside(line, STRONG if at < archives else MUTED) for at, line in enumerate(plan_words(plan))]
    rows.append(("there", [*nothing, *counted_up] or [outside("counting…" if not plan.complete else "—", MUTED)]))
    if plan.problem:
        rows.append(("problem", [outside(f"✗ {plan.problem.sentence()}", BAD)]))
    if order is None and not nothing:
        rows.append(("days", [outside("✗ type a number of days, 1 or more", BAD)]))
    elif order and plan.archived:
        some = any(has_restore(archive, order.tier) for archive in plan.archived)
        rows.append(("takes", [outside(wait_words(plan.archived, order.tier), "" if some else BAD)]))
        if some:
            rows.append(("costs", [outside(cost_words(plan.archived, order.tier))]))
        kept = f"{counted(order.days, 'day')}; then the restored copies expire, the objects keep their class"
        rows.append(("kept", [outside(kept, MUTED)]))
    return [line for label, texts in rows for line in hanging(Content.styled(label, MUTED), texts, 9, width)]
