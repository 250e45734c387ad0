"""A pane as it is kept."""

from __future__ import annotations

from tui.settings import PaneStart
from tui.settings.schema import without_settings


def kept(pane: PaneStart) -> PaneStart:
    """`pane` without what the settings say of its identity: they may say another thing by the time it is read."""
    return PaneStart(without_settings(pane.spec) if pane.spec else None, pane.location, pane.locked)
