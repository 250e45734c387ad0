"""Restores of archived objects."""

from __future__ import annotations

from functools import partial

from tui.browser.context import BrowserContext
from tui.browser.needs import Needs
from tui.browser.pane_pair import PanePair, WriteGuard
from tui.core.orders import RestoreOrder, Selection
from tui.features.archive.values import SubmitRestore
from tui.panes.rows import PickError, select


class Restoring:
    """Restores the marked rows, the row, or everything below the pane's place."""

    def __init__(self, context: BrowserContext, panes: PanePair, guard: WriteGuard, needs: Needs) -> None:
        self._context, self._panes, self._guard, self._needs = context, panes, guard, needs

    def action_restore(self) -> None:
        from tui.features.archive.screen import RestoreScreen

        pane, context = self._panes.active, self._context
        if pane.identity is None:
            context.no_identity()
            return
        if not pane.identity.spec.kind.has_accounts:
            context.warn("files are never archived: choose an object in S3")
            return
        if not self._guard.may_write(pane):
            return
        try:
            order = RestoreOrder(self._selection(pane.identity.connection))
        except PickError as error:
            context.warn(str(error))
            return

        def answered(confirmed: RestoreOrder | None) -> None:
            if confirmed:
                self._needs.request(SubmitRestore(confirmed), partial(self._panes.clear_marks, confirmed.selection))

        context.host.open_dialog(RestoreScreen(context.engine, order, pane.identity.label), answered)

    def _selection(self, connection: str) -> Selection:
        pane = self._panes.active
        if not pane.picked and pane.location.bucket:
            return Selection(connection, pane.location, prefixes=[pane.location.key])
        return select(connection, pane.picked)
