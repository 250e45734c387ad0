"""Going to an entry by the first letters of its name, also to one that is listed only later."""

from __future__ import annotations

from tui.ui.listing.branch import Branch
from tui.ui.listing.jump import find_entry, name_at, next_entry
from tui.ui.panes.branches import Branches
from tui.ui.panes.jump_bar import JumpBar


class Jumping:
    """Moves the cursor on the level that it is on."""

    def __init__(self, branches: Branches, bar: JumpBar) -> None:
        self._branches, self._bar = branches, bar
        bar.typed, bar.stepped, bar.left = self._typed, self._step, self._leave
        self._branch: Branch | None = None
        """The level that is searched."""
        self._position: int | None = None
        """The entry that was found, by its position on the level."""
        self._looked_at = 0
        """So many entries of the level were looked at."""

    def action_jump(self) -> None:
        """Open the line to type in."""
        row = self._branches.cursor_row
        self._branch = row.branch if row and row.version is None else self._branches.tree.root
        self._bar.value, self._bar.missing, self._bar.display = "", False, True
        self._bar.screen.set_focus(self._bar)

    def listed(self, branch: Branch) -> None:
        """More of a level is there: what was not found may be among it."""
        if self._bar.display and branch is self._branch and self._position is None and self._bar.value:
            self._search()

    def _typed(self, text: str) -> None:
        self._position, self._looked_at = None, 0
        if text:
            self._search()
        else:
            self._bar.missing = False

    def _search(self) -> None:
        branch = self._branch
        if branch is None:
            return
        found, self._looked_at = find_entry(branch.shown, self._bar.value, self._looked_at)
        self._bar.missing = found is None
        self._go(found)

    def _step(self, by: int) -> None:
        if self._branch and self._position is not None:
            self._go(next_entry(self._branch.shown, self._bar.value, self._position, by))

    def _go(self, position: int | None) -> None:
        if self._branch is None or position is None:
            return
        self._position = position
        place = self._branch.location.child(name_at(self._branch.shown, position))
        if (number := self._branches.tree.row_of(place)) is not None:
            self._branches.table.move(number)

    def _leave(self) -> None:
        self._bar.screen.set_focus(self._branches.table)
