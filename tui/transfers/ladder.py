"""The order in which routes are tried: best first, but one that is refused again and again comes last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tui.model.plan import Route
from tui.model.problem import Problem, ProblemKind
from tui.transfers.sides import Way

PATIENCE = 3
"""So many objects in a row that a route could not copy put it behind the others for the rest of the transfer.

Not one: a single object may belong to another account than the rest.
"""

_HANDED_OVER = (
    ProblemKind.DENIED,
    ProblemKind.UNSUPPORTED,
    ProblemKind.INVALID,
    ProblemKind.NO_SUCH_BUCKET,
    ProblemKind.NO_SUCH_KEY,
    ProblemKind.READ_ONLY,
)
"""What another route may do better: the identity must not, the server cannot, or it does not see the other side."""


class CannotCopy(Exception):  # noqa: N818  # reason: it is no error but the word that hands an object on
    """This route cannot copy this object; the next one may."""

    def __init__(self, reason: str, problem: Problem) -> None:
        super().__init__(reason)
        self.reason, self.problem = reason, problem


class Ladder:
    """The ways of one transfer, and how they have done so far."""

    def __init__(self, ways: Sequence[Way]) -> None:
        self._ways = list(ways)
        self._refusals: Counter[Route] = Counter()

    def order(self) -> list[Way]:
        """The ways in the order in which the next object should try them."""
        return sorted(self._ways, key=lambda way: self._refusals[way.route] >= PATIENCE)

    def worked(self, way: Way) -> None:
        """An object was copied this way."""
        self._refusals[way.route] = 0

    def refused(self, way: Way) -> None:
        """An object could not be copied this way."""
        self._refusals[way.route] += 1


def may_hand_over(way: Way, problem: Problem) -> bool:
    """Whether the next route should be tried after this problem. A relay has none after it."""
    return way.server_side and problem.kind in _HANDED_OVER
