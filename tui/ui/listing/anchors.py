"""Which entries cursor and scroll position stay on while rows come and go. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from tui.core.location import DELIMITER, Location
from tui.ui.listing.rows import Row
from tui.ui.listing.tree import Tree


@dataclass(slots=True)
class Anchors:
    """The entries, by location; None: none yet."""

    followed: Location | None = None
    """The entry that the cursor is on, or was on last."""
    awaited: Location | None = None
    """The entry that the cursor goes to as soon as it is there."""
    top: Location | None = None
    """The entry in the first row on screen."""

    def cursor(self, tree: Tree, before: int) -> int:
        """The row that the cursor belongs on now, `before` if its entry is not to be seen."""
        for wanted in (self.awaited, self.followed):
            number = row_of(tree, wanted)
            if number is not None:
                if wanted == self.awaited:
                    self.awaited = None
                return number
        return max(0, min(before, tree.row_count - 1))

    def top_shift(self, tree: Tree, scroll: int) -> int:
        """How many rows further down the first row on screen is now than at `scroll`."""
        number = None if self.top is None else tree.row_of(self.top)
        return 0 if number is None else number - scroll

    def moved(self, row: Row | None) -> None:
        """The user has moved the cursor to a row."""
        self.awaited = None
        self.followed = row.location if row and row.is_entry else None

    def remember(self, row: Row | None) -> None:
        """The cursor is on a row now; a status does not count."""
        if row and row.is_entry:
            self.followed = row.location

    def remember_top(self, row: Row | None) -> None:
        """This is the first row on screen."""
        self.top = row.location if row and row.is_entry else None


def row_of(tree: Tree, wanted: Location | None) -> int | None:
    """The row of an entry; a key that is no object may be the name of a prefix without its delimiter."""
    if wanted is None:
        return None
    number = tree.row_of(wanted)
    if number is None and not wanted.is_prefix:
        return tree.row_of(Location(wanted.bucket, wanted.key + DELIMITER))
    return number
