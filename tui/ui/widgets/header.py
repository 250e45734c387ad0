"""The headings of the tree table; a click sorts."""

from __future__ import annotations

from rich.segment import Segment
from textual.events import Click
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.ui.listing.arrangement import Arrangement
from tui.ui.messages import SortChosen
from tui.ui.widgets.cells import ColumnPlan, heading_cells


class TableHeader(Widget):
    """One line, in the columns of the table below it."""

    ALLOW_SELECT = False
    plan: reactive[ColumnPlan] = reactive(ColumnPlan(0))
    """The columns."""
    arrangement: reactive[Arrangement] = reactive(Arrangement())
    """The sort that is shown beside the heading it sorts by."""

    def render_line(self, y: int) -> Strip:  # noqa: ARG002  # the only line
        """The headings."""
        text = "".join(cell for cell, _ in heading_cells(self.plan, self.arrangement))
        return Strip([Segment(text, self.rich_style)]).adjust_cell_length(self.size.width, self.rich_style)

    def on_click(self, event: Click) -> None:
        """Sort by the heading under the pointer."""
        left = 0
        for cell, key in heading_cells(self.plan, self.arrangement):
            left += len(cell)
            if event.x < left:
                if key:
                    self.post_message(SortChosen(key))
                return
