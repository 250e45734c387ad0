"""Dragging rows from one pane to another place: the ghost, the target, the drop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from textual import on
from textual.geometry import Offset

from tui.model.plan import Selection
from tui.protocol.session import EngineAccess
from tui.settings import Settings, Start
from tui.ui.drops import Drag, DropTarget, may_drop
from tui.ui.listing.selection import PickError, describe, select
from tui.ui.listing.tree import pick
from tui.ui.messages import DragBegun, DragEnded, DragMoved
from tui.ui.screens.naming import NamingScreen
from tui.ui.widgets.ghost import Ghost


class DraggingScreen(NamingScreen):
    """Follows the pointer from the table that a drag began in; what is dropped is copied by the screen above."""

    def __init__(
        self, start: Start, settings: Settings, engine: EngineAccess, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(start, settings, engine, clock)
        self.drag: Drag | None = None
        """What is under way."""
        self.ghost = Ghost()
        self.ghost.display = False

    @on(DragBegun)
    def _drag_begun(self, event: DragBegun) -> None:
        event.stop()
        pane = next((one for one in self.panes if one.table.dragging), None)
        row = pane.table.row_at(event.number) if pane else None
        if pane is None or row is None or pane.identity is None:
            return
        marked = row.location in pane.contents.marks
        picked = pane.picked if marked else [pick(row)]
        try:
            selection = select(pane.identity.connection, picked)
        except PickError as error:
            self.notify(str(error), severity="warning", markup=False)
            pane.table.cancel_drag()
            return
        self.drag = Drag(pane.side, selection, describe(picked))
        self.ghost.display = True
        self._point(event.pointer)

    @on(DragMoved)
    def _drag_moved(self, event: DragMoved) -> None:
        event.stop()
        self._point(event.pointer)

    @on(DragEnded)
    def _drag_ended(self, event: DragEnded) -> None:
        event.stop()
        if self.drag and event.pointer:
            self._point(event.pointer)
        drag, self.drag = self.drag, None
        self.ghost.display = False
        for pane in self.panes:
            pane.show_drop(None)
        if drag and drag.target and event.pointer:
            self.dropped(drag.selection, drag.target)

    def dropped(self, selection: Selection, target: DropTarget) -> None:
        """Something was dropped where it may be."""

    def _point(self, pointer: Offset) -> None:
        if self.drag is None:
            return
        self.drag = replace(self.drag, target=self._target(self.drag, pointer))
        self.ghost.label = self.drag.label
        self.ghost.follow(pointer)
        for pane in self.panes:
            pane.table.scroll_at_edge(pointer)
            pane.show_drop(self.drag.target)

    def _target(self, drag: Drag, pointer: Offset) -> DropTarget | None:
        pane = next((one for one in self.panes if one.display and one.region.contains_point(pointer)), None)
        target = pane.drop_target(pointer) if pane else None
        if target is None or pane is None or pane.identity is None:
            return None
        same_server = target.side is drag.source or self.same_server
        return target if may_drop(drag.selection, target.location, same_server=same_server) else None
