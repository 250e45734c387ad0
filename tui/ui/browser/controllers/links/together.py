"""The controllers of this folder, for the screen."""

from __future__ import annotations

from tui.browser.context import Context
from tui.browser.needs import Needs
from tui.browser.pane_pair import PanePair, WriteGuard
from tui.features.archive.actions import Restoring
from tui.features.edit_documents.actions import Editing, Properties
from tui.features.links.actions import Presigning


def link_controllers(
    context: Context, panes: PanePair, guard: WriteGuard, needs: Needs, editing: Editing
) -> tuple[Presigning, Restoring, Properties]:
    """Presigned links, restores, properties of buckets."""
    return (
        Presigning(context, panes, guard),
        Restoring(context, panes, guard, needs),
        Properties(context, panes, editing),
    )
