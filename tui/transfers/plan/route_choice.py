"""Which routes are possible according to the probes, and which permissions are missing for the better ones."""

from __future__ import annotations

from collections.abc import Mapping

from tui.core.orders import Route
from tui.core.problem import Problem
from tui.core.transfer import Access, Check, RouteVerdict
from tui.transfers.local_disk import Direction, way_in_words
from tui.transfers.plan.probes import Probe

_BY_ITSELF = "server-side copy"
_NO_WAY_BETWEEN = "the two sides use different services: only a relay works"


def choose(
    checks: Mapping[Probe, Check],
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

    A probe that is not answered yet leaves its routes undecided. `only`: the route the user insists on.
    `forbidden`: those that the user's settings rule out.
    """
    verdicts = []
    for route in Route:
        if route.server_side and direction is not Direction.BETWEEN_BUCKETS:
            continue
        if route.server_side and not same_service:
            verdict = RouteVerdict(route, possible=False, why=_NO_WAY_BETWEEN)
        elif only not in (None, route):
            verdict = RouteVerdict(route, possible=False, why=f"--route {only} was chosen")
        elif problem := forbidden.get(route):
            verdict = RouteVerdict(route, possible=False, why=f"{problem.identity} cannot write: {problem.cause}")
        else:
            verdict = _judge(route, checks, source, target, direction)
        verdicts.append(verdict)
    return verdicts


def probes_of(route: Route) -> tuple[Probe, Probe]:
    """The probes of the identities that read and write on this route."""
    reading = Probe.SOURCE_READS if route.read_by_source else Probe.TARGET_READS
    return reading, Probe.SOURCE_WRITES if route.written_by_source else Probe.TARGET_WRITES


def best(verdicts: list[RouteVerdict]) -> Route | None:
    """The first route that is open, else the first that may be; None when all are closed."""
    for wanted in (True, None):
        for verdict in verdicts:
            if verdict.possible is wanted:
                return verdict.route
    return None


def _judge(route: Route, checks: Mapping[Probe, Check], source: str, target: str, direction: Direction) -> RouteVerdict:
    reader, writer = source if route.read_by_source else target, source if route.written_by_source else target
    reading, writing = probes_of(route)
    may_read, may_write = _allowed(checks.get(reading)), _allowed(checks.get(writing))
    if may_read is False or may_write is False:
        reasons = [f"{reader} cannot read the source"] if may_read is False else []
        reasons += [f"{writer} cannot write the target"] if may_write is False else []
        return RouteVerdict(route, possible=False, why=", ".join(reasons))
    possible = True if may_read and may_write else None
    return RouteVerdict(route, possible=possible, why=_why(route, possible, reader, writer, direction))


def _why(route: Route, possible: bool | None, reader: str, writer: str, direction: Direction) -> str:
    if possible is None:
        return "not known until it is tried"
    if not route.server_side:
        return way_in_words(direction, reader, writer)
    return f"{reader} reads the source and writes the target, {_BY_ITSELF}"


def _allowed(check: Check | None) -> bool | None:
    if check is None or check.access is Access.UNKNOWN:
        return None
    return check.access is Access.ALLOWED
