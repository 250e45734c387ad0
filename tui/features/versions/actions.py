"""What was replaced or deleted becomes the current version again; transfers are taken back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from msgspec.structs import replace
from textual.content import Content

from tui.browser.context import BrowserContext
from tui.browser.needs import Needs
from tui.browser.pane_pair import PanePair, WriteGuard
from tui.core.changes import AppliedChange
from tui.core.identity import Identity
from tui.core.location import Location
from tui.core.orders import ConflictPolicy, CopyOrder, Destination, RevertOrder, Selection, UndeleteOrder
from tui.core.versions import ObjectVersion, VersionLocation
from tui.features.copy.actions import Copying
from tui.kit.commands import key_of
from tui.kit.dialog import ConfirmScreen, given
from tui.messages.listing_requests import SubmitVersions
from tui.panes.branch import VersionBranch
from tui.panes.pane import Pane
from tui.panes.rows import PaneRow, PickError, RowKind, select
from tui.text.listing_lines import SHORT_ID

IS_CURRENT = "this is the current version"
HIDES_NOTHING = "this delete marker is not the latest version: {delete} removes it from the history"
NOT_DELETED = (
    "not deleted: {versions} on its prefix lists deleted objects, on it its versions; {undelete} makes one current"
)
KEEPS = "S3 copies it on top; the current version stays as a noncurrent version."


class Undoing:
    """`U` by the kind of row, and `Z`."""

    def __init__(
        self,
        context: BrowserContext,
        panes: PanePair,
        guard: WriteGuard,
        needs: Needs,
        copying: Copying,
        undo_change: Callable[[AppliedChange], object],
    ) -> None:
        """`undo_change` shows what undoing a change of a document would do, and asks."""
        self._context, self._panes, self._guard, self._needs = context, panes, guard, needs
        self._copying, self._undo_change = copying, undo_change

    def action_undelete(self) -> None:
        """Bring a deleted object back, or everything deleted below a prefix; make an older version the current one."""
        pane = self._panes.active
        row, identity = pane.cursor_row, pane.identity
        if identity is None:
            self._context.no_identity()
        elif not pane.location.kind.has_versions:
            self._context.warn(pane.location.kind.keeps_none)
        elif row is None or not row.location.bucket or not self._guard.may_write(pane):
            return
        elif pane.contents.marks or not row.has_content:
            self._undelete_below(pane, identity, row)
        elif row.version:
            self._make_current(identity, row, row.version)
        elif row.is_deleted:
            place = row.location
            self._submit(UndeleteOrder(Selection(identity.connection, place.parent, keys=[place.key])))
        else:
            self._context.warn(NOT_DELETED.format(versions=key_of("versions"), undelete=key_of("undelete")))

    def _make_current(self, identity: Identity, row: PaneRow, version: ObjectVersion) -> None:
        place = row.branch.location
        if version.marker and not version.latest:
            self._context.warn(HIDES_NOTHING.format(delete=key_of("delete")))
        elif version.marker:
            self._submit(UndeleteOrder(Selection(identity.connection, place.parent, keys=[place.key])))
        elif version.latest:
            self._context.warn(IS_CURRENT)
        else:
            selection = Selection(identity.connection, place.parent, keys=[place.key], version=version.version)
            options = replace(self._copying.options(move=False), conflict=ConflictPolicy.OVERWRITE)
            order = CopyOrder(selection, Destination(identity.connection, place.parent, place.key), options)

            title = f"Make version {version.version[:SHORT_ID]} of {place.name} the current one?"
            dialog = ConfirmScreen(title, Content(KEEPS), "Restore")
            self._context.host.open_dialog(dialog, given(lambda _: self._copying.submit(order)))

    def _undelete_below(self, pane: Pane, identity: Identity, row: PaneRow) -> None:
        try:
            if picked := pane.picked:
                selection = select(identity.connection, picked)
            else:
                selection = Selection(identity.connection, row.location, prefixes=[row.location.key])
        except PickError as error:
            self._context.warn(str(error))
            return
        self._preview(UndeleteOrder(selection))

    def _preview(self, order: UndeleteOrder | RevertOrder) -> None:
        from tui.browser.dry_run_screen import DryRunScreen

        def answered(do: bool | None) -> None:
            if do:
                self._submit(order)
            elif isinstance(order, RevertOrder):
                self.action_undo()

        self._context.host.open_dialog(DryRunScreen(self._context.engine, order), answered)

    def _submit(self, order: UndeleteOrder | RevertOrder) -> None:
        self._needs.request(SubmitVersions(order), partial(self._panes.clear_marks, order.selection))

    def action_undo(self) -> None:
        """List what can be undone; the chosen transfer or change is previewed, then undone."""
        from tui.features.versions.screen import ClearedMarks, Undone, UndoScreen

        table = self._panes.active.table

        def answered(chosen: Undone | None) -> None:
            if isinstance(chosen, AppliedChange):
                self._undo_change(chosen)
            elif isinstance(chosen, ClearedMarks):
                table.restore_marks()
            elif chosen:
                self._preview(chosen)

        self._context.host.open_dialog(
            UndoScreen(self._context.engine, self._context.clock, len(table.shown.cleared)), answered
        )


TWO = "mark two versions of one object ({versions} shows them), or move the cursor to the newer of two"


class ShowingVersions:
    """What `V` means on each kind of row."""

    def __init__(self, context: BrowserContext, panes: PanePair) -> None:
        self._context, self._panes = context, panes

    def action_compare_versions(self) -> None:
        """Compare the two marked versions of one object; without marks, the row with the version below it."""
        from tui.features.versions.compare_screen import CompareScreen

        pane = self._panes.active
        row, identity = pane.cursor_row, pane.identity
        marked = [place for place in pane.contents.marks if isinstance(place, VersionLocation)]
        place = marked[0].of_object if marked else row.location if row else Location()
        branch = pane.contents.branch(place.of_object if isinstance(place, VersionLocation) else place)
        if identity is None or not isinstance(branch, VersionBranch):
            self._context.warn(TWO.format(versions=key_of("versions")))
            return
        ids = {each.version for each in marked if each.of_object == branch.location}
        chosen = [each for each in branch.versions if each.version in ids]
        if not marked and row and row.version:
            chosen = branch.versions[row.index : row.index + 2]
        if len(chosen) != 2 or (marked and len(marked) != 2):
            self._context.warn(TWO.format(versions=key_of("versions")))
            return
        new, old = chosen
        context, place = self._context, branch.location
        context.host.open_dialog(CompareScreen(context.engine, identity.connection, place, (old, new), context.book))

    def action_versions(self) -> None:
        """On an object its versions, shown or hidden; elsewhere whether deleted objects are listed."""
        pane = self._panes.active
        row = pane.cursor_row
        if row and row.kind in (RowKind.OBJECT, RowKind.VERSION) and pane.location.kind.has_versions:
            pane.branches.toggle_versions(row)
        else:
            self.action_deleted()

    def action_deleted(self) -> None:
        """List what is deleted in this place, too, or hide it again, whatever the cursor is on."""
        pane = self._panes.active
        if not pane.location.kind.has_versions:
            self._context.warn(pane.location.kind.keeps_none)
            return
        shown = not pane.contents.with_deleted
        pane.branches.show_deleted(on=shown)
        pane.branches.refresh()
        words = f"deleted objects shown (✗); {key_of('undelete')} undeletes them"
        self._context.tell(words if shown else "deleted objects hidden")
