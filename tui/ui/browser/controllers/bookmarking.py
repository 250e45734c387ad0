"""Bookmarks: the dialog that lists them, and opening one in the panes."""

from __future__ import annotations

from tui.browser.context import Context
from tui.browser.pane_pair import PanePair, place_of
from tui.saved.bookmarks import Bookmark, Bookmarks
from tui.ui.browser.controllers.places import show_as


class Bookmarking:
    """Opens bookmarks in the panes."""

    def __init__(self, context: Context, panes: PanePair) -> None:
        self._context, self._panes = context, panes

    def action_bookmarks(self) -> None:
        """Show them; open the one that was chosen."""
        from tui.browser.bookmarks_screen import BookmarksScreen

        file, panes = self._context.keeping.bookmarks, self._panes
        if not file:
            self._context.warn("no earlier location")
            return

        def answered(bookmark: Bookmark | None) -> None:
            if bookmark:
                self._open(bookmark)

        dialog = BookmarksScreen(Bookmarks(file), place_of(panes.left), place_of(panes.right), panes.active.side)
        self._context.host.open_dialog(dialog, answered)

    def _open(self, bookmark: Bookmark) -> None:
        if bookmark.left.spec and bookmark.right.spec:
            show_as(self._context, self._panes.left, bookmark.left)
            show_as(self._context, self._panes.right, bookmark.right)
        else:
            show_as(self._context, self._panes.active, bookmark.left if bookmark.left.spec else bookmark.right)
