"""Versions as rows below their object, and levels listed with what is deleted."""

from __future__ import annotations

from tui.ui.browser.context import Context
from tui.ui.browser.controllers.panes import PanePair
from tui.ui.listing.rows import RowKind

ON_DISK = "a local disk keeps no versions"


class ShowingVersions:
    """What `V` means on each kind of row."""

    def __init__(self, context: Context, panes: PanePair) -> None:
        self._context, self._panes = context, panes

    def action_versions(self) -> None:
        """On an object its versions, shown or hidden; elsewhere whether deleted objects are listed."""
        pane = self._panes.active
        row, branches = pane.cursor_row, pane.branches
        if pane.location.is_local:
            self._context.warn(ON_DISK)
        elif row and row.kind in (RowKind.OBJECT, RowKind.VERSION):
            branches.toggle_versions(row)
        else:
            shown = not pane.contents.with_deleted
            branches.show_deleted(on=shown)
            branches.refresh()
            self._context.tell("deleted objects are listed (✗); U undeletes" if shown else "deleted objects are hidden")
