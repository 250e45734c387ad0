"""Which engine carries a copy out: shown on the route card once it is so large that another one is worth a look."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult
from textual.containers import HorizontalGroup
from textual.content import Content
from textual.widgets import Label

from tui.core.engines import LOCAL, EngineKind
from tui.core.estimates import HandOver, Terms, hand_over, work_of
from tui.core.orders import BatchOrder, CopyOrder
from tui.core.problem import ProblemError
from tui.core.transfer import RouteCard
from tui.kit.choice import Choice
from tui.kit.lines import BAD, GOOD, KEY, MUTED, STRONG, outside
from tui.link.session import EngineAccess
from tui.messages.order_requests import AskEngines
from tui.text.order_lines import hand_over_lines, terms_words
from tui.ui.orders.role_making import MakeRole

MARKS = {True: ("✓", GOOD), False: ("✗", BAD)}


class EngineChoice(HorizontalGroup):
    """Asks the engine once whether S3 can do it in a job; nothing is asked below the threshold."""

    def __init__(
        self, engine: EngineAccess, terms: Terms | None, changed: Callable[[], None], make_role: MakeRole | None
    ) -> None:
        """`terms` None: no other engine is offered. `changed` is called when there is more to show.

        `make_role` is offered where a job has no role.
        """
        super().__init__(classes="choice", id="engines")
        self._make_role = make_role
        self._engine, self._terms, self._changed = engine, terms, changed
        self._refused: str | None = None
        self._asked = False
        self._plan: HandOver | None = None

    def compose(self) -> ComposeResult:
        """The engines, side by side."""
        dask = (EngineKind.DASK,) if self._terms and self._terms.dask else ()
        yield Label(Content.assemble("engine ", ("b", KEY)))
        yield Choice((EngineKind.LOCAL, EngineKind.BATCH, *dask), EngineKind.LOCAL, gap=" ", id="engine")

    def on_mount(self) -> None:
        """Nothing is counted yet."""
        self.display = False
        self._choice.closed = frozenset((EngineKind.BATCH, EngineKind.DASK))

    @on(Choice.Changed)
    def _chosen(self, event: Choice.Changed) -> None:
        event.stop()
        self._changed()

    def show(self, card: RouteCard, order: CopyOrder) -> None:
        """What the engines would take by what is known now."""
        if self._terms is None:
            return
        work = work_of(card.tally, order, order.options.route or card.chosen)
        plan = hand_over(work, order, card.pace, self._terms, self._refused)
        self._plan = plan if plan.due or self.kind is not EngineKind.LOCAL else None
        self.display = self._plan is not None
        if self._plan is None:
            return
        self._choice.closed = frozenset(plan.refused)
        if self.kind in plan.refused:
            self._choice.value = EngineKind.LOCAL
        if not self._asked:
            self._asked = True
            self.run_worker(self._ask(order), group="engines")

    async def _ask(self, order: CopyOrder) -> None:
        try:
            self._refused = (await self._engine.ask(AskEngines(order))).refused
        except ProblemError as error:
            self._refused = error.problem.sentence()
        self._changed()

    @property
    def _choice(self) -> Choice:
        return self.query_one(Choice)

    @property
    def kind(self) -> EngineKind:
        """The engine that is chosen."""
        return EngineKind(self._choice.value)

    @property
    def lines(self) -> list[Content]:
        """An engine a line, then by which prices; nothing below the threshold."""
        if self._plan is None:
            return []
        lines = [
            Content.assemble(
                (f"{engine.value:<6}", STRONG if engine is self.kind else MUTED),
                MARKS[possible],
                " ",
                outside(words, "" if engine is self.kind else MUTED),
            )
            for engine, possible, words in hand_over_lines(self._plan)
        ]
        return [*lines, outside(terms_words(self._plan), MUTED)]

    def confirm(self, order: CopyOrder, leave: Callable[[CopyOrder | BatchOrder], None]) -> None:
        """Leave with the order for the engine that is chosen; a job is asked about first."""
        from tui.ui.orders.hand_over import HandOverScreen

        def answered(job: BatchOrder | None) -> None:
            if job:
                leave(job)

        if self.kind is EngineKind.BATCH and self._plan and self._terms:
            screen = HandOverScreen(self._engine, order, self._plan, self._terms, self._make_role)
            self.app.push_screen(screen, answered)
            return
        address = self._terms.dask if self._terms and self.kind is EngineKind.DASK else LOCAL
        leave(replace(order, options=replace(order.options, engine=address)))
