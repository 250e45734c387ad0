"""Search and measure below the active pane's location."""

from __future__ import annotations

from functools import partial

from tui.browser.context import BrowserContext
from tui.browser.needs import Needs
from tui.browser.pane_pair import PanePair, WriteGuard
from tui.core.location import Location
from tui.core.orders import DeleteOrder
from tui.core.searching import Search
from tui.features.transfer_list.actions import Transfers
from tui.messages.order_requests import SubmitDelete
from tui.panes.pane import Pane
from tui.panes.rows import RowKind, select


class Searching:
    """Opens the form. The results replace the listing until Esc."""

    def __init__(
        self, context: BrowserContext, panes: PanePair, guard: WriteGuard, needs: Needs, transfers: Transfers
    ) -> None:
        self._context, self._panes, self._guard, self._needs = context, panes, guard, needs
        self._transfers = transfers
        self._last: dict[str, str] = {}
        """The last input, by the field of the form."""

    def action_find(self) -> None:
        from tui.features.find.screen import FindScreen  # imported late: the first frame comes sooner

        pane = self._panes.active
        place = pane.location
        if not place.bucket:
            self._context.warn("open a bucket first: a search looks below one prefix")
            return

        def answered(search: Search | None) -> None:
            if search and pane.location == place:
                pane.navigation.find(place, search)
                pane.table.focus()

        self._context.host.open_dialog(FindScreen(place, self._last, self._context.clock), answered)

    def action_sizes(self) -> None:
        from tui.features.find.sizes_screen import SizesScreen
        from tui.settings.prices import price_table

        pane = self._panes.active
        place = pane.location
        row = pane.cursor_row
        if not place.bucket and row and row.kind is RowKind.CONTAINER:
            place = row.location  # in the list of buckets, the bucket under the cursor
        if not place.bucket or pane.identity is None:
            self._context.warn("open a bucket first: sizes are measured below one prefix")
            return

        def answered(chosen: Location | None) -> None:
            self._transfers.when_ended = lambda _transfer: None
            if chosen:
                pane.navigation.go(chosen)

        prices, context = price_table(self._context.settings), self._context
        delete = partial(self._delete, pane)
        screen = SizesScreen(place, pane.identity.connection, context.engine, prices, context.book, delete)
        self._transfers.when_ended = screen.ended
        context.host.open_dialog(screen, answered)

    def _delete(self, pane: Pane, place: Location) -> None:
        from tui.features.delete.screen import DeleteScreen

        identity = pane.identity
        if identity is None or not self._guard.may_write(pane):
            return
        order = DeleteOrder(select(identity.connection, [place]))

        def answered(confirmed: DeleteOrder | None) -> None:
            if confirmed:
                self._needs.request(SubmitDelete(confirmed), lambda: self._context.tell("the deletion has begun"))

        self._context.host.open_dialog(DeleteScreen(self._context.engine, order, identity), answered)
