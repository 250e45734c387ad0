"""Where a pane has been."""

from __future__ import annotations

from dataclasses import dataclass, field

from tui.core.location import Location
from tui.core.searching import Search

DEPTH = 100
"""Places remembered in each direction."""


@dataclass(frozen=True, slots=True)
class Place:
    """A location, and the entry the cursor stood on; with a `search`, what was found below it."""

    location: Location
    cursor: Location | None = None
    search: Search | None = None


@dataclass(slots=True)
class History:
    """Places left behind and, after going back, those ahead."""

    _behind: list[Place] = field(default_factory=list)
    _ahead: list[Place] = field(default_factory=list)

    def leave(self, place: Place) -> None:
        """A new way is taken from `place`: what was ahead is forgotten."""
        self._behind = [*self._behind[1 - DEPTH :], place]
        self._ahead = []

    def back(self, place: Place) -> Place | None:
        """The place before `place`, which is then ahead; None at the beginning."""
        if not self._behind:
            return None
        self._ahead.append(place)
        return self._behind.pop()

    def forward(self, place: Place) -> Place | None:
        """The place that was left by going back; None if there is none."""
        if not self._ahead:
            return None
        self._behind.append(place)
        return self._ahead.pop()
