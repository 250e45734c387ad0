"""The last session, and the identity pairs used lately."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import platformdirs
from msgspec import Struct, structs

from tui.core.identity import IdentitySpec
from tui.link.engine_paths import APP_NAME
from tui.saved import own_files
from tui.saved.bookmarks import bookmarks_file, kept
from tui.saved.own_files import history_file
from tui.settings import AppStart, PaneStart, Settings, TabList

MOST_PAIRS = 8

ONE = TabList()
"""The tabs of a pane that has one only."""


class IdentityPair(Struct, frozen=True):
    """Two identities side by side."""

    left: IdentitySpec
    right: IdentitySpec


class LastSession(Struct, frozen=True):
    """What both panes showed, and the latest pairs, newest first."""

    left: PaneStart = PaneStart()
    right: PaneStart = PaneStart()
    pairs: list[IdentityPair] = []
    left_tabs: TabList = TabList()
    """All tabs of the left pane, if it has several; `left` is the one in front: earlier versions read nothing else."""
    right_tabs: TabList = TabList()


def last_file() -> Path:
    """Where it is kept (XDG state); it need not exist."""
    return Path(platformdirs.user_state_path(APP_NAME)) / "last.json"


def read_last(path: Path) -> LastSession:
    """The last session; an empty one from a file that is not there or cannot be read."""
    return own_files.read(path, LastSession)


def write_last(
    path: Path, left: PaneStart, right: PaneStart, left_tabs: TabList = ONE, right_tabs: TabList = ONE
) -> None:
    """Remember what the panes show, and their identities as the newest pair; raise `ProblemError`."""
    left, right = kept(left), kept(right)
    pairs = read_last(path).pairs
    if left.spec and right.spec:
        newest = IdentityPair(left.spec, right.spec)
        pairs = [newest, *(pair for pair in pairs if pair != newest)]
    own_files.write(path, LastSession(left, right, pairs[:MOST_PAIRS], _kept(left_tabs), _kept(right_tabs)))


def _kept(tabs: TabList) -> TabList:
    return TabList([kept(pane) for pane in tabs.tabs], tabs.front)


@dataclass(frozen=True, slots=True)
class Keeping:
    """The files of what is remembered; None: it is not."""

    bookmarks: Path | None = None
    last: Path | None = None
    history: Path | None = None

    def last_session(self) -> LastSession:
        return read_last(self.last) if self.last else LastSession()


def users_keeping() -> Keeping:
    """The user's own files (XDG)."""
    return Keeping(bookmarks_file(), last_file(), history_file())


def known_by_now(spec: IdentitySpec, settings: Settings) -> IdentitySpec | None:
    """A saved identity as the settings describe it today; None if they no longer have it."""
    return settings.identity(spec.name) if spec.name else spec


def restored(start: AppStart, settings: Settings, last: LastSession) -> AppStart:
    """`start`; panes for which nothing was named are as in the last session."""
    if not (start.restore and settings.restore):
        return start
    left, right = _restored(start.left, last.left, settings), _restored(start.right, last.right, settings)
    locked = {side for side, pane in (("left", left), ("right", right)) if pane.locked}
    left_tabs = _tabs(last.left_tabs, settings) if left != start.left else TabList()
    right_tabs = _tabs(last.right_tabs, settings) if right != start.right else TabList()
    read_only = start.read_only | locked
    return structs.replace(
        start, left=left, right=right, left_tabs=left_tabs, right_tabs=right_tabs, read_only=read_only
    )


def _tabs(last: TabList, settings: Settings) -> TabList:
    """Without those whose identity the settings do not know any more."""
    kept = []
    front = last.front
    for number, tab in enumerate(last.tabs):
        spec = known_by_now(tab.spec, settings) if tab.spec else None
        if spec:
            kept.append(PaneStart(spec, tab.location, tab.locked))
        elif number < last.front:
            front -= 1
    return TabList(kept, front)


def _restored(begin: PaneStart, last: PaneStart, settings: Settings) -> PaneStart:
    named = begin.spec or begin.location.bucket
    spec = known_by_now(last.spec, settings) if last.spec and not named else None
    return PaneStart(spec, last.location, last.locked) if spec else begin
