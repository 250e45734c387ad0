"""What changes a place besides copies: delete, new prefixes and buckets, other names, incomplete uploads."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from textual.content import Content

from tui.browser.context import BrowserContext
from tui.browser.needs import Needs
from tui.browser.pane_pair import PanePair, WriteGuard, same_server
from tui.core.identity import Identity
from tui.core.location import Location
from tui.core.orders import CopyOptions, CopyOrder, DeleteOrder, Destination, RemoveBucketOrder, Selection
from tui.features.buckets.new_place_screen import NewBucket
from tui.features.copy.actions import Copying
from tui.kit.commands import key_of
from tui.kit.dialog import ConfirmScreen
from tui.messages.listing_requests import CreateBucket, CreatePrefix, DeleteBucket, RemovalPlan, SubmitRemoval
from tui.messages.order_requests import SubmitDelete
from tui.panes.branch import VersionBranch
from tui.panes.pane import Pane
from tui.panes.rows import PickError, RowKind, select


class Changing:
    """Each command asks the user in a dialog, then the engine; afterwards the panes list the changed places again."""

    def __init__(
        self, context: BrowserContext, panes: PanePair, guard: WriteGuard, needs: Needs, copying: Copying
    ) -> None:
        self._context, self._panes, self._guard, self._needs = context, panes, guard, needs
        self._copying = copying
        self._markers = Markers(context, needs)

    def action_delete(self) -> None:
        from tui.features.delete.screen import DeleteScreen

        pane = self._panes.active
        if pane.identity is None:
            self._context.no_identity()
            return
        if not self._guard.may_write(pane):
            return
        try:
            picked = pane.picked
        except PickError as error:
            self._context.warn(str(error))
            return
        if self._markers.removes(pane):
            return
        if not all(place.key for place in picked):
            self._delete_bucket(pane.identity, list(picked))
            return
        try:
            order = DeleteOrder(select(pane.identity.connection, picked))
        except PickError as error:
            self._context.warn(str(error))
            return
        self._context.host.open_dialog(DeleteScreen(self._context.engine, order, pane.identity), self._delete_confirmed)

    def _delete_bucket(self, identity: Identity, picked: Sequence[Location]) -> None:
        from tui.features.buckets.screen import DeleteBucketScreen

        bucket, *others = picked
        if not bucket.in_s3 or others:
            self._context.warn("one bucket at a time" if others else "a file system cannot be deleted")
            return

        order = RemoveBucketOrder(Selection(identity.connection, bucket, prefixes=[""]))

        def answered(confirmed: RemovalPlan | None) -> None:
            if confirmed and confirmed.empty:
                request = DeleteBucket(identity.connection, bucket.bucket)
                self._needs.request(request, partial(self._bucket_deleted, bucket))
            elif confirmed:
                self._needs.request(SubmitRemoval(order), partial(self._panes.clear_marks, order.selection))

        self._context.host.open_dialog(DeleteBucketScreen(self._context.engine, order, identity.label), answered)

    def _bucket_deleted(self, bucket: Location) -> None:
        for pane in self._panes.every:
            pane.branches.listings.forget(bucket.bucket)
            pane.branches.refresh_below(bucket)
        self._context.tell(f"{bucket.uri} was deleted")

    def _delete_confirmed(self, order: DeleteOrder | None) -> None:
        if order:
            self._needs.request(SubmitDelete(order), partial(self._panes.clear_marks, order.selection))

    def action_new(self) -> None:
        """Create a bucket in the list of buckets, else a prefix on the cursor's level."""
        pane = self._panes.active
        if pane.identity is None:
            self._context.no_identity()
            return
        if not self._guard.may_write(pane):
            return
        level = self._level(pane)
        if not level.bucket and pane.identity.spec.local:
            self._context.warn("open / to create directories on this machine")
        elif not level.bucket:
            self._new_bucket(pane, pane.identity)
        else:
            self._new_prefix(pane, pane.identity, level)

    @staticmethod
    def _level(pane: Pane) -> Location:
        """The cursor's level; a version is on the level of its object."""
        row = pane.cursor_row
        if row and isinstance(row.branch, VersionBranch):
            above = pane.contents.parent_row(row)
            row = None if above is None else pane.contents.row(above)
        return row.branch.location if row else pane.location

    def _new_bucket(self, pane: Pane, identity: Identity) -> None:
        from tui.features.buckets.new_place_screen import NewBucketScreen

        def answered(bucket: NewBucket | None) -> None:
            if bucket:
                request = CreateBucket(identity.connection, bucket.name, bucket.region)
                self._needs.request(request, partial(self._show_new, pane, Location(bucket.name)))

        self._context.host.open_dialog(NewBucketScreen(identity.region, identity.label), answered)

    def _new_prefix(self, pane: Pane, identity: Identity, level: Location) -> None:
        from tui.features.buckets.new_place_screen import NewPrefixScreen

        def answered(prefix: Location | None) -> None:
            if prefix is None:
                return
            if pane.contents.row_of(prefix) is None:
                request = CreatePrefix(identity.connection, prefix)
                self._needs.request(request, partial(self._show_new, pane, top_below(level, prefix)))
            else:
                self._context.warn("it already exists")
                pane.table.await_entry(prefix)

        self._context.host.open_dialog(NewPrefixScreen(level), answered)

    def _show_new(self, pane: Pane, place: Location) -> None:
        """List the levels that show `place`, with the cursor on it as soon as it is there."""
        pane.table.await_entry(place)
        for one in self._panes.every:
            if one is pane or same_server(one, pane):
                one.branches.refresh_below(place)

    def action_rename(self) -> None:
        from tui.features.buckets.new_place_screen import RenameScreen

        pane = self._panes.active
        row = pane.cursor_row
        if pane.identity is None:
            self._context.no_identity()
        elif row is None or not row.is_entry:
            self._context.warn("move the cursor to an object or prefix")
        elif not row.location.key:
            self._context.warn("S3 cannot rename a bucket")
        elif row.version or row.is_deleted:
            self._context.warn(f"a version cannot be renamed: {key_of('undelete')} makes it the current one")
        elif self._guard.may_write(pane):
            old, connection = row.location, pane.identity.connection

            def answered(new: Location | None) -> None:
                if new:
                    self._rename(pane, connection, old, new)

            self._context.host.open_dialog(RenameScreen(old, len(pane.contents.marks)), answered)

    def _rename(self, pane: Pane, connection: str, old: Location, new: Location) -> None:
        """Move an object at once, asking about a conflict as usual; show the route card for a prefix."""
        options = self._copying.options(move=True)
        pane.table.await_entry(top_below(old.parent, new))
        if old.is_prefix:
            self._copying.show_card(
                CopyOrder(Selection(connection, old, prefixes=[old.key]), Destination(connection, new), options)
            )
        else:
            self._copying.submit(rename_order(connection, old, new, options))

    def action_uploads(self) -> None:
        """Show the bucket's incomplete uploads; on a disk, the partial files."""
        from tui.features.uploads.screen import UploadsScreen

        pane = self._panes.active
        bucket = pane.subject.bucket
        if pane.identity is None:
            self._context.no_identity()
        elif not bucket:
            self._context.warn("open a bucket, or move the cursor to one")
        else:
            place = pane.location if pane.location.kind.has_directories else Location(bucket)
            may, context = partial(self._guard.may_write, pane), self._context
            dialog = UploadsScreen(context.engine, pane.identity.connection, place, context.clock, may)
            context.host.open_dialog(dialog)


