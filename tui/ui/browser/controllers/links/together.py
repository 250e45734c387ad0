"""The controllers of this folder, for the screen."""

from __future__ import annotations

from tui.ui.browser.context import Context
from tui.ui.browser.controllers.buckets.editing import Editing
from tui.ui.browser.controllers.links.presigning import Presigning
from tui.ui.browser.controllers.links.properties import Properties
from tui.ui.browser.controllers.links.restoring import Restoring
from tui.ui.browser.controllers.needs import Needs
from tui.ui.browser.controllers.panes import PanePair
from tui.ui.browser.controllers.read_only import WriteGuard


def link_controllers(
    context: Context, panes: PanePair, guard: WriteGuard, needs: Needs, editing: Editing
) -> tuple[Presigning, Restoring, Properties]:
    """Presigned links, restores, properties of buckets."""
    return (
        Presigning(context, panes, guard),
        Restoring(context, panes, guard, needs),
        Properties(context, panes, editing),
    )
