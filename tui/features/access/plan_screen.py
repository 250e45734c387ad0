"""The base of dialogs that plan document changes and apply them after the user has seen them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Button, Static
from textual.widgets.button import ButtonVariant
from textual.worker import Worker

from tui.core.changes import AppliedChange, ChangeLog, DocumentRef, PlannedChange
from tui.core.location import Location
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.access import plan_panel_view
from tui.features.access.values import AccessPlan, GrantOrder, ProbeResult, TestAccess, opened
from tui.kit.dialog import DecisionDialog, DialogResult, Foot, given
from tui.kit.lines import BAD, MUTED, WARNING, outside
from tui.kit.need_dialogs import ask_for, need_words
from tui.kit.timers import once
from tui.link.request import Request
from tui.link.session import EngineAccess
from tui.messages.document_requests import ApplyChange, ListChanges, PlanUndo
from tui.text.document_lines import document_files
from tui.text.format import counted, visible

READING = "reading the documents…"
UNDONE = "undone: every document is as it was before"
LEAVING = "still writing · esc again leaves · 'xs3-tui access log' lists what was changed"


class PlanDialog(DecisionDialog[DialogResult]):
    """Writes nothing before Enter, and only shown changes. Subclasses add the choices, the plan and its test."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "apply", "Apply"),
        Binding("right_square_bracket", "part(1)", "Next part"),
        Binding("left_square_bracket", "part(-1)", "Previous part"),
        Binding("y", "hand_over('copy')", "Copy"),
        Binding("W", "hand_over('save')", "Save"),
        Binding("v", "hand_over('script')", "As CLI, boto3, Terraform"),
        Binding("Z", "undo", "Undo"),
        Binding("full_stop", "options", "Options"),
        Binding("up", "scroll(-1)", show=False),
        Binding("down", "scroll(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
    ]
    AUTO_FOCUS = ""  # no widget has the focus: Enter applies
    TEST = "Test"

    def __init__(self, engine: EngineAccess) -> None:
        super().__init__()
        self._engine = engine
        self._problem: Problem | None = None
        self._said, self._wrong, self._busy = "", "", ""
        """The last result; why the choices are invalid; what is running."""
        self._applying = Applying(engine, self._refresh)
        self._planning = GrantPlanning(self, engine, self._planned)

    @property
    def _panel(self) -> plan_panel_view.PlanPanel:
        return self.query_one(plan_panel_view.PlanPanel)

    @property
    def _state(self) -> GrantState:
        panel, applying = self._panel, self._applying
        return GrantState(
            panel.plan,
            panel.view,
            panel.all_seen,
            busy=applying.writing or self._busy,
            writing=bool(applying.writing),
            can_undo=bool(applying.made or applying.earlier),
            said=self._said,
            need=need_words(self._problem) if self._problem else "",
            test=self.TEST,
        )

    @property
    def _request(self) -> Request[AccessPlan]:
        raise NotImplementedError

    @property
    def _subject(self) -> str:
        raise NotImplementedError

    @property
    def _proved(self) -> GrantOrder | None:
        return None

    def _plan(self, said: str = "", *, soon: bool = False) -> None:
        """Plan again, and show `said`; `soon`: once the user stops typing. The old plan is discarded."""
        self._stop_test()
        self._problem, self._panel.plan = None, None
        self._said, self._busy = said, "" if self._wrong else READING
        if self._wrong:
            self._planning.end()
        elif soon:
            self._planning.begin_soon(self._request)
        else:
            self._planning.begin(self._request)
        self._refresh()

    def _planned(self, plan: AccessPlan | None, problem: Problem | None) -> None:
        self._busy, self._problem = "", problem
        if plan:
            self._panel.show_plan(plan)
        elif problem:
            self._panel.show_problem(problem)
        self._refresh()

    @on(plan_panel_view.PlanPanel.Looked)
    def _refresh(self) -> None:
        now = self._state
        self.query("#grant-head, #batch-role-head").set(disabled=now.writing)
        self.query_one(AccessFoot).show(now)

    def _stop_test(self) -> None:
        raise NotImplementedError

    def _leave(self, answer: DialogResult) -> None:
        if self._applying.writing and self._said != LEAVING:
            self._said = LEAVING
            self.notify(LEAVING, severity="warning", markup=False)
        else:
            self.leave(answer)

    def action_test(self) -> None:
        raise NotImplementedError

    def action_meet(self) -> None:
        if self._problem:
            ask_for(self, self._engine, self._problem, given(lambda _: self._plan()))

    def action_apply(self) -> None:
        """Give what is needed, else scroll down; once all of the plan was visible, apply what can be; then test."""
        now = self._state
        if now.need and not now.busy:
            self.action_meet()
        elif now.plan is None or now.busy:
            return
        elif not now.left:
            if self._applying.testing is None or self._applying.testing.is_finished:
                self.action_test()
        elif now.all_seen:
            self._apply(now.plan, now.left)
        else:
            self.action_page(1)

    @work(group="apply")
    async def _apply(self, plan: AccessPlan, wanted: list[int]) -> None:
        self._said = ""
        problem = await self._applying.apply(plan, wanted, self._panel.show_applied, self._proved)
        if problem and problem.kind is ProblemKind.CHANGED:
            self._plan(problem.sentence())
        else:
            self._ended(problem)
            if problem is None:
                self.action_test()

    @work(group="apply")
    async def _undo(self) -> None:
        self._stop_test()
        problem = await self._applying.undo()
        if problem:
            self._ended(problem)
        else:
            self._plan(UNDONE)

    def _ended(self, problem: Problem | None) -> None:
        self._problem = problem
        self._said = problem.sentence() if problem else ""
        self._refresh()

    def action_undo(self) -> None:
        """Restore every document that this dialog, or an earlier grant in effect, has changed."""
        if self._state.can_undo and not self._applying.writing:
            self._planning.end()
            self._undo()

    def action_hand_over(self, how: str) -> None:
        plan, part = self._panel.plan, self._panel.part
        if plan and part:
            match how:
                case "copy":
                    copy_part(self, part)
                case "save":
                    save_plan(self, plan, self._subject)
                case _:
                    show_scripts(self, plan)

    def action_part(self, by: int) -> None:
        self._panel.next_part(by)