def rename_order(connection: str, old: Location, new: Location, options: CopyOptions) -> CopyOrder:
    """Move one object within its bucket to another key."""
    selection = Selection(connection, old.parent, keys=[old.key])
    return CopyOrder(selection, Destination(connection, new.parent, new.key), options)


def top_below(level: Location, place: Location) -> Location:
    """The entry of `level` that shows a place below it: itself, or the prefix that it lies in."""
    first, delimiter, _ = place.key[len(level.key) :].partition("/")
    return level.child(first + delimiter)


COMES_BACK = "The object is visible again: its latest version becomes the current one."
STAYS = "The object stays as it is: this marker is not its latest version."


class Markers:
    """Asks, then removes a delete marker by its version id."""

    def __init__(self, context: BrowserContext, needs: Needs) -> None:
        self._context, self._needs = context, needs

    def removes(self, pane: Pane) -> bool:
        """Remove a delete marker, or say that an object is deleted already; False if the row is neither."""
        row, identity = pane.cursor_row, pane.identity
        if row is None or identity is None or pane.contents.marks or not row.is_deleted:
            return False
        version = row.version
        if row.kind is RowKind.OBJECT or version is None:
            shows, undeletes = key_of("versions"), key_of("undelete")
            self._context.warn(f"it is deleted already: {shows} shows its versions, {undeletes} undeletes it")
            return True
        place = row.branch.location
        selection = Selection(identity.connection, place.parent, keys=[place.key], version=version.version)

        def answered(yes: bool | None) -> None:
            if yes:
                self._needs.request(SubmitDelete(DeleteOrder(selection)), lambda: None)

        question = Content(COMES_BACK if version.latest else STAYS)
        self._context.host.open_dialog(ConfirmScreen("Remove the delete marker", question, "Remove"), answered)
        return True
