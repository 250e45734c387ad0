"""Has the engine plan access, and plans it again once the user has stopped choosing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual.timer import Timer
from textual.widget import Widget
from textual.worker import Worker

from tui.core.problem import Problem, ProblemError
from tui.kit.timers import once
from tui.link.request import Request
from tui.link.session import EngineAccess
from tui.model.access.grants import AccessPlan

PAUSE_SECONDS = 0.3
"""So long after the last key or click it is planned again."""


class GrantPlanning:
    """Asks for one plan at a time; `planned` gets it, or the problem that there is none."""

    def __init__(
        self, node: Widget, engine: EngineAccess, planned: Callable[[AccessPlan | None, Problem | None], None]
    ) -> None:
        """What is under way ends with `node`."""
        self._node, self._engine, self._planned = node, engine, planned
        self._asking: Worker[None] | None = None
        self._pause: Timer | None = None

    def begin(self, request: Request[AccessPlan]) -> None:
        """Plan it now, and no other any longer."""
        self.end()
        self._asking = self._node.run_worker(partial(self._ask, request), exclusive=True, group="plan")

    def begin_soon(self, request: Request[AccessPlan]) -> None:
        """Plan it once the user has stopped choosing, and no other any longer."""
        self.end()
        self._pause = once(self._node, PAUSE_SECONDS, partial(self.begin, request))

    def end(self) -> None:
        """Plan nothing any longer."""
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