@dataclass(frozen=True, slots=True)
class GrantState:
    """The state of the dialog. `busy`: what is running; `said`: the last result; `need`: what helps."""

    plan: AccessPlan | None
    view: plan_panel_view.PlanView
    all_seen: bool
    busy: str = ""
    writing: bool = False
    can_undo: bool = False
    said: str = ""
    need: str = ""
    test: str = PlanDialog.TEST

    @property
    def left(self) -> list[int]:
        return plan_panel_view.changes_left(self.plan, self.view) if self.plan else []

    @property
    def words(self) -> Content:
        if self.busy:
            return outside(self.busy, MUTED)
        if self.said or self.plan is None:
            return outside(self.said, WARNING)
        if stop := next((stop for change in self.plan.changes for stop in change.stops), ""):
            return outside(f"✗ {stop}", BAD)
        if others := plan_panel_view.changes_for_others(self.plan, self.view):
            words = f"{counted(len(others), 'part')} cannot be applied from here: copy, save or script for others"
            return outside(words, WARNING)
        if not any(change.is_needed for change in self.plan.changes):
            return outside("all of this is granted already", MUTED)
        return outside(f"{'applied' if self.view.applied else 'not applied yet'}: {self.plan.grantee}", MUTED)


BUTTONS = {
    "meet": ("", "meet"),
    "apply": ("Apply  enter", "apply"),
    "test": ("Test  enter", "test"),
    "undo": ("Undo  Z", "undo"),
    "copy": ("Copy  y", "hand_over('copy')"),
    "save": ("Save  W", "hand_over('save')"),
    "script": ("Script  v", "hand_over('script')"),
    "cancel": ("Close  esc", "cancel"),
}
"""By ID: the label, and the screen's action."""


