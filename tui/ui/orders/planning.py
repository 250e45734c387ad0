"""Has the engine plan an order, and plans it again once the user has stopped typing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from functools import partial

from textual.timer import Timer
from textual.widget import Widget
from textual.worker import Worker

from tui.core.orders import CopyOrder
from tui.core.problem import Problem, ProblemError
from tui.core.transfer import RouteCard
from tui.kit.timers import once
from tui.link.session import EngineAccess
from tui.messages.order_requests import PlanCopy

TYPING_SECONDS = 0.4
"""So long after the last key in a line of the options the order is planned again."""


class Planning:
    """Follows one plan at a time: `show` gets each card as it grows, `ended` the problem that ended it, or None."""

    def __init__(
        self,
        node: Widget,
        engine: EngineAccess,
        show: Callable[[RouteCard], None],
        ended: Callable[[Problem | None], None],
    ) -> None:
        """What is under way ends with `node`."""
        self._node, self._engine, self._show, self._ended = node, engine, show, ended
        self._following: Worker[None] | None = None
        self._typing: Timer | None = None

    @property
    def is_due(self) -> bool:
        """Whether it will be planned again as soon as the user has stopped typing."""
        return self._typing is not None

    def begin(self, order: CopyOrder) -> None:
        """Plan an order now, and no other any longer."""
        self.wait_no_longer()
        work = partial(self._follow, PlanCopy(order))
        self._following = self._node.run_worker(work, exclusive=True, group="plan")

    def begin_soon(self, begin: Callable[[], None]) -> None:
        """Call `begin` once the user has stopped typing."""
        self.wait_no_longer()
        self._typing = once(self._node, TYPING_SECONDS, begin)

    def wait_no_longer(self) -> None:
        """What was to be planned soon is not."""
        if self._typing:
            self._typing.stop()
        self._typing = None

    def stop(self) -> None:
        """Stop what is under way; what is known stays."""
        if self._following:
            self._following.cancel()

    async def _follow(self, plan: PlanCopy) -> None:
        problem = None
        try:
            async with aclosing(self._engine.follow(plan)) as cards:
                async for card in cards:
                    self._show(card)
        except ProblemError as error:
            problem = error.problem
        self._ended(problem)
