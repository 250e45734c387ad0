"""How far the results of a listing are complete without a gap: a resumed listing starts there."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from tui.transfers.journal import Cursor


@dataclass(slots=True, eq=False)
class OpenPage:
    """A page of a listing: its end, and how many of its objects have no result yet."""

    end: Cursor
    missing: int


class ListingCursor:
    """The pages that were begun, in their order, and the position behind those that are complete."""

    def __init__(self, position: Cursor | None) -> None:
        self.position = position
        self._open: deque[OpenPage] = deque()

    def begin(self) -> tuple[int, str]:
        """Section and key behind which the listing begins (again)."""
        self._open.clear()
        return (self.position.section, self.position.key) if self.position else (0, "")

    def take(self, section: int, last: str, missing: int) -> OpenPage:
        """A page was listed up to the key `last`; that many of its objects need a result."""
        open_page = OpenPage(Cursor(section, last), missing)
        self._open.append(open_page)
        return open_page

    def hold(self, section: int) -> None:
        """The section could not be listed to its end: whatever comes after it, a resumed listing starts here."""
        self.take(section, "", 1)

    def advance(self, open_page: OpenPage | None = None) -> bool:
        """An object of the open_page has its result; returns whether the cursor has moved."""
        if open_page:
            open_page.missing -= 1
        moved = False
        while self._open and not self._open[0].missing:
            self.position = self._open.popleft().end
            moved = True
        return moved

    def finish(self, sections: int) -> None:
        """Everything is listed and has its result: nothing lies behind."""
        if not self._open:
            self.position = Cursor(sections, "")
