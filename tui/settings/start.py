"""What one start of the app was asked for."""

from __future__ import annotations

from msgspec import Struct

from tui.core.identity import IdentitySpec
from tui.core.location import Location


class PaneStart(Struct, frozen=True, omit_defaults=True):
    """What one pane shows first; no `spec` lets the accounts screen ask."""

    spec: IdentitySpec | None = None
    location: Location = Location()
    locked: bool = False
    """The user has made the pane read-only."""


class TabList(Struct, frozen=True, omit_defaults=True):
    """The tabs of one pane, from left to right; empty where it has one only."""

    tabs: list[PaneStart] = []
    front: int = 0
    """Which of them is shown, from 0 on."""


class Start(Struct, frozen=True):
    """One start of the app."""

    left: PaneStart = PaneStart()
    right: PaneStart = PaneStart()
    left_tabs: TabList = TabList()
    """All tabs of the left pane; `left` is the one in front."""
    right_tabs: TabList = TabList()
    demo: bool = False
    restore: bool = True
    """Panes for which nothing was named begin where the last session ended."""
    read_only: frozenset[str] = frozenset()
    """The panes, ``left`` and ``right``, that must not write."""
