"""What changes a place: move, delete, new prefixes and buckets, other names, incomplete uploads."""

from __future__ import annotations

from functools import partial

from textual import work

from tui.model.identity import Identity
from tui.model.location import Location
from tui.model.plan import CopyOptions, CopyOrder, DeleteOrder, Destination, Selection
from tui.model.problem import ProblemError
from tui.protocol.messages import CreateBucket, CreatePrefix, SubmitDelete
from tui.ui import format as fmt
from tui.ui.listing.selection import PickError, select
from tui.ui.screens.copying import CopyingScreen
from tui.ui.screens.new_place import NewBucket
from tui.ui.widgets.pane_keys import KeyedPane

CHOOSE_FIRST = "choose an account for this pane first: a"


class ChangingScreen(CopyingScreen):
    """Each command asks in a dialog of its own, then tells the engine; panes list anew what they show of it."""

    def action_move(self) -> None:
        """Move what is marked, or the row, to where the other pane is."""
        self.transfer(move=True)

    def action_delete(self) -> None:
        """Delete what is marked, or the row."""
        from tui.ui.screens.delete import DeleteScreen

        pane = self.active
        if pane.identity is None:
            self._warn(CHOOSE_FIRST)
            return
        if not self.may_write(pane):
            return
        picked = pane.picked
        if any(not one.location.key for one in picked):
            self._warn("a bucket is not deleted here: open it, and delete what is in it")
            return
        try:
            order = DeleteOrder(select(pane.identity.connection, picked))
        except PickError as error:
            self._warn(str(error))
            return
        self.app.push_screen(DeleteScreen(self.engine, order, pane.identity), self._delete_confirmed)

    def _delete_confirmed(self, order: DeleteOrder | None) -> None:
        if order:
            self._submit_delete(order)

    @work(group="submitting")
    async def _submit_delete(self, order: DeleteOrder) -> None:
        try:
            await self.engine.ask(SubmitDelete(order))
        except ProblemError as error:
            self.refused(error.problem, partial(self._submit_delete, order))
            return
        self.forget_marks(order.selection)

    def action_new(self) -> None:
        """A bucket where buckets are listed, else a prefix on the level of the cursor."""
        pane = self.active
        if pane.identity is None:
            self._warn(CHOOSE_FIRST)
            return
        if not self.may_write(pane):
            return
        level = self._level(pane)
        if not level.bucket and pane.identity.spec.local:
            self._warn("this machine has one file system: open /, and make directories in it")
        elif not level.bucket:
            self._new_bucket(pane, pane.identity)
        else:
            self._new_prefix(pane, pane.identity, level)

    @staticmethod
    def _level(pane: KeyedPane) -> Location:
        row = pane.cursor_row
        return row.branch.location if row else pane.location

    def _new_bucket(self, pane: KeyedPane, identity: Identity) -> None:
        from tui.ui.screens.new_place import NewBucketScreen

        def answered(bucket: NewBucket | None) -> None:
            if bucket:
                self._create_bucket(pane, identity, bucket)

        self.app.push_screen(NewBucketScreen(identity.region, identity.label), answered)

    @work(group="creating")
    async def _create_bucket(self, pane: KeyedPane, identity: Identity, bucket: NewBucket) -> None:
        try:
            await self.engine.ask(CreateBucket(identity.connection, bucket.name, bucket.region))
        except ProblemError as error:
            self.refused(error.problem, partial(self._create_bucket, pane, identity, bucket))
            return
        self._show_new(pane, Location(bucket.name))

    def _new_prefix(self, pane: KeyedPane, identity: Identity, level: Location) -> None:
        from tui.ui.screens.new_place import NewPrefixScreen

        def answered(prefix: Location | None) -> None:
            if prefix is None:
                return
            if pane.contents.row_of(prefix) is None:
                self._create_prefix(pane, identity, level, prefix)
            else:
                self._warn("it is there already")
                pane.table.await_entry(prefix)

        self.app.push_screen(NewPrefixScreen(level), answered)

    @work(group="creating")
    async def _create_prefix(self, pane: KeyedPane, identity: Identity, level: Location, prefix: Location) -> None:
        try:
            await self.engine.ask(CreatePrefix(identity.connection, prefix))
        except ProblemError as error:
            self.refused(error.problem, partial(self._create_prefix, pane, identity, level, prefix))
            return
        self._show_new(pane, top_below(level, prefix))

    def _show_new(self, pane: KeyedPane, place: Location) -> None:
        """List the levels that show it, and put the cursor on it as soon as it is there."""
        pane.table.await_entry(place)
        for one in self.panes:
            if one is pane or self.same_server:
                one.refresh_below(place)

    def action_rename(self) -> None:
        """Another name for the object or prefix under the cursor."""
        from tui.ui.screens.new_place import RenameScreen

        pane = self.active
        row = pane.cursor_row
        if pane.identity is None:
            self._warn(CHOOSE_FIRST)
        elif row is None or not row.is_entry:
            self._warn("the cursor is on nothing that has a name")
        elif not row.location.key:
            self._warn("S3 cannot rename a bucket")
        elif self.may_write(pane):
            old, connection = row.location, pane.identity.connection

            def answered(new: Location | None) -> None:
                if new:
                    self._rename(pane, connection, old, new)

            self.app.push_screen(RenameScreen(old), answered)

    def _rename(self, pane: KeyedPane, connection: str, old: Location, new: Location) -> None:
        """An object at once, with the usual question if there is one of that name; a prefix by the route card."""
        options = self.copy_options(move=True)
        pane.table.await_entry(top_below(old.parent, new))
        if old.is_prefix:
            self.show_card(
                CopyOrder(Selection(connection, old, prefixes=[old.key]), Destination(connection, new), options)
            )
        else:
            self.submit(rename_order(connection, old, new, options))

    def action_uploads(self) -> None:
        """The incomplete uploads of the bucket that is open or under the cursor."""
        from tui.ui.screens.uploads import UploadsScreen

        pane = self.active
        bucket = pane.subject.bucket
        if pane.identity is None:
            self._warn(CHOOSE_FIRST)
        elif not bucket:
            self._warn("open a bucket first, or put the cursor on one")
        else:
            may = partial(self.may_write, pane)
            self.app.push_screen(
                UploadsScreen(self.engine, pane.identity.connection, Location(bucket), self.clock, may)
            )

    def _warn(self, words: str) -> None:
        self.notify(fmt.visible(words), severity="warning", markup=False)


def rename_order(connection: str, old: Location, new: Location, options: CopyOptions) -> CopyOrder:
    """Moves one object within its bucket to another key."""
    selection = Selection(connection, old.parent, keys=[old.key])
    return CopyOrder(selection, Destination(connection, new.parent, new.key), options)


def top_below(level: Location, place: Location) -> Location:
    """What the listing of `level` shows of a place below it: itself, or the prefix that it lies in."""
    first, delimiter, _ = place.key[len(level.key) :].partition("/")
    return level.child(first + delimiter)
