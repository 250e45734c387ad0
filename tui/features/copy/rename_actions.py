"""Renames the object or prefix under the cursor, or the marked objects by a pattern: a move within their bucket."""

from __future__ import annotations

from collections.abc import Collection

from tui.browser.context import BrowserContext
from tui.browser.pane_pair import PanePair, WriteGuard
from tui.core.location import Location
from tui.core.orders import CopyOptions, CopyOrder, Destination, Selection
from tui.features.copy.actions import Copying
from tui.kit.commands import key_of
from tui.panes.pane import Pane
from tui.panes.rows import PickError, select


class Renaming:
    """Asks for the new name, then moves."""

    def __init__(self, context: BrowserContext, panes: PanePair, guard: WriteGuard, copying: Copying) -> None:
        self._context, self._panes, self._guard, self._copying = context, panes, guard, copying

    def action_rename(self) -> None:
        from tui.features.copy.rename_screen import RenameScreen

        pane = self._panes.active
        row = pane.cursor_row
        if pane.identity is None:
            self._context.no_identity()
        elif pane.contents.marks:
            self._by_pattern(pane, pane.identity.connection, pane.picked)
        elif row is None or not row.is_entry:
            self._context.warn("move the cursor to an object or prefix")
        elif not row.location.key:
            self._context.warn("S3 cannot rename a bucket")
        elif row.version or row.is_deleted:
            self._context.warn(f"a version cannot be renamed: {key_of('undelete')} makes it the current one")
        elif self._guard.may_write(pane):
            old, connection = row.location, pane.identity.connection

            def answered(new: Location | None) -> None:
                if new == old:
                    self._by_pattern(pane, connection, [old])
                elif new:
                    self._rename(pane, connection, old, new)

            self._context.host.open_dialog(RenameScreen(old, self._context.engine, connection), answered)

    def _by_pattern(self, pane: Pane, connection: str, picked: Collection[Location]) -> None:
        from tui.features.copy.rename_screen import RenameManyScreen

        try:
            selection = select(connection, picked)
        except PickError as error:
            self._context.warn(str(error))
            return
        if selection.base.kind.has_directories or selection.version:
            what = "a version" if selection.version else "files"
            self._context.warn(f"{what} cannot be renamed by a pattern: clear the marks to rename one file or object")
        elif "" in selection.prefixes:
            self._context.warn("open the bucket and mark the objects to rename")
        elif self._guard.may_write(pane):

            def answered(order: CopyOrder | None) -> None:
                if order:
                    self._copying.submit(order)

            options = self._copying.options(move=True)
            dialog = RenameManyScreen(self._context.engine, selection, options)
            dialog.note = pane.hidden_marks
            self._context.host.open_dialog(dialog, answered)

    def _rename(self, pane: Pane, connection: str, old: Location, new: Location) -> None:
        """Move an object at once, asking about a conflict as usual; show the route card for a prefix."""
        options = self._copying.options(move=True)
        pane.table.await_entry(old.parent.entry_above(new), instead=old)
        if old.is_prefix:
            self._copying.show_card(
                CopyOrder(Selection(connection, old, prefixes=[old.key]), Destination(connection, new), options)
            )
        else:
            self._copying.submit(rename_order(connection, old, new, options))


def rename_order(connection: str, old: Location, new: Location, options: CopyOptions) -> CopyOrder:
    selection = Selection(connection, old.parent, keys=[old.key])
    return CopyOrder(selection, Destination(connection, new.parent, new.key), options)
