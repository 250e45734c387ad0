"""Versions as rows below their object, and levels listed with what is deleted."""

from __future__ import annotations

from tui.browser.context import Context
from tui.browser.pane_pair import PanePair
from tui.core.location import Location
from tui.core.versions import VersionLocation
from tui.kit.commands import key_of
from tui.panes.branch import VersionBranch
from tui.panes.rows import RowKind

TWO = "mark two versions of one object (V shows them, space marks), or move the cursor to the newer of two"
ON_DISK = "a local disk keeps no versions"


class ShowingVersions:
    """What `V` means on each kind of row."""

    def __init__(self, context: Context, panes: PanePair) -> None:
        self._context, self._panes = context, panes

    def action_compare_versions(self) -> None:
        """Compare the two marked versions of one object; without marks, the row with the version below it."""
        from tui.ui.versions.compare_screen import CompareScreen

        pane = self._panes.active
        row, identity = pane.cursor_row, pane.identity
        marked = [place for place in pane.contents.marks if isinstance(place, VersionLocation)]
        place = marked[0].of_object if marked else row.location if row else Location()
        branch = pane.contents.branch(place.of_object if isinstance(place, VersionLocation) else place)
        if identity is None or not isinstance(branch, VersionBranch):
            self._context.warn(TWO)
            return
        ids = {each.version for each in marked if each.of_object == branch.location}
        chosen = [each for each in branch.versions if each.version in ids]
        if not marked and row and row.version:
            chosen = branch.versions[row.index : row.index + 2]
        if len(chosen) != 2 or (marked and len(marked) != 2):
            self._context.warn(TWO)
            return
        new, old = chosen
        dialog = CompareScreen(
            self._context.engine, identity.connection, branch.location, (old, new), self._context.book
        )
        self._context.host.open_dialog(dialog)

    def action_versions(self) -> None:
        """On an object its versions, shown or hidden; elsewhere whether deleted objects are listed."""
        pane = self._panes.active
        row = pane.cursor_row
        if row and row.kind in (RowKind.OBJECT, RowKind.VERSION) and not pane.location.is_local:
            pane.branches.toggle_versions(row)
        else:
            self.action_deleted()

    def action_deleted(self) -> None:
        """List what is deleted in this place, too, or hide it again, whatever the cursor is on."""
        pane = self._panes.active
        if pane.location.is_local:
            self._context.warn(ON_DISK)
            return
        shown = not pane.contents.with_deleted
        pane.branches.show_deleted(on=shown)
        pane.branches.refresh()
        words = f"deleted objects are listed (✗); {key_of('undelete')} undeletes"
        self._context.tell(words if shown else "deleted objects are hidden")
