"""What the keys do on a tree table: move the cursor and mark."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.kit.commands import COMMANDS
from tui.text import format as fmt
from tui.ui.kit.messages import MarksChanged
from tui.ui.listing.selection import LATER
from tui.ui.panes.pointer import PointedTable

TABLE_COMMANDS = frozenset(
    (
        "cursor_down",
        "cursor_up",
        "page_down",
        "page_up",
        "first",
        "last",
        "names_left",
        "names_right",
        "mark",
        "invert_marks",
    )
)
"""The commands that concern nothing but the rows."""


NAME_STEP = 8
"""Cells by which names are moved at once."""


class KeyedTable(PointedTable):
    """A tree table that can be used with the keyboard alone."""

    BINDINGS: ClassVar[list[BindingType]] = [command.binding() for command in COMMANDS if command.id in TABLE_COMMANDS]

    def action_cursor_down(self) -> None:
        """Next row."""
        self.move(self.cursor + 1)

    def action_cursor_up(self) -> None:
        """Previous row."""
        self.move(self.cursor - 1)

    def action_page_down(self) -> None:
        """One screen down."""
        self.move(self.cursor + self.page)

    def action_page_up(self) -> None:
        """One screen up."""
        self.move(self.cursor - self.page)

    def action_first(self) -> None:
        """First row."""
        self.move(0)

    def action_last(self) -> None:
        """Last row."""
        self.move(self.shown.row_count - 1)

    def action_names_left(self) -> None:
        """Show more of the starts of long names."""
        self.shift = max(0, self.shift - NAME_STEP)

    def action_names_right(self) -> None:
        """Show more of the ends of long names, as far as one on screen goes on."""
        top, room = self.scroll_offset.y, self.plan.name
        rows = [row for number in range(top, top + self.size.height) if (row := self.row_at(number))]
        longest = max((fmt.cells(fmt.visible(row.name)) for row in rows if row.is_entry), default=0)
        if longest - self.shift > room // 2:
            self.shift += NAME_STEP

    def action_mark(self) -> None:
        """Mark or unmark the row, and go to the next."""
        if row := self.cursor_row:
            self.shown.mark(row)
            self.refresh_line(self.cursor)
            self.move(self.cursor + 1)
            self.post_message(MarksChanged())

    def action_invert_marks(self) -> None:
        """Mark what is not marked, and the reverse; rows that a filter hides stay as they are."""
        self.shown.invert_marks()
        if self.shown.inverts_later:
            self.notify(f"{LATER[0].upper()}{LATER[1:]}.", markup=False)
        self.marks_changed()

    def mark_matching(self, pattern: str, *, on: bool) -> None:
        """Mark the rows whose name matches a pattern, or take their marks away."""
        self.shown.mark_matching(pattern, on=on)
        self.marks_changed()

    def clear_marks(self) -> None:
        """Take all marks away."""
        self.shown.marks.clear()
        self.shown.inverts_later = False
        self.marks_changed()

    def marks_changed(self) -> None:
        """Show them."""
        self.refresh()
        self.post_message(MarksChanged())
