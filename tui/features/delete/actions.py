"""Deletes objects, prefixes, buckets and delete markers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from textual.content import Content

from tui.browser.context import BrowserContext
from tui.browser.needs import Needs
from tui.browser.pane_pair import PanePair, WriteGuard
from tui.core.identity import Identity
from tui.core.location import Location
from tui.core.orders import DeleteOrder, RemoveBucketOrder, Selection
from tui.kit.commands import key_of
from tui.kit.dialog import ConfirmScreen
from tui.messages.listing_requests import DeleteBucket, RemovalPlan, SubmitRemoval
from tui.messages.order_requests import SubmitDelete
from tui.panes.pane import Pane
from tui.panes.rows import PickError, RowKind, select


class Deleting:
    """Each command asks the user in a dialog, then the engine; afterwards the panes list the changed places again."""

    def __init__(self, context: BrowserContext, panes: PanePair, guard: WriteGuard, needs: Needs) -> None:
        self._context, self._panes, self._guard, self._needs = context, panes, guard, needs
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
        dialog = DeleteScreen(self._context.engine, order, pane.identity)
        dialog.note = pane.hidden_marks
        self._context.host.open_dialog(dialog, self._delete_confirmed)

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
        dialog = ConfirmScreen("Remove the delete marker", question, "Remove", lost=not version.latest)
        self._context.host.open_dialog(dialog, answered)
        return True
