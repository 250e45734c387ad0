"""What the dialogs have in common that plan documents, and apply them after they were seen."""

from __future__ import annotations

from textual import work

from tui.core.problem import Problem, ProblemKind
from tui.kit.dialog import Decision, Result
from tui.kit.need_dialogs import ask_for
from tui.link.session import EngineAccess
from tui.model.access.grants import AccessPlan, GrantOrder
from tui.ui.access.access_foot import GrantState
from tui.ui.access.applying import Applying
from tui.ui.access.grant_planning import GrantPlanning
from tui.ui.access.hand_over import copy_part, save_plan, show_scripts
from tui.ui.access.plan_panel import PlanPanel

READING = "reading the documents…"
UNDONE = "undone: every document is as it was"
LEAVING = "still writing · esc again leaves · 'xs3-tui access log' lists what was changed"


class PlanDialog(Decision[Result]):
    """Nothing is written before Enter, and only what was in sight.

    Subclasses have the choices above the `PlanPanel`, and say what is planned and how it is tested.
    """

    AUTO_FOCUS = ""  # nothing has the focus: every letter is a command

    def __init__(self, engine: EngineAccess) -> None:
        super().__init__()
        self._engine = engine
        self._problem: Problem | None = None
        self._said = ""
        self._applying = Applying(engine, self._refresh)
        self._planning = GrantPlanning(self, engine, self._planned)

    @property
    def _panel(self) -> PlanPanel:
        return self.query_one(PlanPanel)

    @property
    def _state(self) -> GrantState:
        raise NotImplementedError

    @property
    def _subject(self) -> str:
        """What saved documents are named after."""
        raise NotImplementedError

    @property
    def _proved(self) -> GrantOrder | None:
        """What is tested by requests; None: nothing is."""
        return None

    def _plan(self, said: str = "", *, soon: bool = False) -> None:
        """Have it planned again, and show `said`; `soon`: once nothing more is typed."""
        raise NotImplementedError

    def _planned(self, plan: AccessPlan | None, problem: Problem | None) -> None:
        raise NotImplementedError

    def _refresh(self) -> None:
        raise NotImplementedError

    def _stop_test(self) -> None:
        raise NotImplementedError

    def action_test(self) -> None:
        """Try whether what was planned is so."""
        raise NotImplementedError

    def action_meet(self) -> None:
        """Ask for what an identity needs; then it is planned again."""

        def answered(met: bool) -> None:
            if met:
                self._plan()

        if self._problem:
            ask_for(self, self._engine, self._problem, answered)

    def action_apply(self) -> None:
        """Show what was not in sight yet; once all was, apply what can be applied from here."""
        now = self._state
        if now.plan is None or now.busy or not now.left:
            return
        if now.all_seen:
            self._apply(now.plan, now.left)
        else:
            self._panel.scroll_by(1, pages=True)

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
        """Put back every document that was changed here, or by what stands since before."""
        if self._state.can_undo and not self._applying.writing:
            self._planning.end()
            self._undo()

    def action_hand_over(self, how: str) -> None:
        """For somebody else: copy the part that is marked, save every document, or show the scripts."""
        plan, part = self._panel.plan, self._panel.part
        if plan and part:
            match how:
                case "copy":
                    copy_part(self, part)
                case "save":
                    save_plan(self, plan, self._subject)
                case _:
                    show_scripts(self, plan)

    def action_scroll(self, by: int, unit: str) -> None:
        """Scroll by lines or pages, or to the next part, which is then the one that is copied."""
        if unit == "parts":
            self._panel.next_part()
        else:
            self._panel.scroll_by(by, pages=unit == "pages")
