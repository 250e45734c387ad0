"""Going to a place that is named: typed by the user, or the other pane's."""

from __future__ import annotations

from functools import partial

from tui.browser.context import Context
from tui.browser.open_screen import Known, Levels, Opened, OpenLocationScreen
from tui.browser.pane_pair import PanePair
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.problem import ProblemError
from tui.features.accounts.actions import AccountChoice, start_of
from tui.messages.identity_requests import ListProfiles
from tui.panes.pane import Pane
from tui.saved.bookmarks import Bookmarks
from tui.saved.last_session import known_by_now
from tui.saved.own_files import add_to_history, read_history
from tui.settings import PaneStart, settings_file


class Places:
    """Takes panes to places."""

    def __init__(self, context: Context, panes: PanePair, accounts: AccountChoice) -> None:
        self._context, self._panes, self._accounts = context, panes, accounts

    def action_mirror(self) -> None:
        """Take the other pane to where this one is."""
        here, other = self._panes.active.location, self._panes.passive
        if other.location != here:
            self.show_in(other, here)

    def action_open_location(self) -> None:
        """Ask for a bucket or URI and go there."""
        pane, known = self._panes.active, self._known()
        levels = None
        if pane.identity:
            levels = Levels(self._context.engine, pane.identity.connection, local=pane.identity.spec.local)
        dialog = OpenLocationScreen(pane.location, known, levels, endpoint_of(pane))
        self._context.host.open_dialog(dialog, partial(self.answered, pane))
        self._context.host.run_in_background(partial(self._offer_identities, dialog, known), "identities")

    def answered(self, pane: Pane, opened: Opened | None) -> None:
        """Show in `pane` what was typed or chosen in the dialog."""
        if isinstance(opened, PaneStart):
            show_as(self._context, pane, opened)
        elif opened:
            self.show_in(pane, opened)
            self._note(opened)

    def _note(self, location: Location) -> None:
        file = self._context.keeping.history
        if file is None or not location.bucket:
            return
        try:
            add_to_history(file, location)
        except ProblemError as error:
            self._context.warn(error.problem.sentence())

    def _known(self) -> Known:
        keeping = self._context.keeping
        buckets: dict[str, None] = {}
        for pane in (self._panes.active, *self._panes.every):
            listings = pane.branches.listings
            own = listings.own_buckets.buckets if listings.own_buckets else []
            buckets |= dict.fromkeys([*(bucket.name for bucket in own), *listings.remembered])
        return Known(
            list(buckets),
            read_history(keeping.history) if keeping.history else [],
            Bookmarks(keeping.bookmarks).read() if keeping.bookmarks else [],
        )

    async def _offer_identities(self, dialog: OpenLocationScreen, known: Known) -> None:
        """The AWS config files are read by the engine: the dialog does not wait for it."""
        try:
            profiles = (await self._context.engine.ask(ListProfiles())).profiles
        except ProblemError:
            return
        names = [IdentitySpec(name=name) for name in self._context.settings.identities]
        specs = [*names, *(IdentitySpec(profile.name) for profile in profiles)]
        if dialog.is_attached:
            dialog.offer_also(Known(known.buckets, known.history, known.bookmarks, specs))

    def show_in(self, pane: Pane, location: Location) -> None:
        """Show a place in a pane; a path as the local disk. From there into S3 it asks for an identity first."""
        is_disk = bool(pane.spec and pane.spec.local)
        if location.is_local == is_disk:
            pane.navigation.go(location, by_name=True)
        elif location.is_local:
            pane.connection.connect(IdentitySpec(local=True), location if location.is_prefix else location.parent)
            pane.navigation.seek(location)
        else:
            self._accounts.choose_for(pane, location)


def endpoint_of(pane: Pane) -> str:
    """The server whose links a pane opens: that of its identity."""
    return pane.identity.endpoint if pane.identity else ""


def show_as(context: Context, pane: Pane, begin: PaneStart) -> None:
    """Show in a pane what was kept with its identity, as the settings describe that today."""
    spec = known_by_now(begin.spec, context.settings) if begin.spec else None
    if spec is None:
        name = begin.spec.name if begin.spec else ""
        context.warn(f"{settings_file()} no longer has identity {name}")
    elif pane.identity and pane.spec == spec:
        pane.navigation.go(begin.location, by_name=True)
    else:
        location = begin.location if begin.location.bucket else start_of(spec)
        pane.branches.listings.remembered.clear()
        pane.branches.listings.remember(location.bucket)
        pane.connection.connect(spec, location)
