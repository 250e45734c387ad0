"""Which routes are open, judged from the probes; and what lacks for the better ones."""

from __future__ import annotations

from collections.abc import Mapping

from tui.model.plan import Access, Check, Route, RouteVerdict
from tui.model.problem import Problem
from tui.transfers.access import Question
from tui.transfers.disk import Direction, way_in_words

_BY_ITSELF = "no bytes pass here"
_NO_WAY_BETWEEN = "the two sides are different services, only a relay passes between them"

_NEEDS = {
    Route.PULL: (Question.TARGET_READS, Question.TARGET_WRITES),
    Route.PUSH: (Question.SOURCE_READS, Question.SOURCE_WRITES),
    Route.RELAY: (Question.SOURCE_READS, Question.TARGET_WRITES),
}


def choose(
    checks: Mapping[Question, Check],
    source: str,
    target: str,
    *,
    same_service: bool,
    only: Route | None = None,
    direction: Direction = Direction.BETWEEN_BUCKETS,
    forbidden: Mapping[Route, Problem] = {},
) -> list[RouteVerdict]:
    """A verdict on every route, best first. `source` and `target` are the identities' labels.

    From or to a disk there is no route but the relay.

    A question that is not answered yet leaves its routes undecided. `only`: the route the user insists on.
    `forbidden`: those that the user's settings rule out.
    """
    verdicts = []
    for route in Route if direction is Direction.BETWEEN_BUCKETS else (Route.RELAY,):
        if route is not Route.RELAY and not same_service:
            verdict = RouteVerdict(route, possible=False, why=_NO_WAY_BETWEEN)
        elif only not in (None, route):
            verdict = RouteVerdict(route, possible=False, why=f"{only} was asked for")
        elif problem := forbidden.get(route):
            verdict = RouteVerdict(route, possible=False, why=f"{problem.identity} is not to write: {problem.cause}")
        else:
            verdict = _judge(route, checks, source, target, direction)
        verdicts.append(verdict)
    return verdicts


def best(verdicts: list[RouteVerdict]) -> Route | None:
    """The first route that is open, else the first that may be; None when all are closed."""
    for wanted in (True, None):
        for verdict in verdicts:
            if verdict.possible is wanted:
                return verdict.route
    return None


def _judge(
    route: Route, checks: Mapping[Question, Check], source: str, target: str, direction: Direction
) -> RouteVerdict:
    reading, writing = _NEEDS[route]
    reader, writer = (source if name.value.startswith("source") else target for name in (reading, writing))
    may_read, may_write = _allowed(checks.get(reading)), _allowed(checks.get(writing))
    if may_read is False or may_write is False:
        lacks = [f"{reader} may not read the source"] if may_read is False else []
        lacks += [f"{writer} may not write the target"] if may_write is False else []
        return RouteVerdict(route, possible=False, why=", ".join(lacks))
    possible = True if may_read and may_write else None
    return RouteVerdict(route, possible=possible, why=_why(route, possible, reader, writer, direction))


def _why(route: Route, possible: bool | None, reader: str, writer: str, direction: Direction) -> str:
    if possible is None:
        return "only trying will tell"
    if route is Route.RELAY:
        return way_in_words(direction, reader, writer)
    return f"{reader} reads the source and writes the target, {_BY_ITSELF}"


def _allowed(check: Check | None) -> bool | None:
    if check is None or check.access is Access.UNKNOWN:
        return None
    return check.access is Access.ALLOWED
