"""Dragging rows from one pane to another place: the ghost, the target, the drop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from textual.geometry import Offset

from tui.browser.context import Context
from tui.browser.pane_pair import PanePair
from tui.core.orders import Selection
from tui.panes.drag import Drag, DropTarget, Ghost, may_drop
from tui.panes.rows import PickError, describe, select
from tui.panes.tree import pick


class Dragging:
    """Follows the pointer from the table that a drag began in; `dropped` is called with what goes where."""

    def __init__(self, context: Context, panes: PanePair, dropped: Callable[[Selection, DropTarget], None]) -> None:
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
            picked = pane.picked if marked else [pick(row)]
            selection = select(pane.identity.connection, picked)
        except PickError as error:
            self._context.warn(str(error))
            pane.table.cancel_drag()
            return
        self.drag = Drag(pane.side, selection, describe(picked))
        self.ghost.display = True
        self.move(pointer)

    def move(self, pointer: Offset) -> None:
        """The pointer is at another cell of the screen."""
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