class AccessFoot(Foot):
    """Shows a `GrantState`."""

    def compose(self) -> ComposeResult:
        yield Static(id="said")
        with HorizontalGroup(classes="buttons"):
            for name, (label, action) in BUTTONS.items():
                variant: ButtonVariant = "primary" if name in ("meet", "apply") else "default"
                yield Button(label, variant=variant, id=name, compact=True, action=f"screen.{action}")

    def show(self, now: GrantState) -> None:
        left, waits = now.left, bool(now.busy)
        words = f"Apply {counted(len(left), 'part')}" if left else "Apply"
        words = words if now.all_seen or not left else "More below"
        self._button("#meet", f"{now.need.capitalize()}  enter", shown=bool(now.need))
        self._button("#apply", f"{words}  enter", shown=waits or bool(left), disabled=waits)
        self._button("#test", f"{now.test}  enter", shown=now.plan is not None and not left, disabled=waits)
        self._button("#undo", shown=now.can_undo, disabled=now.writing)
        for name in ("#copy", "#save", "#script"):
            self._button(name, disabled=now.plan is None)
        self.query_one("#said", Static).update(now.words)

    def _button(self, name: str, label: str = "", *, shown: bool = True, disabled: bool = False) -> None:
        button = self.query_one(name, Button)
        button.display, button.disabled = shown, disabled
        if label and str(button.label) != label:
            button.label = label
            button.refresh(layout=True)  # the width depends on the label


PATIENCE = 60.0
"""Seconds until an unexpected result counts as failed, because changes take time to take effect."""

APPLYING, UNDOING = "applying…", "restoring the documents…"


class Applying:
    """Does one thing at a time. `told` is called after each change."""

    def __init__(self, engine: EngineAccess, told: Callable[[], None]) -> None:
        self._engine, self._told = engine, told
        self.made: list[AppliedChange] = []
        """The changes in effect, oldest first. `undo` undoes them, the last first."""
        self.earlier: list[AppliedChange] = []
        """The changes of an earlier grant in effect, oldest first. `undo` undoes these if `made` is empty."""
        self.changed = False
        """Whether anything was written."""
        self.writing = ""
        """What is being written; empty: nothing."""
        self.testing: Worker[None] | None = None
        """The worker of `test`."""
        self._before: list[ProbeResult] = []
        """Results of the requests that must stay denied, from before the first change."""

    async def apply(
        self, plan: AccessPlan, wanted: list[int], done: Callable[[int], None], order: GrantOrder | None = None
    ) -> Problem | None:
        """Return the problem if it ended early.

        First tests the requests that `order` must not allow, so that `test` can compare.
        """
        self._begin(APPLYING)
        self.earlier = []
        try:
            if order and not self.made:
                self._before = []
                with suppress(ProblemError):  # a role that does not exist yet allows nothing
                    async with aclosing(self._engine.follow(TestAccess(order, before=True))) as results:
                        self._before = [result async for result in results]
            for at in wanted:
                change = plan.changes[at]
                self.made.append(await self._engine.ask(ApplyChange(change, group=self._unit_for(change))))
                self.changed = True
                done(at)
        except ProblemError as error:
            return error.problem
        finally:
            self.writing = ""
        return None

    def _unit_for(self, change: PlannedChange) -> str:
        """The unit of the previous changes, so that 'access undo' undoes all of them; but a document only once."""
        unit = self.made[-1].unit if self.made else ""
        written = {each.ref for each in self.made if each.unit == unit}
        return "" if change.ref in written else unit

    async def undo(self) -> Problem | None:
        """Undo all changes in reverse order. Return the problem if it ended early."""
        self._begin(UNDOING)
        unit, made = "", self.made or self.earlier
        try:
            while made:
                applied = made[-1]
                change = await self._engine.ask(PlanUndo(applied.id))
                undo = await self._engine.ask(ApplyChange(change, applied.id, unit))
                self.changed = True
                unit = unit or undo.unit
                made.pop()
        except ProblemError as error:
            return error.problem
        finally:
            self.writing = ""
        return None

    async def look_back(self, plan: AccessPlan, place: Location) -> None:
        self.earlier = []
        if not self.made:
            try:
                log = ChangeLog((await self._engine.ask(ListChanges())).changes)
            except ProblemError:
                return  # the plan does not need it
            self.earlier = _earlier(log, plan, place)
            self._told()

    def _begin(self, words: str) -> None:
        self.writing = words
        self._told()

    async def test(
        self, order: GrantOrder, label: str, patience: float, show: Callable[[plan_panel_view.Proof], None]
    ) -> list[ProbeResult]:
        """Return the requests that the changes allow beyond the order. `show` gets the table each time it grows."""
        proof = plan_panel_view.Proof(label, patience=patience)
        show(proof)
        try:
            async with aclosing(self._engine.follow(TestAccess(order, patience))) as results:
                async for result in results:
                    proof = replace(proof, results=(*proof.results, result))
                    show(proof)
        except ProblemError as error:
            proof = replace(proof, problem=error.problem.sentence())
        show(replace(proof, complete=True))
        return opened(order, self._before, proof.results) if self.made else []


