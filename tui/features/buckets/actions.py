"""Creates buckets and prefixes; the switch for buckets whose requester pays."""

from __future__ import annotations

from functools import partial

from msgspec import structs

from tui.browser.context import BrowserContext
from tui.browser.needs import Needs
from tui.browser.pane_pair import PanePair, WriteGuard, same_server
from tui.core.identity import Identity
from tui.core.location import Location
from tui.core.problem import ProblemError
from tui.features.buckets.new_place_screen import NewBucket
from tui.messages.listing_requests import CreateBucket, CreatePrefix
from tui.panes.branch import VersionBranch
from tui.panes.pane import Pane
from tui.settings import BucketSettings, settings_file
from tui.settings.on_disk import set_bucket


class RequesterPays:
    """Saves the switch in the settings and connects the panes again, so that every request has the header."""

    def __init__(self, context: BrowserContext, panes: PanePair) -> None:
        self._context, self._panes = context, panes

    def action_requester_pays(self) -> None:
        context, subject = self._context, self._panes.active.subject
        if not subject.in_s3:
            context.warn("open a bucket, or move the cursor to one")
            return
        known = context.settings.buckets.get(subject.bucket)
        pays = not (known and known.requester_pays)
        buckets = {**context.settings.buckets, subject.bucket: BucketSettings(requester_pays=pays)}
        if not context.start.demo:  # which leaves nothing behind
            try:
                set_bucket(settings_file(), subject.bucket, requester_pays=pays)
            except ProblemError as error:
                context.fail(error.problem)
                return
        context.settings = structs.replace(context.settings, buckets=buckets)
        for pane in self._panes.every:
            if pane.spec and pane.spec.kind.has_accounts:
                pane.connection.reconnect()
        words = "requester pays is on: you pay for requests" if pays else "requester pays is off"
        context.tell(f"{subject.bucket}: {words}", "Requester pays")


class NewPlaces:
    """Asks for the name of a bucket or prefix; afterwards the panes list the level again."""

    def __init__(self, context: BrowserContext, panes: PanePair, guard: WriteGuard, needs: Needs) -> None:
        self._context, self._panes, self._guard, self._needs = context, panes, guard, needs

    def action_new(self) -> None:
        """Create a bucket in the list of buckets, else a prefix on the cursor's level."""
        pane = self._panes.active
        if pane.identity is None:
            self._context.no_identity()
            return
        if not self._guard.may_write(pane):
            return
        level = self._level(pane)
        if not level.bucket and not pane.identity.spec.kind.has_accounts:
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
                self._needs.request(request, partial(self._show_new, pane, level.entry_above(prefix)))
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
