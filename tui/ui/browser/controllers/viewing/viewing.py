"""Opens the viewer on the row under the cursor."""

from __future__ import annotations

from collections.abc import Callable

from tui.browser.context import Context
from tui.browser.pane_pair import PanePair
from tui.core.location import Location
from tui.core.problem import Problem
from tui.core.versions import VersionLocation
from tui.panes.news import ProblemOpened

CHOOSE_FIRST = "choose an identity for this pane first (a)"


class ContentViewing:
    """Views an object."""

    def __init__(self, context: Context, panes: PanePair, explain: Callable[[ProblemOpened], None]) -> None:
        """`explain` shows a problem in full."""
        self._context, self._panes, self._explain = context, panes, explain

    def action_view(self) -> None:
        """View the object, or the version, under the cursor."""
        from tui.ui.viewer.readers import Place  # no start waits for the viewer
        from tui.ui.viewer.screen import ViewerScreen

        pane, context = self._panes.active, self._context
        if pane.identity is None:
            context.warn(CHOOSE_FIRST)
            return
        subject = pane.subject
        if subject.is_prefix:
            context.warn("move the cursor to an object or file")
            return
        version = subject.version if isinstance(subject, VersionLocation) else ""
        if (row := pane.cursor_row) and row.is_deleted:
            context.warn("a delete marker has no content: V shows the versions below it")
            return
        location = Location(subject.bucket, subject.key)
        beside = self._panes.beside(pane).identity
        other = beside.connection if beside else None
        place = Place(context.engine, pane.identity.connection, location, version, other)

        def explain(problem: Problem) -> None:
            self._explain(ProblemOpened(pane.side, problem, location))

        context.host.open_dialog(ViewerScreen(place, explain))
