"""The order of routes, and who hands over to whom."""

from typing import cast

import pytest

from tui.model.orders import Route
from tui.model.problem import Problem, ProblemKind
from tui.stores.base import Store
from tui.transfers.copy.routes import may_hand_over
from tui.transfers.order.route_order import PATIENCE, RouteOrder
from tui.transfers.order.sides import Way

NOBODY = cast("Store", None)  # the order asks no store for anything
PULL, PUSH, RELAY = (Way(route, NOBODY, NOBODY, None) for route in Route)


def routes(order: RouteOrder) -> list[Route]:
    return [way.route for way in order.order()]


def test_best_first() -> None:
    assert routes(RouteOrder([PULL, PUSH, RELAY])) == [Route.PULL, Route.PUSH, Route.RELAY]


def test_a_route_that_fails_again_and_again_comes_last() -> None:
    order = RouteOrder([PULL, PUSH, RELAY])
    for _ in range(PATIENCE - 1):
        order.refused(PULL)
    assert routes(order)[0] is Route.PULL
    order.refused(PULL)
    assert routes(order) == [Route.PUSH, Route.RELAY, Route.PULL]


def test_one_success_forgives() -> None:
    order = RouteOrder([PULL, RELAY])
    order.refused(PULL)
    order.refused(PULL)
    order.worked(PULL)
    order.refused(PULL)
    assert routes(order)[0] is Route.PULL


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
