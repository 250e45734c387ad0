"""The role of an S3 Batch Operations job: its permissions, applied after they were shown, checked, and undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace
from textual import on, work
from textual.app import ComposeResult
from textual.containers import HorizontalGroup, VerticalGroup
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Label, Static

from tui.core.identity import Identity
from tui.core.jobs import JOB_FOLDER, BatchOperation, BatchRoleOrder, JobAccess, JobPlace, RoleCheck, job_folder
from tui.core.location import Location, LocationError, parse_location
from tui.core.problem import Problem, ProblemError
from tui.features.access.plan_panel_view import PlanPanel, PlanView
from tui.features.access.plan_screen import AccessFoot, PlanDialog
from tui.features.access.values import AccessPlan, CheckBatchRole, PlanBatchRole
from tui.kit.choice import Choice
from tui.kit.dialog import Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, GOOD, KEY, MUTED, WARNING, hanging, outside
from tui.link.session import EngineAccess
from tui.text.format import counted, visible

WORDS = {each: each.value for each in BatchOperation} | {
    BatchOperation.PUT_TAGS: "tags",
    BatchOperation.DELETE_TAGS: "no tags",
}
"""The operations in display order: all fit into 80 columns."""


class BatchRoleHead(VerticalGroup):
    """Posts every change at once."""

    @dataclass
    class Changed(Message):
        """Another job; `wrong` says why the text is invalid, and `job` is None then."""

        job: JobAccess | None
        wrong: str

    def __init__(self, job: JobAccess) -> None:
        super().__init__(id="batch-role-head")
        self._job, self._target = job, job.target

    def compose(self) -> ComposeResult:
        with HorizontalGroup(classes="choice"):
            yield Label("job")
            yield Static(id="who")
        with HorizontalGroup(classes="choice"):
            yield Label("do       ")
            offered = tuple(word for each, word in WORDS.items() if self._target or each is not BatchOperation.COPY)
            yield Choice(offered, WORDS[self._job.operation], gap=" ", id="operation")
        for name, value in (("reports", self._reports), ("role", self._job.role)):
            with HorizontalGroup(classes="choice"):
                yield Label(Content.assemble(f"{name:<8}", (".", KEY) if name == "reports" else ""))
                example = self._job.role_name if name == "role" else "s3://bucket/prefix/"
                yield LineInput(value, placeholder=example, select_on_focus=False, compact=True, id=name)

    def on_mount(self) -> None:
        self._tell()

    @property
    def _reports(self) -> str:
        place = self._job.report
        if place is None:
            return ""
        return Location(place.location.bucket, place.location.key.removesuffix(JOB_FOLDER)).uri

    def _tell(self) -> None:
        job = self._job
        target = f" → {job.target.location.uri}" if job.target else ""
        self.query_one("#who", Static).update(outside(visible(f"{job.source.location.uri}{target}")))
        self.query_one("#role", Input).placeholder = job.role_name

    @on(Choice.Changed)
    def _chosen(self, event: Choice.Changed) -> None:
        event.stop()
        operation = next(each for each, word in WORDS.items() if word == event.value)
        target = self._target if operation is BatchOperation.COPY else None
        self._post(replace(self._job, operation=operation, target=target))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.id == "role":
            if event.value.strip() != self._job.role:
                self._post(replace(self._job, role=event.value.strip()))
        elif event.value != self._reports:
            self._take_reports(event.value)

    def _take_reports(self, text: str) -> None:
        try:
            place = parse_location(text.strip())
        except LocationError as error:
            self.post_message(self.Changed(None, str(error)))
            return
        reports = JobPlace(job_folder(place))
        manifest = reports if self._job.manifest == self._job.report else self._job.manifest
        self._post(replace(self._job, report=reports, manifest=manifest))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        """Enter in a line applies nothing: it moves the focus to the changes."""
        event.stop()
        self.screen.set_focus(None)

    def _post(self, job: JobAccess) -> None:
        self._job = job
        self._tell()
        self.post_message(self.Changed(job, ""))


CHECKING = "checking the role…"


class BatchRoleScreen(PlanDialog[str]):
    """Returns the role's ARN once the role has everything that is known to be needed."""

    TEST = "Check"

    def __init__(self, engine: EngineAccess, order: BatchRoleOrder, identities: Sequence[Identity]) -> None:
        super().__init__(engine)
        self._base, self._order, self._arn = order, order, ""
        self._identities = {each.connection: each for each in identities}

    def compose(self) -> ComposeResult:
        with Frame("A role for S3 Batch Operations", id="access"):
            yield BatchRoleHead(self._order.job)
            yield PlanPanel(PlanView(self._identities))
            yield AccessFoot()

    def on_mount(self) -> None:
        self._plan()

    def _plan(self, said: str = "", *, soon: bool = False) -> None:
        self._arn = ""
        super()._plan(f"✗ {self._wrong}" if self._wrong else said, soon=soon)

    @property
    def _request(self) -> PlanBatchRole:
        return PlanBatchRole(self._order)

    @property
    def _subject(self) -> str:
        return self._order.job.role_name

    def _stop_test(self) -> None:
        self.workers.cancel_group(self, "check")
        self._busy = "" if self._busy == CHECKING else self._busy

    def _planned(self, plan: AccessPlan | None, problem: Problem | None) -> None:
        super()._planned(plan, problem)
        if plan and not self._state.left:
            self.action_test()

    @on(BatchRoleHead.Changed)
    def _take(self, event: BatchRoleHead.Changed) -> None:
        event.stop()
        self._wrong = event.wrong
        if event.job is not None:
            self._order = self._ordered(event.job)
        self._plan(soon=True)

    def _ordered(self, job: JobAccess) -> BatchRoleOrder:
        """Jobs other than copies are created in the account of their objects: by the other identity, if any."""
        first, *others = self._base.owner, *self._base.others
        if self._base.job.target and not job.target and others:
            first, others = others[0], [first, *others[1:]]
        identity = self._identities[first]
        return BatchRoleOrder(replace(job, account=identity.account), first, others)

    def action_options(self) -> None:
        self.set_focus(self.query(Input).first())

    def action_test(self) -> None:
        now = self._state
        if now.plan is not None and not now.busy:
            self._check(now.plan)

    @work(group="check", exclusive=True)
    async def _check(self, plan: AccessPlan) -> None:
        self._busy = CHECKING
        self._refresh()
        try:
            check = await self._engine.ask(CheckBatchRole(self._order))
        except ProblemError as error:
            self._busy = ""
            self._ended(error.problem)
            return
        self._busy = ""
        self._arn = "" if check.missing else plan.role_arn
        self._panel.show_above(lambda width: check_lines(check, width))
        self._refresh()

    def action_cancel(self) -> None:
        """One step back: from a line of text to the changes, from there to the previous dialog or pane."""
        if isinstance(self.focused, Input):
            self.set_focus(None)
        else:
            self._leave(self._arn)


def check_lines(check: RoleCheck, width: int) -> list[Content]:
    lines = [_summary(check)]
    for problem in check.missing:
        lines += _lines(problem, "✗", BAD, width)
    for problem in check.unknown:
        lines += _lines(problem, "?", WARNING, width)
    return [*lines, Content("")]


def _summary(check: RoleCheck) -> Content:
    name = visible(check.job.role_name)
    if check.missing:
        return outside(f"checked: {counted(len(check.missing), 'problem')} with role {name}", BAD)
    if check.unknown:
        return outside(f"checked as far as possible: no problem with role {name}", WARNING)
    return outside(f"checked: role {name} has everything that the job needs", GOOD)


def _lines(problem: Problem, mark: str, tone: str, width: int) -> list[Content]:
    parts = [outside(visible(problem.title), tone)]
    parts += [outside(visible(each), MUTED) for each in (problem.cause, problem.remedy) if each]
    return hanging(Content.styled(mark, tone), parts, 2, width)