def _earlier(log: ChangeLog, plan: AccessPlan, place: Location) -> list[AppliedChange]:
    """The changes that gave access to a location and are still in effect: the documents have not changed since."""
    resource = f":s3:::{place.bucket}/{place.key or '*'}"
    for change in plan.changes:
        if change.is_needed or not change.before:
            continue
        last = next((each for each in log.changes if _document(each.ref) == _document(change.ref)), None)
        if last is None or change.before != last.after or not log.stands(last):
            continue
        if change.before.count(resource) > (last.before or "").count(resource):
            return list(reversed(log.left(last)))
    return []


def _document(ref: DocumentRef) -> tuple[object, ...]:
    return ref.kind, ref.location, ref.resource, ref.name


PAUSE_SECONDS = 0.3
"""Seconds without a key or click before planning again."""


class GrantPlanning:
    """Requests one plan at a time; `planned` gets the plan or the problem."""

    def __init__(
        self, node: Widget, engine: EngineAccess, planned: Callable[[AccessPlan | None, Problem | None], None]
    ) -> None:
        self._node, self._engine, self._planned = node, engine, planned
        self._asking: Worker[None] | None = None
        self._pause: Timer | None = None

    def begin(self, request: Request[AccessPlan]) -> None:
        self.end()
        self._asking = self._node.run_worker(partial(self._ask, request), exclusive=True, group="plan")

    def begin_soon(self, request: Request[AccessPlan]) -> None:
        self.end()
        self._pause = once(self._node, PAUSE_SECONDS, partial(self.begin, request))

    def end(self) -> None:
        if self._asking:
            self._asking.cancel()
        if self._pause:
            self._pause.stop()
        self._pause = None

    async def _ask(self, request: Request[AccessPlan]) -> None:
        try:
            plan = await self._engine.ask(request)
        except ProblemError as error:
            self._planned(None, error.problem)
        else:
            self._planned(plan, None)


PROFILE_FILE = "aws-config-profile.txt"


def copy_part(screen: Screen[Any], part: plan_panel_view.CopyablePart) -> None:
    screen.app.copy_to_clipboard(part.text)
    screen.notify(visible(part.title), title="Sent to the terminal's clipboard", markup=False)


def save_plan(screen: Screen[Any], plan: AccessPlan, name: str) -> None:
    """Save each document to a file in a directory that the user chooses; `name` is part of the proposed name."""
    from tui.features.access.script_screen import SaveScreen

    def answered(directory: str | None) -> None:
        if directory:
            screen.notify(visible(directory), title="Saved", markup=False)

    files = document_files(plan.changes)
    if plan.profile_lines:
        files[PROFILE_FILE] = plan.profile_lines
    screen.app.push_screen(SaveScreen(files, Path.cwd() / f"xs3-access-{name}"), answered)


def show_scripts(screen: Screen[Any], plan: AccessPlan) -> None:
    from tui.features.access.script_screen import ScriptScreen

    screen.app.push_screen(ScriptScreen(plan.changes))
