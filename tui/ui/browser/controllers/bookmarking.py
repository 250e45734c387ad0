"""Bookmarks: the dialog that lists them, and opening one in the panes."""

from __future__ import annotations

from tui.keeping.bookmarks import Bookmark, Bookmarks
from tui.keeping.remembered import known_by_now
from tui.settings import PaneStart, settings_file
from tui.ui.browser.context import Context
from tui.ui.browser.controllers.panes import PanePair, place_of
from tui.ui.panes.pane import Pane


class Bookmarking:
    """Opens bookmarks in the panes."""

    def __init__(self, context: Context, panes: PanePair) -> None:
        self._context, self._panes = context, panes

    def action_bookmarks(self) -> None:
        """Show them; open the one that was chosen."""
        from tui.ui.browser.bookmarks import BookmarksScreen

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
            self._show(self._panes.left, bookmark.left)
            self._show(self._panes.right, bookmark.right)
        else:
            self._show(self._panes.active, bookmark.left if bookmark.left.spec else bookmark.right)

    def _show(self, pane: Pane, begin: PaneStart) -> None:
        spec = known_by_now(begin.spec, self._context.settings) if begin.spec else None
        if spec is None:
            name = begin.spec.name if begin.spec else ""
            self._context.warn(f"{settings_file()} no longer has identity {name}")
        elif pane.identity and pane.spec == spec:
            pane.navigation.go(begin.location, by_name=True)
        else:
            pane.branches.listings.remembered.clear()
            pane.branches.listings.remember(begin.location.bucket)
            pane.connection.connect(spec, begin.location)
