"""The plan of a repair of ownership, which Enter confirms."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path
from typing import ClassVar

from msgspec.structs import replace
from rich.cells import cell_len
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalScroll
from textual.content import Content
from textual.widgets import Button
from textual.worker import Worker

from tui.core.facts import Half, RepairPlan, RepairStep
from tui.core.identity import AddressBook
from tui.core.location import Location
from tui.core.orders import RepairOrder
from tui.core.problem import ProblemError
from tui.features.repair import words
from tui.features.repair.values import PlanRepair
from tui.features.repair.words import commands_of
from tui.kit.dialog import DecisionDialog, Foot, Frame
from tui.kit.lines import BAD, MUTED, STRONG, WARNING, Lines, hanging, outside, right_aligned
from tui.link.session import EngineAccess
from tui.text.format import below_home, cut_middle, visible

MAX_WIDTH = 104
"""Of the frame, in cells; its style sheet says the same."""


class RepairScreen(DecisionDialog[RepairOrder]):
    """Answers with the order once its plan is complete, and there is something to repair."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "repair", "Repair"),
        Binding("d", "dry_run", "Dry run"),
        Binding("y", "yank_commands", "Copy the commands"),
        Binding("up", "scroll(-1)", show=False),
        Binding("down", "scroll(1)", show=False),
    ]

    def __init__(self, engine: EngineAccess, order: RepairOrder, book: AddressBook) -> None:
        super().__init__()
        self._engine, self._order, self._book = engine, order, book
        self._plan = RepairPlan()
        self._counting = True
        self._following: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        with Frame("Repair ownership", id="repair"):
            with VerticalScroll(can_focus=False):
                yield Lines(id="plan")
            with Foot(), HorizontalGroup(classes="buttons"):
                yield Button("Repair  enter", variant="primary", id="repair-now", compact=True)
                yield Button("Dry run  d", id="dry-run", compact=True, action="screen.dry_run")
                yield Button("", id="yank", compact=True, action="screen.yank_commands")
                yield Button("Stop counting  ctrl+c", id="stop", compact=True, action="screen.stop")
                yield Button("Cancel  esc", id="cancel", compact=True, action="screen.cancel")

    def on_mount(self) -> None:
        self._refresh()
        self.set_focus(self.query_one("#cancel"))
        self._following = self._count()

    @work(group="plan")
    async def _count(self) -> None:
        try:
            async with aclosing(self._engine.follow(PlanRepair(self._order))) as plans:
                async for plan in plans:
                    self._plan = plan
                    self._refresh()
        except ProblemError as error:
            self._plan = replace(self._plan, problem=error.problem, complete=True)
        self._counted()

    def _counted(self) -> None:
        self._counting = False
        self._refresh()
        self.set_focus(self.query_one("#repair-now" if self._possible else "#cancel"))

    @property
    def _place(self) -> Location:
        selection = self._order.selection
        only = [*selection.keys, *selection.prefixes]
        return Location(selection.base.bucket, only[0]) if len(only) == 1 else selection.base

    @property
    def _possible(self) -> bool:
        return self._plan.problem is None and self._plan.complete and self._plan.objects > 0

    @property
    def _other_half(self) -> Half:
        """The half whose commands can be copied: the one that is not done here, else the grant."""
        elsewhere = [step.half for step in self._plan.steps if not step.ours]
        return elsewhere[0] if elsewhere else Half.GRANT

    def _refresh(self) -> None:
        plan, book = self._plan, self._book
        width = min(self.app.size.width, MAX_WIDTH) - 8
        self.query_one(Frame).border_title = title(plan, self._place, book, width)
        rollback = below_home(self._order.rollback, str(Path.home()))
        self.query_one("#plan", Lines).show(lambda width: plan_lines(plan, book, width, rollback))
        self.query_one("#stop").display = self._counting
        self.query_one("#yank").display = not self._counting
        self.query_one("#yank", Button).label = f"Commands for step {1 if self._other_half is Half.GRANT else 2}  y"
        self.query_one("#yank", Button).disabled = not plan.objects
        self.query_one("#repair-now", Button).disabled = not self._possible
        self.query_one("#dry-run", Button).disabled = plan.problem is not None

    @on(Button.Pressed, "#repair-now")
    def action_repair(self) -> None:
        if self._possible:
            self.leave(self._order)

    def action_dry_run(self) -> None:
        from tui.browser.dry_run_screen import DryRunScreen

        if self._plan.problem is None:
            self.app.push_screen(DryRunScreen(self._engine, self._order))

    def action_yank_commands(self) -> None:
        if lines := commands_of(self._plan, self._other_half) if self._plan.objects else []:
            self.app.copy_to_clipboard("\n".join(lines))
            self.notify("\n".join(lines[:4]), title="Sent to the terminal's clipboard", markup=False)

    def action_stop(self) -> None:
        """Stop counting; without the whole plan nothing is repaired."""
        if self._counting and self._following:
            self._following.cancel()
            self._counted()

    def break_off(self) -> None:
        if self._counting:
            self.action_stop()
        else:
            super().break_off()


INDENT = 3

NOTHING = "nothing to repair: the bucket owner owns every object"
COUNTING = "counting…"
ROLLBACK = "previous state of each object:"


def title(plan: RepairPlan, place: Location, book: AddressBook, width: int) -> Content:
    """``Make media-prod the owner of 1,204 objects (213 GiB) in s3://…`` in `width` cells."""
    what = f"{words.title(plan, book)} in "
    return outside(what + cut_middle(visible(place.uri), max(8, width - cell_len(what))))


def plan_lines(plan: RepairPlan, book: AddressBook, width: int, rollback: str = "") -> list[Content]:
    """Each half, then the other lines; a problem alone. `rollback`: the path of the rollback list."""
    if plan.problem:
        return hanging(Content.styled("✗", BAD), [outside(plan.problem.sentence(), BAD)], INDENT, width)
    if plan.complete and not plan.objects:
        lines = [Content.styled(NOTHING, MUTED)]
    else:
        lines = [line for number, step in enumerate(plan.steps, 1) for line in _step(number, step, plan, width)]
    for text in words.other_lines(plan, book):
        tone = WARNING if text.startswith("versioned") else ""
        lines += hanging(Content(""), [outside(text, tone)], INDENT, width)
    if rollback and plan.objects:
        what = f"{ROLLBACK} {cut_middle(visible(rollback), max(8, width - INDENT - cell_len(ROLLBACK) - 1))}"
        lines += hanging(Content(""), [outside(what, MUTED)], INDENT, width)
    return lines or [Content.styled(COUNTING, MUTED)]


def _step(number: int, step: RepairStep, plan: RepairPlan, width: int) -> list[Content]:
    """``1  as analytics  PutObjectAcl …  1,204 requests``: the amount at the right where there is room."""
    who, what, amount = words.step_columns(plan)[number - 1]
    text = Content.assemble(outside(who, STRONG if step.ours else WARNING), "  ", outside(what))
    lines = hanging(Content.styled(str(number), MUTED), [text], INDENT, width)
    tail = outside(amount, MUTED)
    if whole := right_aligned(lines[-1].rstrip(), tail, width):
        return [*lines[:-1], whole]
    return [*lines, *hanging(Content(""), [tail], INDENT, width)]
