"""How far the results of a listing reach without a gap: from there it is gone on with."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from tui.transfers.journal import Cursor


@dataclass(slots=True, eq=False)
class Stretch:
    """A page of a listing: its end, and how many of its objects have no result yet."""

    end: Cursor
    missing: int


class Reach:
    """The pages that were taken up, in their order, and the cursor behind those that are complete."""

    def __init__(self, cursor: Cursor | None) -> None:
        self.cursor = cursor
        self._open: deque[Stretch] = deque()

    def begin(self) -> tuple[int, str]:
        """Section and key behind which the listing begins (again)."""
        self._open.clear()
        return (self.cursor.section, self.cursor.key) if self.cursor else (0, "")

    def take(self, section: int, last: str, missing: int) -> Stretch:
        """A page was listed up to the key `last`; that many of its objects need a result."""
        stretch = Stretch(Cursor(section, last), missing)
        self._open.append(stretch)
        return stretch

    def hold(self, section: int) -> None:
        """The section could not be listed to its end: whatever comes after it, the listing goes on from here."""
        self.take(section, "", 1)

    def advance(self, stretch: Stretch | None = None) -> bool:
        """An object of the stretch has its result; returns whether the cursor has moved."""
        if stretch:
            stretch.missing -= 1
        moved = False
        while self._open and not self._open[0].missing:
            self.cursor = self._open.popleft().end
            moved = True
        return moved

    def finish(self, sections: int) -> None:
        """Everything is listed and has its result: nothing lies behind."""
        if not self._open:
            self.cursor = Cursor(sections, "")
