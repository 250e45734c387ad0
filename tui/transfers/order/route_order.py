"""In which order the routes of a transfer are tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tui.core.orders import Route
from tui.transfers.order.sides import Way

PATIENCE = 3
"""So many objects in a row that a route could not copy put it behind the others for the rest of the transfer.

Not one: a single object may belong to another account than the rest.
"""


class RouteOrder:
    """The ways of one transfer, and how they have done so far."""

    def __init__(self, ways: Sequence[Way]) -> None:
        self._ways = list(ways)
        self._refusals: Counter[Route] = Counter()
        self._ordered = self._ways

    def order(self) -> list[Way]:
        """The ways in the order in which the next object should try them."""
        return self._ordered

    def worked(self, way: Way) -> None:
        """An object was copied this way."""
        if self._refusals[way.route]:
            self._count(way, 0)

    def refused(self, way: Way) -> None:
        """An object could not be copied this way."""
        self._count(way, self._refusals[way.route] + 1)

    def _count(self, way: Way, refusals: int) -> None:
        self._refusals[way.route] = refusals
        self._ordered = sorted(self._ways, key=lambda each: self._refusals[each.route] >= PATIENCE)
