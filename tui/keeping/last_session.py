"""Where the last session ended, and the pairs of identities that were used lately."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from msgspec import Struct

from tui.core.identity import IdentitySpec
from tui.keeping import files
from tui.keeping.panes import kept
from tui.link.engine_paths import APP_NAME
from tui.settings import PaneStart, TabList

MOST_PAIRS = 8

ONE = TabList()
"""The tabs of a pane that has one only."""


class Pair(Struct, frozen=True):
    """Two identities side by side."""

    left: IdentitySpec
    right: IdentitySpec


class LastSession(Struct, frozen=True):
    """What both panes showed, and the latest pairs, newest first."""

    left: PaneStart = PaneStart()
    right: PaneStart = PaneStart()
    pairs: list[Pair] = []
    left_tabs: TabList = TabList()
    """All tabs of the left pane, if it has several; `left` is the one in front: earlier versions read nothing else."""
    right_tabs: TabList = TabList()


def last_file() -> Path:
    """Where it is kept (XDG state); it need not exist."""
    return Path(platformdirs.user_state_path(APP_NAME)) / "last.json"


def read_last(path: Path) -> LastSession:
    """The last session; an empty one from a file that is not there or cannot be read."""
    return files.read(path, LastSession)


def write_last(
    path: Path, left: PaneStart, right: PaneStart, left_tabs: TabList = ONE, right_tabs: TabList = ONE
) -> None:
    """Remember what the panes show, and their identities as the newest pair; raise `ProblemError`."""
    left, right = kept(left), kept(right)
    pairs = read_last(path).pairs
    if left.spec and right.spec:
        newest = Pair(left.spec, right.spec)
        pairs = [newest, *(pair for pair in pairs if pair != newest)]
    files.write(path, LastSession(left, right, pairs[:MOST_PAIRS], _kept(left_tabs), _kept(right_tabs)))


def _kept(tabs: TabList) -> TabList:
    return TabList([kept(pane) for pane in tabs.tabs], tabs.front)
