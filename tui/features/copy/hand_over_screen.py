"""A copy handed over to S3 Batch Operations: what the job is given, what it takes and what it cannot do."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import ClassVar

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Label

from tui.browser.card_lines import selected
from tui.core.engines import EngineKind
from tui.core.estimates import HandOver, Terms
from tui.core.location import Location, LocationError, parse_location
from tui.core.orders import (
    MOST_PRIORITY,
    USUAL_PRIORITY,
    BatchCopy,
    BatchOptions,
    BatchOrder,
    CopyOrder,
    ManifestSource,
)
from tui.core.problem import ProblemError
from tui.kit.choice import Choice
from tui.kit.dialog import DecisionDialog, Foot, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, MUTED, WARNING, Lines, hanging, outside
from tui.link.session import EngineAccess
from tui.messages.order_requests import PlanJob
from tui.settings import checks
from tui.text.format import counted, visible
from tui.text.order_lines import estimate_words, terms_words

ROLE = "arn:aws:iam::123456789012:role/NAME"
COUNTED, AT_ONCE = "confirm when counted", "run at once"

CANNOT = (
    "You can cancel a job but not pause it; objects it has copied stay.",
    "It overwrites objects that appear at the target after it was listed.",
)
LARGE = "{} above 5 GiB: this machine copies them, as CopyObject cannot."


class HandOverScreen(DecisionDialog[BatchOrder]):
    """Answers with the order of a job."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "hand_over", "Hand over"),
        Binding("ctrl+r", "make_role", "Make role"),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]

    def __init__(
        self, engine: EngineAccess, order: CopyOrder, plan: HandOver, terms: Terms, make_role: MakeRole | None = None
    ) -> None:
        """`order` is the copy of the route card; offers `make_role` where no role is named."""
        super().__init__()
        self._engine, self._order, self._plan, self._terms = engine, order, plan, terms
        self._make_role = make_role
        self._refused: list[str] = []
        """The engine's objections to the job planned last, or the permissions that its role lacks."""
        self._planned: BatchOrder | None = None

    def compose(self) -> ComposeResult:
        with Frame("Hand over to S3 Batch Operations", id="hand-over"):
            with VerticalScroll(can_focus=False):
                yield Lines(id="what")
            with Foot():
                with HorizontalGroup():
                    yield Label("role")
                    yield LineInput(self._terms.role, placeholder=ROLE, compact=True, select_on_focus=False, id="role")
                with HorizontalGroup():
                    yield Label("reports")
                    place, example = self._terms.reports, "s3://bucket/prefix/"
                    yield LineInput(place, placeholder=example, compact=True, select_on_focus=False, id="reports")
                with HorizontalGroup():
                    yield Label("list")
                    yield Choice(tuple(ManifestSource), ManifestSource.AUTO, gap=" ", id="manifest")
                with HorizontalGroup():
                    yield Label("starts")
                    yield Choice((COUNTED, AT_ONCE), COUNTED, gap=" ", id="confirm")
                with HorizontalGroup():
                    yield Label("priority")
                    yield LineInput(str(USUAL_PRIORITY), compact=True, select_on_focus=False, id="priority")
                with HorizontalGroup(classes="buttons"):
                    yield Button("Hand over  enter", variant="primary", id="do", compact=True)
                    yield Button("Make role  ctrl+r", id="make-role", compact=True, action="screen.make_role")
                    yield Button("Back  esc", id="back", compact=True, action="screen.cancel")

    def on_mount(self) -> None:
        """Begin at the first empty line: reports come first, as a role needs them."""
        needed = (self.query_one("#reports", Input), self.query_one("#role", Input))
        self.set_focus(next((line for line in needed if not line.value), self.query_one("#do")))
        self._refresh()

    @on(Choice.Changed)
    @on(Input.Changed)
    def _refresh(self) -> None:
        order = self._job()
        self.query_one("#do", Button).disabled = isinstance(order, str)
        make = self.query_one("#make-role", Button)
        make.display = self._make_role is not None and not self.query_one("#role", Input).value.strip()
        make.disabled = isinstance(self._job(with_role=False), str)
        wrong = order if isinstance(order, str) else ""
        missing = [wrong] if wrong else self._refused
        do = self.query_one("#do", Button)
        do.label = f"Hand over{' anyway' if self._refused and order == self._planned else ''}  enter"
        do.refresh(layout=True)  # its width is that of its label
        self.query_one("#what", Lines).show(lambda width: _lines(self._order, self._plan, missing, width))

    def _job(self, *, with_role: bool = True) -> BatchOrder | str:
        try:
            role = _role(self.query_one("#role", Input).value.strip()) if with_role else ""
            reports = _reports(self.query_one("#reports", Input).value.strip())
        except (ValueError, LocationError) as error:
            return str(error)
        typed = self.query_one("#priority", Input).value.strip()
        if not (typed.isascii() and typed.isdigit() and int(typed) <= MOST_PRIORITY):
            return f"enter a priority from 0 to {MOST_PRIORITY}"
        options = BatchOptions(
            role,
            reports,
            manifest=ManifestSource(self.query_one("#manifest", Choice).value),
            priority=int(typed),
            confirm=self.query_one("#confirm", Choice).value == COUNTED,
        )
        copy = self._order
        operation = BatchCopy(copy.destination, replace(copy.options, receipt=""))
        return BatchOrder(copy.selection, copy.destination.connection, operation, options, copy.options.receipt)

    @on(Input.Submitted)
    @on(Button.Pressed, "#do")
    def action_hand_over(self) -> None:
        order = self._job()
        if not isinstance(order, BatchOrder):
            return
        if order == self._planned:  # what is missing was shown: it is meant so
            self.leave(order)
        else:
            self.run_worker(self._plan_job(order), exclusive=True)

    def action_make_role(self) -> None:
        """Make a role for just this job, and fill in its ARN."""
        order = self._job(with_role=False)
        if self._make_role and self.query_one("#make-role").display and isinstance(order, BatchOrder):
            self.run_worker(self._make_role(order, self._take_role), group="role", exclusive=True)

    def _take_role(self, arn: str) -> None:
        self.query_one("#role", Input).value = arn
        self.set_focus(self.query_one("#do"))

    async def _plan_job(self, order: BatchOrder) -> None:
        """Have the engine look at the job and its role; leave if nothing is missing."""
        try:
            job = await self._engine.ask(PlanJob(order))
        except ProblemError as error:
            self._planned, self._refused = None, [error.problem.sentence()]
        else:
            self._planned, self._refused = order, [problem.sentence() for problem in job.missing]
            if not self._refused and order == self._job():  # else something else was chosen meanwhile
                self.leave(order)
                return
        self._refresh()


