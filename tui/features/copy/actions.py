"""From a selection to a copy or a move: the route card, then the order to the engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from textual.geometry import Offset

from tui.browser.context import BrowserContext
from tui.browser.needs import Needs
from tui.browser.pane_pair import PanePair, WriteGuard
from tui.core.orders import BatchOrder, CopyOptions, CopyOrder, Destination, Selection
from tui.features.access.actions import Granting
from tui.features.copy.card_choices_screen import CardMemory
from tui.kit.commands import key_of
from tui.messages.order_requests import SubmitCopy, SubmitJob
from tui.panes.drag import Drag, DropTarget, Ghost, may_drop
from tui.panes.rows import PickError, describe, select
from tui.settings.prices import terms


class Copying:
    """Copies or moves what is picked or dropped."""

    def __init__(
        self, context: BrowserContext, panes: PanePair, guard: WriteGuard, needs: Needs, granting: Granting
    ) -> None:
        self._context, self._panes, self._guard, self._needs = context, panes, guard, needs
        self._granting = granting
        self._memory = CardMemory()

    def action_move(self) -> None:
        self.action_copy(move=True)

    def action_copy(self, *, move: bool = False) -> None:
        pane, other = self._panes.active, self._panes.passive
        if pane.identity is None or other.identity is None:
            self._context.warn(self._what_is_missing())
            return
        try:
            selection = select(pane.identity.connection, pane.picked)
        except PickError as error:
            self._context.warn(str(error))
            return
        if not other.location.bucket:
            self._context.warn("open the target bucket in the other pane first")
        elif not may_drop(selection, other.location, same_server=self._panes.same_server):
            self._context.warn("both panes show the same location")
        elif self._guard.may_write(other) and (not move or self._guard.may_write(pane)):
            destination = Destination(other.identity.connection, other.location)
            self.show_card(CopyOrder(selection, destination, self.options(move=move)), note=pane.hidden_marks)

    def _what_is_missing(self) -> str:
        if any(pane.spec is None for pane in self._panes):
            return f"choose an identity for both panes first ({key_of('accounts')})"
        sides = [pane.side.value for pane in self._panes if pane.identity is None]
        return f"{' and '.join(sides)} not connected yet: try again in a moment"

    def dropped(self, selection: Selection, target: DropTarget) -> None:
        pane = self._panes.pane(target.side)
        if (identity := pane.identity) and self._guard.may_write(pane):
            destination = Destination(identity.connection, target.location)
            self.show_card(CopyOrder(selection, destination, self.options(move=False)))

    def options(self, *, move: bool) -> CopyOptions:
        """The options from the settings; the card can change them."""
        limits = self._context.settings.transfers
        return CopyOptions(multipart_threshold=limits.multipart_threshold, part_size=limits.part_size, move=move)

    def show_card(self, order: CopyOrder, note: str = "") -> None:
        """Ask by the route card; on confirmation, submit."""
        from tui.features.copy.screen import RouteCardScreen

        def answered(confirmed: CopyOrder | BatchOrder | None) -> None:
            if confirmed:
                self.submit(confirmed)

        context = self._context
        grant, make_role, kept = self._granting.for_copy, self._granting.for_job, self._memory
        prices = terms(context.settings)
        card = RouteCardScreen(context.engine, order, context.book, kept, context.clock, grant, prices, make_role)
        card.note = note
        context.host.open_dialog(card, answered)

    def submit(self, order: CopyOrder | BatchOrder) -> None:
        request = SubmitJob(order) if isinstance(order, BatchOrder) else SubmitCopy(order)
        self._needs.request(request, partial(self._panes.clear_marks, order.selection))


class Dragging:
    """Follows the pointer from the table that a drag began in; `dropped` is called with what goes where."""

    def __init__(
        self, context: BrowserContext, panes: PanePair, dropped: Callable[[Selection, DropTarget], None]
    ) -> None:
        self._context, self._panes, self._dropped = context, panes, dropped
        self.drag: Drag | None = None
        """What is under way."""
        self.ghost = Ghost()
        self.ghost.display = False

    def begin(self, number: int, pointer: Offset) -> None:
        """Drag a row of the table that the pointer was pressed in, or all marked rows if it is one of them."""
        pane = next((one for one in self._panes if one.table.dragging), None)
        row = pane.table.row_at(number) if pane else None
        if pane is None or row is None or pane.identity is None:
            return
        marked = row.location in pane.contents.marks
        try:
            picked = pane.picked if marked else row.picked
            selection = select(pane.identity.connection, picked)
        except PickError as error:
            self._context.warn(str(error))
            pane.table.cancel_drag()
            return
        self.drag = Drag(pane.side, selection, describe(picked))
        self.ghost.display = True
        self.move(pointer)

    def move(self, pointer: Offset) -> None:
        if self.drag is None:
            return
        self.drag = replace(self.drag, target=self._target(self.drag, pointer))
        self.ghost.label = self.drag.label
        self.ghost.follow(pointer)
        for pane in self._panes:
            pane.table.scroll_at_edge(pointer)
            pane.drops.show(self.drag.target)

    def end(self, pointer: Offset | None) -> None:
        """The button was let go; without a pointer the drag was cancelled, and nothing is dropped."""
        if pointer:
            self.move(pointer)
        drag, self.drag = self.drag, None
        self.ghost.display = False
        for pane in self._panes:
            pane.drops.show(None)
        if drag and drag.target and pointer:
            self._dropped(drag.selection, drag.target)

    def _target(self, drag: Drag, pointer: Offset) -> DropTarget | None:
        pane = next((one for one in self._panes if one.display and one.region.contains_point(pointer)), None)
        target = pane.drops.target(pointer) if pane else None
        if target is None or pane is None or pane.identity is None:
            return None
        same_server = target.side is drag.source or self._panes.same_server
        return target if may_drop(drag.selection, target.location, same_server=same_server) else None
