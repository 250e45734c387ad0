"""The access assistant: what a grant changes, applied after it was seen, tested, and taken back."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from msgspec import structs
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui.core.identity import Identity
from tui.core.network import OfferedCondition
from tui.core.problem import Problem
from tui.kit.dialog import Frame
from tui.kit.lines import outside
from tui.kit.need_dialogs import need_words
from tui.link.session import EngineAccess
from tui.messages.inspect_requests import FindNetworkPath
from tui.model.access.grants import AccessPlan, GrantOrder
from tui.protocol.messages.access import PlanGrant
from tui.text.changes.probes import too_open
from tui.text.format import cut_middle, visible
from tui.ui.access.access_choices import AccessChoices
from tui.ui.access.access_foot import AccessFoot, GrantState
from tui.ui.access.applying import PATIENCE
from tui.ui.access.grant_head import GrantHead
from tui.ui.access.plan_dialog import LEAVING, READING, PlanDialog
from tui.ui.access.plan_lines import PlanView, changes_for_others
from tui.ui.access.plan_panel import PlanPanel

MAX_WIDTH = 120
"""Of the frame, in cells; its style sheet says the same."""


class AccessScreen(PlanDialog[bool]):
    """Answers with whether anything was changed. Nothing is written before Enter, and only what was in sight."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "apply", "Apply"),
        Binding("a", "step('allow')", "Allow"),
        Binding("w", "step('way')", "Way"),
        Binding("o", "options", "Only if"),
        Binding("ctrl+u", "swap", "Swap"),
        Binding("p", "scroll(1, 'parts')", "Next part"),
        Binding("y", "hand_over('copy')", "Copy"),
        Binding("s", "hand_over('save')", "Save"),
        Binding("x", "hand_over('script')", "As CLI, boto3, Terraform"),
        Binding("t", "test", "Test"),
        Binding("u", "undo", "Undo"),
        Binding("n", "meet", show=False),
        Binding("up", "scroll(-1, 'lines')", show=False),
        Binding("down", "scroll(1, 'lines')", show=False),
        Binding("pageup", "scroll(-1, 'pages')", show=False),
        Binding("pagedown", "scroll(1, 'pages')", show=False),
    ]

    def __init__(self, engine: EngineAccess, order: GrantOrder, owner: Identity, other: Identity) -> None:
        """`order` as it is proposed; `owner` and `other` are the identities of its connections."""
        super().__init__(engine)
        self._base = order
        self._owner, self._other = owner, other
        self._choices, self._wrong = AccessChoices(order.way, order.allow), ""
        self._reading = False

    def compose(self) -> ComposeResult:
        """The choices, the changes, the buttons."""
        with Frame("", id="access"):
            yield GrantHead(self._choices, self._base, self._find_path)
            yield PlanPanel(PlanView({each.connection: each for each in (self._owner, self._other)}))
            yield AccessFoot()

    def on_mount(self) -> None:
        """Ask at once; the changes come when the documents were read."""
        self._show_parties()
        self._plan()

    async def _find_path(self) -> OfferedCondition:
        """What the other identity's requests from here can be told by."""
        request = FindNetworkPath(self._other.connection, self._base.location.bucket, self._owner.connection)
        return (await self._engine.ask(request)).condition

    def _show_parties(self) -> None:
        words = f"Give {visible(self._other.label)} access to "
        room = max(8, min(self.app.size.width, MAX_WIDTH) - 8 - len(words))
        self.query_one(Frame).border_title = outside(words + cut_middle(visible(self._base.location.uri), room))
        self.query_one(GrantHead).show_parties(self._owner, self._other)

    @property
    def order(self) -> GrantOrder:
        """The grant as it is chosen. Raises `TypedError`."""
        return self._choices.order(self._base)

    def _plan(self, said: str = "", *, soon: bool = False) -> None:
        """Have it planned again; what was planned before is not applied any more."""
        self._stop_test()
        self._problem, self._panel.plan = None, None
        self._said, self._reading = said, not self._wrong
        if self._wrong:
            self._planning.end()
        elif soon:
            self._planning.begin_soon(PlanGrant(self.order))
        else:
            self._planning.begin(PlanGrant(self.order))
        self._refresh()

    @property
    def _proved(self) -> GrantOrder:
        return self.order

    @property
    def _subject(self) -> str:
        return self._base.location.bucket

    def _stop_test(self) -> None:
        self._applying.stop_test()

    def _planned(self, plan: AccessPlan | None, problem: Problem | None) -> None:
        self._reading, self._problem = False, problem
        if plan:
            self._panel.show_plan(plan)
            if not any(change.can_be_applied or change.stops for change in plan.changes):
                look = self._applying.look_back(plan, self._base.location)
                self.run_worker(look, exclusive=True, group="earlier")
        elif problem:
            self._panel.show_problem(problem)
        self._refresh()

    @property
    def _state(self) -> GrantState:
        panel, applying = self._panel, self._applying
        return GrantState(
            panel.plan,
            panel.view,
            panel.all_seen,
            busy=applying.writing or (READING if self._reading else ""),
            writing=bool(applying.writing),
            can_undo=bool(applying.made or applying.earlier),
            said=self._said,
            need=need_words(self._problem) if self._problem else "",
        )

    @on(PlanPanel.Looked)
    def _refresh(self) -> None:
        """The buttons and the line above them follow what can be done now."""
        now = self._state
        self.query_one(GrantHead).disabled = now.writing
        self.query_one(AccessFoot).show(now)

    @on(GrantHead.Changed)
    def _take(self, event: GrantHead.Changed) -> None:
        event.stop()
        self._choices, self._wrong = event.choices, event.wrong
        self._plan(soon=True)

    def action_step(self, choice: str) -> None:
        """Take the next option of a choice."""
        if not self._applying.writing:
            self.query_one(GrantHead).step(choice)

    def action_options(self) -> None:
        """Show the rarer choices, or put them away."""
        head = self.query_one(GrantHead)
        head.show_options(not head.expanded)

    def action_swap(self) -> None:
        """Let the other one of the two identities in, by the one that was to be let in."""
        if self._applying.writing or self._base.needs:
            return
        if self._other.read_only:
            self._said = f"{self._other.label} is read-only ({self._other.read_only}): it can let nobody in"
            self._refresh()
            return
        self._owner, self._other = self._other, self._owner
        self._base = structs.replace(self._base, owner=self._owner.connection, other=self._other.connection)
        self._show_parties()
        self._plan()

    def action_test(self) -> None:
        """Try it as the other identity: what must be allowed, and what must stay refused."""
        now = self._state
        if now.plan is None or now.busy or now.left:
            return
        waits = now.view.applied and not changes_for_others(now.plan, now.view)
        patience = PATIENCE if waits else 0.0
        work = partial(self._test, self.order, patience)
        self._applying.testing = self.run_worker(work, exclusive=True, group="test")

    async def _test(self, order: GrantOrder, patience: float) -> None:
        """Test it, and take back at once what has opened more than it is for."""
        too_much = await self._applying.test(order, self._other.label, patience, self._panel.show_proof)
        if too_much:
            problem = await self._applying.undo()
            left = [each.ref.title for each in self._applying.made]
            self._plan(too_open(too_much, [*left, problem.sentence()] if problem else left).sentence())

    def action_cancel(self) -> None:
        """One step back: from the rarer choices to the changes, from there to the panes."""
        head = self.query_one(GrantHead)
        if head.expanded:
            head.show_options(False)
        elif self._applying.writing and self._said != LEAVING:
            self._said = LEAVING
            self.notify(LEAVING, severity="warning", markup=False)
        else:
            self.leave(self._applying.changed or bool(self._applying.writing))
