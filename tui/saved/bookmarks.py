"""Bookmarks: a name for the locations and identities of both panes."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from msgspec import Struct, structs

from tui.link.engine_paths import APP_NAME
from tui.saved import own_files
from tui.settings import PaneStart
from tui.settings.schema import without_settings


class Bookmark(Struct, frozen=True):
    """Both panes, as they can be opened again."""

    name: str
    left: PaneStart = PaneStart()
    right: PaneStart = PaneStart()


class _BookmarkFile(Struct, frozen=True):
    bookmarks: list[Bookmark] = []


def bookmarks_file() -> Path:
    """Where they are kept (XDG data); it need not exist."""
    return Path(platformdirs.user_data_path(APP_NAME)) / "bookmarks.json"


class Bookmarks:
    """The bookmarks in one file, in the order in which they were made."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[Bookmark]:
        """All of them; none from a file that is not there or cannot be read."""
        return own_files.read(self._path, _BookmarkFile).bookmarks

    def add(self, bookmark: Bookmark) -> None:
        """Keep one, in place of that of the same name; raise `ProblemError`."""
        new = structs.replace(bookmark, left=kept(bookmark.left), right=kept(bookmark.right))
        known = own_files.read_to_change(self._path, _BookmarkFile).bookmarks
        names = [each.name for each in known]
        if bookmark.name in names:
            known[names.index(bookmark.name)] = new
        else:
            known.append(new)
        own_files.write(self._path, _BookmarkFile(known))

    def remove(self, name: str) -> None:
        """Keep it no longer; raise `ProblemError`. One that is not there is removed already."""
        known = own_files.read_to_change(self._path, _BookmarkFile).bookmarks
        own_files.write(self._path, _BookmarkFile([each for each in known if each.name != name]))


def kept(pane: PaneStart) -> PaneStart:
    """`pane` without what the settings say of its identity: they may say another thing by the time it is read."""
    return PaneStart(without_settings(pane.spec) if pane.spec else None, pane.location, pane.locked)
