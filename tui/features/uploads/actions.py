"""Shows what incomplete uploads a place has."""

from __future__ import annotations

from functools import partial

from tui.browser.context import BrowserContext
from tui.browser.pane_pair import PanePair, WriteGuard
from tui.core.location import Location


class IncompleteUploads:
    """Opens the list of incomplete multipart uploads."""

    def __init__(self, context: BrowserContext, panes: PanePair, guard: WriteGuard) -> None:
        self._context, self._panes, self._guard = context, panes, guard

    def action_uploads(self) -> None:
        """Show the bucket's incomplete uploads; on a disk, the partial files."""
        from tui.features.uploads.screen import UploadsScreen

        pane = self._panes.active
        bucket = pane.subject.bucket
        if pane.identity is None:
            self._context.no_identity()
        elif not bucket:
            self._context.warn("open a bucket, or move the cursor to one")
        else:
            place = pane.location if pane.location.kind.has_directories else Location(bucket)
            may, context = partial(self._guard.may_write, pane), self._context
            dialog = UploadsScreen(context.engine, pane.identity.connection, place, context.clock, may)
            context.host.open_dialog(dialog)
