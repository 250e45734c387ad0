"""Copies the S3 URIs of rows to the terminal's clipboard."""

from __future__ import annotations

from textual.widget import Widget

from tui.panes.branches import Branches
from tui.text import format as fmt

MOST_TOLD = 3
"""How many of the copied URIs the toast repeats."""


class Clipboard:
    """Copies what is marked, else the row or the location."""

    def __init__(self, node: Widget, branches: Branches) -> None:
        self._node, self._branches = node, branches

    def action_yank(self) -> None:
        """Copy the URIs as they are shown: control characters in a key must do nothing when pasted."""
        self._to_clipboard([fmt.visible(uri) for uri in self._uris], "")

    def action_yank_exact(self) -> None:
        uris = self._uris
        same = all(fmt.visible(uri) == uri for uri in uris)
        self._to_clipboard(uris, "" if same else ", invisible characters included")

    @property
    def _uris(self) -> list[str]:
        if marks := self._branches.tree.marks:
            return [location.uri for location in marks]
        return [self._branches.subject.uri]

    def _to_clipboard(self, uris: list[str], how: str) -> None:
        """One URI a line. The toast repeats the first ones: a terminal may not accept the copy."""
        self._node.app.copy_to_clipboard("\n".join(uris))
        shown = [fmt.visible(uri) for uri in uris[:MOST_TOLD]]
        if more := len(uris) - len(shown):
            shown.append(f"and {fmt.number(more)} more")
        what = f"{fmt.counted(len(uris), 'URI')} sent" if len(uris) > 1 else "Sent"
        self._node.notify("\n".join(shown), title=f"{what} to the terminal's clipboard{how}", markup=False)
