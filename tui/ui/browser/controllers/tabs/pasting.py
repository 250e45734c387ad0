"""What is pasted onto a pane: one URI is opened, several of one level are marked, others are offered to be opened."""

from __future__ import annotations

from functools import partial

from tui.browser.context import Context
from tui.browser.open_screen import Known, OpenLocationScreen, pasted_locations
from tui.browser.pane_pair import PanePair
from tui.core.location import Location
from tui.panes.pane import Pane
from tui.panes.tree import Tree
from tui.text import format as fmt
from tui.ui.browser.controllers.places import Places, endpoint_of


class Pasting:
    """Reads the text, goes there, and marks rows as soon as they are listed."""

    def __init__(self, context: Context, panes: PanePair, places: Places) -> None:
        self._context, self._panes, self._places = context, panes, places
        self._to_mark: tuple[Tree, list[Location]] | None = None
        """What is marked once its level is listed."""

    def take(self, text: str) -> None:
        """Open what was pasted where no line takes it, in the active pane."""
        pane = self._panes.active
        pasted = pasted_locations(text, endpoint_of(pane))
        if pasted.others:
            lines = fmt.counted(pasted.others, "line")
            self._context.warn(f"{lines} without a location: {pasted.wrong}", "Pasted text")
        if len(pasted.locations) == 1:
            self._places.answered(pane, pasted.locations[0])
        elif pasted.locations:
            self._open_many(pane, pasted.locations)

    def _open_many(self, pane: Pane, locations: list[Location]) -> None:
        [level, *others] = dict.fromkeys(location.parent for location in locations)
        if others:
            dialog = OpenLocationScreen(known=Known(history=locations), endpoint=endpoint_of(pane))
            self._context.host.open_dialog(dialog, partial(self._places.answered, pane))
            return
        if pane.location != level or not pane.contents.root.total:
            self._places.show_in(pane, level)
        if pane.location == level:
            self._to_mark = pane.contents, locations
            self.go_on(pane)

    def go_on(self, pane: Pane) -> None:
        """A pane changed: what was waited for may be listed now."""
        if self._to_mark is None or self._to_mark[0] is not pane.contents or pane.contents.loading:
            return
        (tree, locations), self._to_mark = self._to_mark, None
        rows = [number for location in locations if (number := tree.row_of(location)) is not None]
        for number in rows:
            tree.mark(tree.row(number), on=True)
        if rows:
            pane.table.move(rows[0])
        pane.table.marks_changed()
        missing = len(locations) - len(rows)
        words = f"{fmt.counted(len(rows), 'row')} marked" + (f", {fmt.number(missing)} not found" if missing else "")
        (self._context.warn if missing else self._context.tell)(words, "Pasted URIs")
