"""The transfers in their groups, as many lines as each takes: only those on screen are ever painted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.content import Content
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from tui.core.transfer import Transfer
from tui.ui.transfers.groups import Grouped
from tui.ui.transfers.lines import Accents, transfer_lines
from tui.ui.transfers.totals import heading

SELECTED, SELECTED_IDLE = "transfers-table--selected", "transfers-table--selected-idle"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table, and the transfer it belongs to; a heading belongs to none."""

    text: Content
    transfer: str = ""


class TransfersTable(ScrollView, can_focus=False, inherit_bindings=False):
    """Shows the groups it is given and keeps the selected transfer where it is on screen, whatever its group."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {SELECTED, SELECTED_IDLE}

    @dataclass
    class Clicked(Message):
        """A transfer was clicked, `twice` for a double click."""

        transfer: str
        twice: bool

    def __init__(self) -> None:
        super().__init__()
        self.selected = ""
        """The id of the transfer that the keys act on; empty: there is none."""
        self.order: list[str] = []
        """The ids that are shown, from top to bottom."""
        self.accents: Accents = {}
        self._groups: Sequence[Grouped] = ()
        self._lines: list[Line] = []
        self._made: dict[str, tuple[Transfer, list[Line]]] = {}
        self._width = 0

    def show(self, groups: Sequence[Grouped]) -> None:
        """Show these from now on; one that is no longer among them leaves the selection to its neighbour."""
        at = self.order.index(self.selected) if self.selected in self.order else 0
        row = self._first_row(self.selected)
        self._groups = groups
        self.order = [transfer.id for each in groups for transfer in each.transfers]
        if self.selected not in self.order:
            self.selected = self.order[min(at, len(self.order) - 1)] if self.order else ""
        self._lay_out()
        self._keep_in_view(row)
        self.refresh()

    def paint_anew(self) -> None:
        """Something that all lines depend on has changed."""
        self._made.clear()
        self._lay_out()
        self.refresh()

    def _lay_out(self) -> None:
        """Make the lines of what is new or has changed, and take the others as they were made."""
        width = self.scrollable_content_region.width
        if width != self._width:
            self._made.clear()
            self._width = width
        if width < 1:
            return
        made: dict[str, tuple[Transfer, list[Line]]] = {}
        self._lines = []
        for each in self._groups:
            self._lines.append(Line(heading(each, width)))
            for transfer in each.transfers:
                made[transfer.id] = self._made_of(transfer, width)
                self._lines += made[transfer.id][1]
        self._made = made
        self.virtual_size = Size(width, len(self._lines))

    def _made_of(self, transfer: Transfer, width: int) -> tuple[Transfer, list[Line]]:
        known = self._made.get(transfer.id)
        if known and known[0] == transfer:
            return known
        return transfer, [Line(text, transfer.id) for text in transfer_lines(transfer, width, self.accents)]

    def _rows(self, transfer: str) -> range:
        rows = [row for row, line in enumerate(self._lines) if transfer and line.transfer == transfer]
        return range(rows[0], rows[-1] + 1) if rows else range(0)

    def _first_row(self, transfer: str) -> int | None:
        rows = self._rows(transfer)
        return rows.start if rows else None

    def _keep_in_view(self, was: int | None) -> None:
        """What was in view and has moved with its group stays in view; else nothing is scrolled."""
        top, height = self.scroll_offset.y, self.size.height
        if was is not None and top <= was < top + height:
            self.bring_into_view()

    def select(self, transfer: str) -> None:
        """Select one and bring it into view."""
        self.selected = transfer
        self.bring_into_view()
        self.refresh()

    def step(self, by: int) -> None:
        """Select the one that stands so many places further down, or the last or first there is."""
        if self.selected in self.order:
            at = self.order.index(self.selected) + by
            self.select(self.order[max(0, min(len(self.order) - 1, at))])

    def bring_into_view(self) -> None:
        """Scroll as little as it takes to show the selected one, below its group's heading if that is right above."""
        rows = self._rows(self.selected)
        if not rows:
            return
        above = rows.start > 0 and not self._lines[rows.start - 1].transfer
        start = rows.start - above
        self.scroll_to_region(Region(0, start, 1, rows.stop - start), animate=False, force=True)

    def on_resize(self) -> None:
        """Lines are made for a width."""
        self._lay_out()
        self.bring_into_view()

    def on_click(self, event: Click) -> None:
        """Post which transfer is selected to the panel."""
        row = self.scroll_offset.y + event.get_content_offset_capture(self).y
        if 0 <= row < len(self._lines) and self._lines[row].transfer:
            self.post_message(self.Clicked(self._lines[row].transfer, event.chain >= 2))

    def render_line(self, y: int) -> Strip:
        """One line of the visible part."""
        row, width = self.scroll_offset.y + y, self.scrollable_content_region.width
        if row >= len(self._lines) or width < 1:
            return Strip.blank(self.size.width, self.rich_style)
        line, style = self._lines[row], self.visual_style
        if line.transfer and line.transfer == self.selected:
            has_focus = self.parent is not None and self.screen.focused is self.parent
            style = self.get_visual_style(SELECTED if has_focus else SELECTED_IDLE)
        (strip, *_) = Visual.to_strips(self, line.text, width, 1, style, pad=True)
        return strip.adjust_cell_length(width, style.rich_style)
