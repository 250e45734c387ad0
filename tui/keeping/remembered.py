"""What a screen remembers, and where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from tui.core.identity import IdentitySpec
from tui.keeping.bookmarks import bookmarks_file
from tui.keeping.history import history_file
from tui.keeping.last_session import LastSession, last_file, read_last
from tui.settings import PaneStart, Settings, Start, TabList


@dataclass(frozen=True, slots=True)
class Keeping:
    """The files of what is remembered; None: it is not."""

    bookmarks: Path | None = None
    last: Path | None = None
    history: Path | None = None

    def last_session(self) -> LastSession:
        """The last session; an empty one where none is remembered."""
        return read_last(self.last) if self.last else LastSession()


def users_keeping() -> Keeping:
    """The user's own files (XDG)."""
    return Keeping(bookmarks_file(), last_file(), history_file())


def known_by_now(spec: IdentitySpec, settings: Settings) -> IdentitySpec | None:
    """A kept identity as the settings describe it today; None: they do not know its name any more."""
    return settings.identity(spec.name) if spec.name else spec


def restored(start: Start, settings: Settings, last: LastSession) -> Start:
    """`start` with the panes for which nothing was named as they were in the last session."""
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
