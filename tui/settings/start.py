"""What one start of the app was asked for."""

from __future__ import annotations

from msgspec import Struct

from tui.model.identity import IdentitySpec
from tui.model.location import Location


class PaneStart(Struct, frozen=True, omit_defaults=True):
    """What one pane shows first; no `spec` lets the accounts screen ask."""

    spec: IdentitySpec | None = None
    location: Location = Location()
    locked: bool = False
    """The user has made the pane read-only."""


class Start(Struct, frozen=True):
    """One start of the app."""

    left: PaneStart = PaneStart()
    right: PaneStart = PaneStart()
    demo: bool = False
    restore: bool = True
    """Panes for which nothing was named begin where the last session ended."""
    read_only: frozenset[str] = frozenset()
    """The panes, ``left`` and ``right``, that must not write."""
