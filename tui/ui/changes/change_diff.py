"""A change of a document as it is shown before it is confirmed: what it is, the difference, what speaks against it."""

from __future__ import annotations

from textual.content import Content

from tui.core.changes import Change
from tui.text.document_lines import change_spans
from tui.text.format import Line
from tui.ui.kit.lines import Lines, hanging, wrapped
from tui.ui.kit.tones import painted

MARGIN = 4
"""Cells before the text of a line: two blanks, its mark, a blank."""


class ChangeDiff(Lines):
    """Shows a change, wrapped to its width and as tall as it needs; put it into something that scrolls."""

    def __init__(
        self,
        change: Change | None = None,
        *,
        id: str | None = None,  # noqa: A002  # Textual's own name
        classes: str | None = None,
    ) -> None:
        """`change` None: nothing is shown until `show_change`."""
        super().__init__(id=id, classes=classes)
        if change:
            self.show_change(change)

    def show_change(self, change: Change) -> None:
        """Show this change from now on."""
        lines = list(change_spans(change))
        self.show(lambda width: [row for line in lines for row in _rows(line, width)])


def change_rows(change: Change, width: int) -> list[Content]:
    """A change without its heading, wrapped to `width` cells: the difference, and what speaks against it."""
    return [row for line in list(change_spans(change))[1:] for row in _rows(line, width)]


def _rows(line: Line, width: int) -> list[Content]:
    """A line with its mark in the margin; the heading has none."""
    if not line[0][0].startswith("  "):
        return wrapped(painted(line), width)
    return hanging(painted(line[:1]), [painted(line[1:])], MARGIN, width)
