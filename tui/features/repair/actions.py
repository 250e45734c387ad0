"""From what is picked to a repair of its ownership: whose the bucket is, the plan, then the order to the engine."""

from __future__ import annotations

from functools import partial

from tui.browser.context import BrowserContext
from tui.browser.needs import Needs
from tui.browser.pane_pair import PanePair, WriteGuard
from tui.core.identity import Identity
from tui.core.orders import RepairOrder, Selection
from tui.core.problem import ProblemError
from tui.features.repair.values import SubmitRepair
from tui.features.repair.words import rollback_file
from tui.panes.pane import Pane
from tui.panes.rows import PickError, select


class Repairing:
    """Makes the bucket owner the owner of what is picked in a pane, with the identities of both."""

    def __init__(self, context: BrowserContext, panes: PanePair, guard: WriteGuard, needs: Needs) -> None:
        self._context, self._panes, self._guard, self._needs = context, panes, guard, needs

    def action_repair(self) -> None:
        pane = self._panes.active
        if pane.identity is None:
            self._context.no_identity()
            return
        owner, uploader = self._identities(pane, pane.identity)
        if not all(self._guard.may_write(each) for each in self._panes if each.identity in (owner, uploader)):
            return
        try:
            selection = self._selection(pane, owner.connection)
            order = RepairOrder(selection, uploader.connection if uploader else "", rollback=rollback_file())
        except PickError as error:
            self._context.warn(str(error))
        except ProblemError as error:
            self._context.fail(error.problem)
        else:
            self._show_plan(order)

    def _identities(self, pane: Pane, mine: Identity) -> tuple[Identity, Identity | None]:
        """The bucket owner's identity and the uploader's: the other pane's may be either of the two."""
        other = self._panes.beside(pane).identity
        if other is None or not self._panes.same_server or other.connection == mine.connection:
            return mine, None
        owner = pane.bucket_owners.get(pane.subject.bucket, "")
        return (other, mine) if owner and owner == other.canonical_id != mine.canonical_id else (mine, other)

    @staticmethod
    def _selection(pane: Pane, connection: str) -> Selection:
        """What is picked; in an empty place, all below it. Raises `PickError`."""
        place = pane.location
        if not pane.picked and place.bucket:
            return Selection(connection, place, prefixes=[place.key])
        return select(connection, pane.picked)

    def _show_plan(self, order: RepairOrder) -> None:
        from tui.features.repair.screen import RepairScreen

        def answered(confirmed: RepairOrder | None) -> None:
            if confirmed:
                self._needs.request(SubmitRepair(confirmed), partial(self._panes.clear_marks, confirmed.selection))

        context = self._context
        context.host.open_dialog(RepairScreen(context.engine, order, context.book), answered)
