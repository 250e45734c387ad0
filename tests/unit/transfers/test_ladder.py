"""The order of routes, and who hands over to whom."""

from typing import cast

import pytest

from tui.model.plan import Route
from tui.model.problem import Problem, ProblemKind
from tui.stores.base import Store
from tui.transfers.ladder import PATIENCE, Ladder, may_hand_over
from tui.transfers.sides import Way

NOBODY = cast("Store", None)  # the ladder asks no store for anything
PULL, PUSH, RELAY = (Way(route, NOBODY, NOBODY, None) for route in Route)


def routes(ladder: Ladder) -> list[Route]:
    return [way.route for way in ladder.order()]


def test_best_first() -> None:
    assert routes(Ladder([PULL, PUSH, RELAY])) == [Route.PULL, Route.PUSH, Route.RELAY]


def test_a_route_that_fails_again_and_again_comes_last() -> None:
    ladder = Ladder([PULL, PUSH, RELAY])
    for _ in range(PATIENCE - 1):
        ladder.refused(PULL)
    assert routes(ladder)[0] is Route.PULL
    ladder.refused(PULL)
    assert routes(ladder) == [Route.PUSH, Route.RELAY, Route.PULL]


def test_one_success_forgives() -> None:
    ladder = Ladder([PULL, RELAY])
    ladder.refused(PULL)
    ladder.refused(PULL)
    ladder.worked(PULL)
    ladder.refused(PULL)
    assert routes(ladder)[0] is Route.PULL


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (ProblemKind.DENIED, True),
        (ProblemKind.UNSUPPORTED, True),
        (ProblemKind.NO_SUCH_BUCKET, True),
        (ProblemKind.CHANGED, False),
        (ProblemKind.ARCHIVED, False),
        (ProblemKind.EXPIRED, False),
        (ProblemKind.SERVER, False),
        (ProblemKind.UNREACHABLE, False),
    ],
)
def test_only_what_another_identity_may_do_better_is_handed_over(kind: ProblemKind, expected: bool) -> None:
    problem = Problem(kind=kind, title="")
    assert may_hand_over(PULL, problem) is expected
    assert may_hand_over(PUSH, problem) is expected
    assert not may_hand_over(RELAY, problem)