def _role(text: str) -> str:
    if not text:
        raise ValueError(f"enter the role of the job: {ROLE}")
    return checks.role_arn(text)


def _reports(text: str) -> Location:
    location = parse_location(text)
    if not location.in_s3 or not location.is_prefix:
        raise LocationError(f"{text!r} is not a prefix: write s3://bucket/prefix/")
    return location


def _lines(order: CopyOrder, plan: HandOver, missing: list[str], width: int) -> list[Content]:
    job = next((each for each in plan.estimates if each.engine is EngineKind.BATCH), None)
    here = plan.estimates[0]
    base, chosen = outside(order.selection.base.uri, MUTED), selected(order.selection, width - 9)
    rows = [
        ("from", Content.assemble(base, "  ", chosen)),
        ("to", outside(visible(order.destination.location.uri), MUTED)),
        ("takes", outside(f"{estimate_words(job)}; this machine: {estimate_words(here)}" if job else "")),
        ("prices", outside(terms_words(plan), MUTED)),
    ]
    cannot = [LARGE.format(counted(plan.large, "object"))] if plan.large else []
    lines = [line for label, text in rows for line in hanging(Content.styled(label, MUTED), [text], 9, width)]
    lines += hanging(Content.styled("limits", MUTED), [outside(each, WARNING) for each in (*cannot, *CANNOT)], 9, width)
    if missing:
        wrong = [outside(f"✗ {each}", BAD) for each in missing]
        lines += hanging(Content.styled("missing", MUTED), wrong, 9, width)
    return lines


MakeRole = Callable[[BatchOrder, Callable[[str], None]], Coroutine[None, None, None]]
"""Opens the dialog for the role of a job, which calls back with its ARN once it has all that the job needs."""
