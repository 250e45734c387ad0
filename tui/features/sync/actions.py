"""Compare and sync the locations of the panes."""

from __future__ import annotations

from msgspec.structs import replace

from tui.browser.context import BrowserContext
from tui.browser.needs import Needs
from tui.browser.pane_pair import PanePair, WriteGuard
from tui.core.orders import ConflictPolicy, CopyOptions, CopyOrder, SyncOrder
from tui.features.copy.actions import Copying
from tui.features.sync.values import ComparedPlace, Comparison, SubmitSync, sync_order
from tui.features.transfer_list.actions import Transfers
from tui.kit.commands import key_of
from tui.panes.news import PaneSide


class Comparing:
    """Opens the comparison; starts copies and deletions from it."""

    def __init__(
        self,
        context: BrowserContext,
        panes: PanePair,
        guard: WriteGuard,
        needs: Needs,
        copying: Copying,
        transfers: Transfers,
    ) -> None:
        self._context, self._panes, self._guard, self._needs, self._copying = context, panes, guard, needs, copying
        self._transfers = transfers

    def action_compare(self) -> None:
        from tui.features.sync.screen import ComparisonScreen  # imported late: the first frame comes sooner

        if comparison := self._comparison():
            engine, to_right = self._context.engine, self._panes.active.side is PaneSide.LEFT
            screen = ComparisonScreen(comparison, engine, self._options(), self._begin, to_right=to_right)
            self._transfers.when_ended = screen.ended
            self._context.host.open_dialog(screen, lambda _closed: self._closed())

    def action_sync(self) -> None:
        """Make the place of the other pane like that of the active one."""
        if comparison := self._comparison():
            to_right = self._panes.active.side is PaneSide.LEFT
            self._begin(sync_order(comparison, self._options(), delete=True, to_right=to_right))

    def _options(self) -> CopyOptions:
        return replace(self._copying.options(move=False), conflict=ConflictPolicy.OVERWRITE, same_parts=True)

    def _comparison(self) -> Comparison | None:
        """The places of both panes; None, after a warning: they cannot be compared."""
        left, right = (self._panes.pane(side) for side in (PaneSide.LEFT, PaneSide.RIGHT))
        if left.identity is None or right.identity is None:
            self._context.warn(f"choose an identity for both panes first ({key_of('accounts')})")
            return None
        if not left.location.bucket or not right.location.bucket:
            self._context.warn("open a bucket or directory in both panes first")
            return None
        places = [ComparedPlace(pane.identity.connection, pane.location) for pane in (left, right) if pane.identity]
        return Comparison(places[0], places[1])

    def _closed(self) -> None:
        """Without an open comparison, a transfer changes none."""
        self._transfers.when_ended = lambda _transfer: None

    def _begin(self, order: CopyOrder) -> None:
        """Show the plan, unless the target is read-only."""
        target = order.destination.connection
        pane = next(pane for pane in self._panes if pane.identity and pane.identity.connection == target)
        if not self._guard.may_write(pane):
            return
        if not isinstance(order, SyncOrder):
            self._copying.show_card(order)
            return
        from tui.features.sync.card_screen import SyncCardScreen

        def answered(confirmed: SyncOrder | None) -> None:
            if confirmed:
                self._needs.request(SubmitSync(confirmed), lambda: self._context.tell("the sync has begun"))

        self._context.host.open_dialog(SyncCardScreen(self._context.engine, order), answered)
