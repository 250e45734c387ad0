"""The middle of the access assistant: the changes of a plan and the table of its test; it scrolls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message

from tui.core.problem import Problem
from tui.kit.lines import BAD, MUTED, Lines, hanging, outside
from tui.model.access.grants import AccessPlan
from tui.ui.access.plan_lines import Part, PlanView, Proof, parts_of, plan_lines, proof_lines, starts


class PlanPanel(VerticalScroll, can_focus=False):
    """Knows how much of a plan was in sight: nothing is applied that was not."""

    class Looked(Message):
        """More was in sight than before, or another part is the one to be copied."""

    def __init__(self, view: PlanView) -> None:
        super().__init__(id="plan")
        self.plan: AccessPlan | None = None
        """What is shown as it stands; None: nothing that could be applied."""
        self.view = view
        self._seen = 0.0

    def compose(self) -> ComposeResult:
        """The table above the changes: it is what is waited for."""
        yield Lines(id="proof")
        yield Lines(lambda _: [Content.styled("reading the documents…", MUTED)], id="changes")

    def on_mount(self) -> None:
        """Whatever is scrolled into sight counts as seen."""
        self.query_one("#proof").display = False
        self.watch(self, "scroll_y", self._look, init=False)

    def show_plan(self, plan: AccessPlan) -> None:
        """Show a new plan from its beginning; nothing of it was seen yet, and nothing applied."""
        self.plan, self._seen = plan, 0.0
        self.view = replace(self.view, applied=frozenset(), current=0)
        self.query_one("#proof").display = False
        self.scroll_home(animate=False)
        self._refresh()

    def show_problem(self, problem: Problem) -> None:
        """Show why there is no plan."""
        self.plan = None
        mark, words = Content.styled("✗", BAD), problem.title
        rest = [each for each in (problem.cause, problem.remedy) if each]
        self.query_one("#proof").display = False
        self.query_one("#changes", Lines).show(
            lambda width: hanging(mark, [outside(words, BAD), *map(outside, rest)], 2, width)
        )

    def show_applied(self, at: int) -> None:
        """One change was made: the next is the one to be copied."""
        left = [each for each in range(len(self._parts)) if each > at]
        current = left[0] if left else at
        self.view = replace(self.view, applied=self.view.applied | {at}, current=current)
        self._refresh()

    def show_proof(self, proof: Proof) -> None:
        """Show the table of a test above the changes."""
        self.show_above(lambda width: proof_lines(proof, width))

    def show_above(self, above: Callable[[int], list[Content]]) -> None:
        """Show lines above the changes; `above` makes them for a width in cells."""
        lines = self.query_one("#proof", Lines)
        if not lines.display:
            lines.display = True
            self.scroll_home(animate=False)
        lines.show(above)

    @property
    def part(self) -> Part | None:
        """The part that is copied."""
        return self._parts[self.view.current] if self._parts else None

    @property
    def _parts(self) -> list[Part]:
        return parts_of(self.plan) if self.plan else []

    def next_part(self) -> None:
        """Go to the next part; after the last, to the first."""
        if self.plan is None or not self._parts:
            return
        current = (self.view.current + 1) % len(self._parts)
        self.view = replace(self.view, current=current)
        self._refresh()
        lines = self.query_one("#changes", Lines)
        line = starts(self.plan, self.view, max(1, lines.content_size.width))[current]
        self.scroll_to(y=lines.virtual_region.y + line, animate=False)

    def scroll_by(self, by: int, *, pages: bool = False) -> None:
        """Scroll by lines, or by pages; a line of the page before stays in sight."""
        self.scroll_relative(y=by * (max(1, self.size.height - 1) if pages else 1), animate=False)

    @property
    def all_seen(self) -> bool:
        """Whether all of the plan was in sight."""
        return self.plan is not None and self._seen >= self.virtual_size.height

    def _refresh(self) -> None:
        plan, view = self.plan, self.view
        if plan is not None:
            self.query_one("#changes", Lines).show(lambda width: plan_lines(plan, view, width))
        self.call_after_refresh(self._look)

    def on_resize(self) -> None:
        """More may be in sight."""
        self.call_after_refresh(self._look)

    def _look(self) -> None:
        """Note how far down the screen has shown it."""
        self._seen = max(self._seen, self.scroll_offset.y + self.size.height)
        self.post_message(self.Looked())
