"""The inspector: everything that can be known about the row under the cursor, arriving fact by fact."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.reactive import reactive
from textual.timer import Timer

from tui.model.facts import Fact, FactName, Finding, Known, PolicyReading
from tui.model.identity import AddressBook
from tui.model.location import Location
from tui.model.problem import Problem, ProblemError
from tui.protocol.messages.inspecting import Inspect, InspectorUpdate
from tui.protocol.session import EngineAccess
from tui.text.format import cut_middle, visible
from tui.ui.inspector.facts import fact_lines, facts_awaited, finding_lines
from tui.ui.kit.document import DocumentScreen
from tui.ui.kit.lines import Lines, wrapped
from tui.ui.kit.tones import BAD, MUTED, outside
from tui.ui.needs.need_words import need_words
from tui.ui.needs.needs import ask_for

DEBOUNCE = 0.15
"""Seconds the cursor must rest before anything is asked."""


@dataclass(frozen=True, slots=True)
class InspectTarget:
    """What to look at: as which connection, and which other one may help to know more."""

    connection: str
    location: Location
    other: str | None = None


class Inspector(VerticalScroll, can_focus=True):
    """Shows the facts of one target at a time; asks nothing while it is not on screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "read_policy", "Read the policy"),
        Binding("enter", "meet", show=False),
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
    ]

    book: reactive[AddressBook] = reactive(AddressBook())
    """The accounts behind canonical ids."""

    def __init__(self, engine: EngineAccess, clock: Callable[[], float] = time.time) -> None:
        """`engine` answers what is asked about the targets; `clock` is the present, which ages are counted from."""
        super().__init__()
        self._engine, self._clock = engine, clock
        self._target: InspectTarget | None = None
        self._facts: dict[FactName, Fact] = {}
        self._findings: list[Finding] = []
        self._problem: Problem | None = None
        self._waiting: tuple[FactName, ...] = ()
        self._rest: Timer | None = None

    def compose(self) -> ComposeResult:
        """Findings above, facts below."""
        yield Lines(id="facts")

    def show(self, target: InspectTarget | None) -> None:
        """Look at something else, or at nothing; asked once the cursor rests."""
        if target == self._target:
            return
        self._target = target if target and target.location.bucket else None
        self._begin()

    def refresh_facts(self) -> None:
        """Ask everything about the same target again: a copy may have changed it."""
        self._begin()

    def _begin(self) -> None:
        self.workers.cancel_group(self, "inspect")
        self._facts, self._findings, self._problem, self._waiting = {}, [], None, ()
        if self._target:
            self._waiting = facts_awaited(self._target.location)
        self._paint_title()
        self._paint()
        self._ask_soon()

    def _ask_soon(self) -> None:
        if self._rest:
            self._rest.stop()
        if self._target and self.is_on_screen:
            self._rest = self.set_timer(DEBOUNCE, self._ask)

    @property
    def is_on_screen(self) -> bool:
        """Whether it has any cells."""
        return self.display and self.size.width > 0

    def _ask(self) -> None:
        if self._target:
            self._follow(self._target)

    @work(exclusive=True, group="inspect")
    async def _follow(self, target: InspectTarget) -> None:
        feed = Inspect(target.connection, target.location, target.other)
        try:
            async with aclosing(self._engine.follow(feed)) as updates:
                async for update in updates:
                    self._learn(update)
        except ProblemError as error:
            self._problem = error.problem
        self._waiting = ()
        self._paint()

    def _learn(self, update: InspectorUpdate) -> None:
        self._facts[update.fact.name] = update.fact
        self._findings = update.findings
        self._paint()

    def _paint(self) -> None:
        if not self.children:  # not composed yet
            return
        facts, findings, problem, waiting = dict(self._facts), self._findings, self._problem, self._waiting
        book, nothing = self.book, self._target is None

        def build(width: int) -> list[Content]:
            if nothing:
                return [Content.styled("this row has nothing to inspect", MUTED)]
            top = finding_lines(findings, width)
            if problem:
                give = f" · enter: {need_words(problem)}" if need_words(problem) else ""
                top += wrapped(outside(f"✗ {problem.sentence()}{give}", BAD), width)
            return top + fact_lines(facts, waiting, book, width, self._clock())

        self.query_one(Lines).show(build)

    def _paint_title(self) -> None:
        words = "inspector" if self.styles.border_left[0] else " inspector"  # a corner brings its own space
        room = self.size.width - len(words) - 8
        uri = cut_middle(visible(self._target.location.uri), room) if self._target else ""
        self.border_title = Content(f"{words} ─ {uri} " if uri else f"{words} ")

    def watch_book(self) -> None:
        """Names of owners may be known now."""
        self._paint()

    def on_resize(self) -> None:
        """The title fits the width; coming on screen asks what was waited for."""
        self._paint_title()
        if self._waiting and not self._facts:
            self._ask_soon()

    def action_meet(self) -> None:
        """Ask for what the identity needs; then look again."""

        def answered(met: bool) -> None:
            if met:
                self.refresh_facts()

        if self._problem:
            ask_for(self, self._engine, self._problem, answered, self._clock)

    def action_read_policy(self) -> None:
        """Show the bucket policy as it is, if it is known."""
        fact = self._facts.get(FactName.POLICY)
        if fact and isinstance(fact.state, Known) and isinstance(fact.state.value, PolicyReading):
            bucket = self._target.location.bucket if self._target else ""
            self.app.push_screen(DocumentScreen(f"Policy of {bucket}", fact.state.value.document))
        else:
            self.notify("local files have no bucket policy", severity="warning", markup=False)
