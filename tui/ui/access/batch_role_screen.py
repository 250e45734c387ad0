"""The role of a job of S3 Batch Operations: what it takes, applied after it was seen, checked, and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from msgspec.structs import replace
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui.core.identity import Identity
from tui.core.jobs import BatchRoleOrder, JobAccess, RoleCheck
from tui.core.problem import Problem, ProblemError
from tui.kit.dialog import Frame
from tui.kit.need_dialogs import need_words
from tui.link.session import EngineAccess
from tui.model.access.grants import AccessPlan
from tui.protocol.messages.access import CheckBatchRole, PlanBatchRole
from tui.ui.access.access_foot import AccessFoot, GrantState
from tui.ui.access.batch_role_head import BatchRoleHead
from tui.ui.access.check_lines import check_lines
from tui.ui.access.plan_dialog import LEAVING, READING, PlanDialog
from tui.ui.access.plan_lines import PlanView
from tui.ui.access.plan_panel import PlanPanel

CHECKING = "checking the role…"


class BatchRoleScreen(PlanDialog[str]):
    """Answers with the ARN of the role once nothing that it takes is known to be missing.

    Nothing is written before Enter, and only what was in sight.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "apply", "Apply"),
        Binding("a", "step", "Operation"),
        Binding("o", "options", "Role and reports"),
        Binding("p", "scroll(1, 'parts')", "Next part"),
        Binding("y", "hand_over('copy')", "Copy"),
        Binding("s", "hand_over('save')", "Save"),
        Binding("x", "hand_over('script')", "As CLI, boto3, Terraform"),
        Binding("t", "test", "Check"),
        Binding("u", "undo", "Undo"),
        Binding("n", "meet", show=False),
        Binding("up", "scroll(-1, 'lines')", show=False),
        Binding("down", "scroll(1, 'lines')", show=False),
        Binding("pageup", "scroll(-1, 'pages')", show=False),
        Binding("pagedown", "scroll(1, 'pages')", show=False),
    ]

    def __init__(self, engine: EngineAccess, order: BatchRoleOrder, identities: Sequence[Identity]) -> None:
        """`order` as it is proposed; `identities` are those of its connections."""
        super().__init__(engine)
        self._base, self._order, self._wrong = order, order, ""
        self._identities = {each.connection: each for each in identities}
        self._busy, self._arn = "", ""

    def compose(self) -> ComposeResult:
        """The choices, the changes, the buttons."""
        with Frame("A role for S3 Batch Operations", id="access"):
            yield BatchRoleHead(self._order.job)
            yield PlanPanel(PlanView(self._identities))
            yield AccessFoot()

    def on_mount(self) -> None:
        """Ask at once; the changes come when the documents were read."""
        self._plan()

    def _plan(self, said: str = "", *, soon: bool = False) -> None:
        """Have it planned again; what was planned before is not applied any more."""
        self._stop_test()
        self._problem, self._panel.plan, self._arn = None, None, ""
        self._said, self._busy = said, "" if self._wrong else READING
        if self._wrong:
            self._planning.end()
            self._said = f"✗ {self._wrong}"
        elif soon:
            self._planning.begin_soon(PlanBatchRole(self._order))
        else:
            self._planning.begin(PlanBatchRole(self._order))
        self._refresh()

    @property
    def _subject(self) -> str:
        return self._order.job.role_name

    def _stop_test(self) -> None:
        self.workers.cancel_group(self, "check")
        self._busy = "" if self._busy == CHECKING else self._busy

    def _planned(self, plan: AccessPlan | None, problem: Problem | None) -> None:
        self._busy, self._problem = "", problem
        if plan:
            self._panel.show_plan(plan)
        elif problem:
            self._panel.show_problem(problem)
        self._refresh()
        if plan and not self._state.left:
            self.action_test()

    @property
    def _state(self) -> GrantState:
        panel, applying = self._panel, self._applying
        return GrantState(
            panel.plan,
            panel.view,
            panel.all_seen,
            busy=applying.writing or self._busy,
            writing=bool(applying.writing),
            can_undo=bool(applying.made),
            said=self._said,
            need=need_words(self._problem) if self._problem else "",
            test="Check",
        )

    @on(PlanPanel.Looked)
    def _refresh(self) -> None:
        """The buttons and the line above them follow what can be done now."""
        now = self._state
        self.query_one(BatchRoleHead).disabled = now.writing
        self.query_one(AccessFoot).show(now)

    @on(BatchRoleHead.Changed)
    def _take(self, event: BatchRoleHead.Changed) -> None:
        event.stop()
        self._wrong = event.wrong
        if event.job is not None:
            self._order = self._ordered(event.job)
        self._plan(soon=True)

    def _ordered(self, job: JobAccess) -> BatchRoleOrder:
        """Anything but a copy is created where its objects are: by the other identity, if there is one."""
        first, *others = self._base.owner, *self._base.others
        if self._base.job.target and not job.target and others:
            first, others = others[0], [first, *others[1:]]
        identity = self._identities[first]
        return BatchRoleOrder(replace(job, account=identity.account), first, others)

    def action_step(self) -> None:
        """Take the next operation."""
        if not self._applying.writing:
            self.query_one(BatchRoleHead).step()

    def action_options(self) -> None:
        """Type the place of the reports and the role."""
        self.query_one(BatchRoleHead).type()

    def action_test(self) -> None:
        """Check whether the role has what the job takes; nothing is written for it."""
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
        self._checked(plan, check)

    def _checked(self, plan: AccessPlan, check: RoleCheck) -> None:
        self._arn = "" if check.missing else plan.role_arn
        self._panel.show_above(lambda width: check_lines(check, width))
        self._refresh()

    def action_cancel(self) -> None:
        """One step back: from the lines to the changes, from there to what was before."""
        if self.focused is not None:
            self.set_focus(None)
        elif self._applying.writing and self._said != LEAVING:
            self._said = LEAVING
            self.notify(LEAVING, severity="warning", markup=False)
        else:
            self.leave(self._arn)
