"""All that has to do with moving about: tabs, columns, pasted locations."""

from __future__ import annotations

from tui.browser.context import Context
from tui.browser.pane_pair import PanePair
from tui.features.accounts.actions import AccountChoice
from tui.panes.pane import Pane
from tui.ui.browser.controllers.places import Places
from tui.ui.browser.controllers.remembering import Remembering
from tui.ui.browser.controllers.tabs.columns import Columns
from tui.ui.browser.controllers.tabs.pasting import Pasting
from tui.ui.browser.controllers.tabs.tabs import Tabs


class Moving:
    """Owns its controllers, and passes messages on to them."""

    def __init__(
        self, context: Context, panes: PanePair, accounts: AccountChoice, remembering: Remembering, places: Places
    ) -> None:
        self.tabs = Tabs(context, panes, accounts, remembering.restored)
        self.columns = Columns(context, panes)
        self.pasting = Pasting(context, panes, places)
        self._panes = panes

    @property
    def controllers(self) -> tuple[object, ...]:
        """Those with commands."""
        return self.tabs, self.columns

    def pane_changed(self, pane: Pane) -> None:
        """A pane changed, or another of its tabs is in front."""
        self.tabs.shown(pane)
        self._panes.show_active()
        self.pasting.go_on(pane)
