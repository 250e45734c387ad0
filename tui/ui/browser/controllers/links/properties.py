"""The properties of a bucket."""

from __future__ import annotations

from tui.browser.context import Context
from tui.browser.pane_pair import PanePair
from tui.core.location import Location
from tui.features.inspect.screen import InspectTarget
from tui.panes.pane import Pane
from tui.ui.browser.controllers.buckets.editing import Editing


class Properties:
    """Shows them of the bucket under the cursor, or of the one that is open; from there it is edited."""

    def __init__(self, context: Context, panes: PanePair, editing: Editing) -> None:
        self._context, self._panes, self._editing = context, panes, editing

    def action_properties(self) -> None:
        """Show the bucket's properties."""
        from tui.ui.links.bucket import BucketScreen

        pane, context = self._panes.active, self._context
        subject = pane.subject
        if pane.identity is None:
            context.no_identity()
            return
        if not subject.bucket or subject.is_local:
            context.warn("files are in no bucket" if subject.is_local else "move the cursor to a bucket, or open one")
            return
        place, other = Location(subject.bucket), self._panes.passive.identity
        target = InspectTarget(pane.identity.connection, place, other.connection if other else None)

        def answered(edits: bool | None) -> None:
            if edits:
                self._editing.edit(pane, place)

        created = _created(pane, place)
        dialog = BucketScreen(context.engine, target, context.book, context.clock, created=created)
        context.host.open_dialog(dialog, answered)


def _created(pane: Pane, place: Location) -> float:
    """When the bucket under the cursor was created, in seconds since the epoch; 0: it is not listed."""
    row = pane.cursor_row
    if row is None or row.location != place or not row.is_entry:
        return 0.0
    created = row.branch.entries.created
    return float(created[row.index]) if row.index < len(created) else 0.0
