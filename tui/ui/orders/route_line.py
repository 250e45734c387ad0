"""The line of the route card in which a route is chosen, and why one was passed over."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import HorizontalGroup
from textual.content import Content
from textual.widgets import Label

from tui.model.orders import Route
from tui.model.plan import RouteVerdict
from tui.ui.kit.choice import Choice
from tui.ui.kit.tones import KEY, WARNING, outside

AUTO = "auto"


class RouteLine(HorizontalGroup):
    """A `Choice` with the id ``route``."""

    def __init__(self, route: Route | None) -> None:
        """`route` is the one that is chosen; None: the best."""
        super().__init__(classes="choice")
        self._route = route
        self._verdicts: Sequence[RouteVerdict] = ()

    def compose(self) -> ComposeResult:
        """Its key, the routes, what was passed over."""
        yield Label(Content.assemble("route  ", ("r", KEY)))
        yield Choice((AUTO, *Route), self._route or AUTO, gap=" ", id="route")
        yield Label(id="passed", markup=False)

    def show(self, verdicts: Sequence[RouteVerdict]) -> None:
        """What is known of the routes: those that are not possible cannot be chosen."""
        self._verdicts = verdicts
        closed = frozenset(each.route.value for each in verdicts if each.possible is False)
        self.query_one(Choice).closed = closed

    @on(Choice.Passed)
    def _say_passed(self, event: Choice.Passed) -> None:
        """The reasons are told here, too: the lines of the card may be scrolled away."""
        why = [f"{each.route} ✗ {each.why}" for each in self._verdicts if each.route.value in event.options]
        passed = self.query_one("#passed", Label)
        passed.update(outside("; ".join(why), WARNING))
        passed.display = bool(why)
