"""Going to a place that is named: typed by the user, or the other pane's."""

from __future__ import annotations

from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.ui.browser.context import Context
from tui.ui.browser.controllers.panes import PanePair
from tui.ui.panes.pane import Pane


class Places:
    """Takes panes to places."""

    def __init__(self, context: Context, panes: PanePair) -> None:
        self._context, self._panes = context, panes

    def action_mirror(self) -> None:
        """Take the other pane to where this one is."""
        here, other = self._panes.active.location, self._panes.passive
        if other.location != here:
            self.show_in(other, here)

    def action_open_location(self) -> None:
        """Ask for a bucket or URI and go there."""
        from tui.ui.moving.open_location import OpenLocationScreen

        pane = self._panes.active

        def answered(location: Location | None) -> None:
            if location:
                self.show_in(pane, location)

        self._context.host.open_dialog(OpenLocationScreen(pane.location), answered)

    def show_in(self, pane: Pane, location: Location) -> None:
        """Show a place in a pane; a path as the local disk. From there into S3 an identity must be chosen first."""
        is_disk = bool(pane.spec and pane.spec.local)
        if location.is_local == is_disk:
            pane.navigation.go(location, by_name=True)
        elif location.is_local:
            pane.connection.connect(IdentitySpec(local=True), location if location.is_prefix else location.parent)
            pane.navigation.seek(location)
        else:
            self._context.no_identity("that pane", ": it shows the local disk")
