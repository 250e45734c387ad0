"""What a screen remembers, and where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from tui.keeping.bookmarks import bookmarks_file
from tui.keeping.last_session import LastSession, last_file, read_last
from tui.model.identity import IdentitySpec
from tui.settings import PaneStart, Settings, Start


@dataclass(frozen=True, slots=True)
class Keeping:
    """The files of what is remembered; None: it is not."""

    bookmarks: Path | None = None
    last: Path | None = None

    def last_session(self) -> LastSession:
        """The last session; an empty one where none is remembered."""
        return read_last(self.last) if self.last else LastSession()


def users_keeping() -> Keeping:
    """The user's own files (XDG)."""
    return Keeping(bookmarks_file(), last_file())


def known_by_now(spec: IdentitySpec, settings: Settings) -> IdentitySpec | None:
    """A kept identity as the settings describe it today; None: they do not know its name any more."""
    return settings.identity(spec.name) if spec.name else spec


def restored(start: Start, settings: Settings, last: LastSession) -> Start:
    """`start` with the panes for which nothing was named as they were in the last session."""
    if not (start.restore and settings.restore):
        return start
    left, right = _restored(start.left, last.left, settings), _restored(start.right, last.right, settings)
    locked = {side for side, pane in (("left", left), ("right", right)) if pane.locked}
    return structs.replace(start, left=left, right=right, read_only=start.read_only | locked)


def _restored(begin: PaneStart, last: PaneStart, settings: Settings) -> PaneStart:
    named = begin.spec or begin.location.bucket
    spec = known_by_now(last.spec, settings) if last.spec and not named else None
    return PaneStart(spec, last.location, last.locked) if spec else begin
