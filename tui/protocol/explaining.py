"""Why a request was denied, asked of the engine: the one explanation that commands and screens show."""

from __future__ import annotations

from tui.core.location import SCHEME, Location, parse_location
from tui.core.policy import Evaluation
from tui.core.problem import Problem, ProblemError
from tui.link.session import EngineAccess
from tui.messages.inspect_requests import Explain


async def explanation(
    engine: EngineAccess,
    problem: Problem,
    connection: str = "",
    other: str | None = None,
    location: Location | None = None,
    *,
    transfer: str = "",
) -> Evaluation | None:
    """How the request that `problem` was refused is evaluated; None: nothing but the refusal is known.

    `location` is what the request was for; without it, what the problem names. `transfer`: as in `Explain`.
    """
    where = location or place_of(problem)
    if where is None:
        return None
    return (await engine.ask(Explain(where, connection, other, problem, transfer=transfer))).evaluation


async def explained(
    engine: EngineAccess,
    problem: Problem,
    connection: str,
    other: str | None = None,
    location: Location | None = None,
) -> Problem:
    """A denial with its cause and remedy; any other problem, and one that cannot be explained, as it is."""
    if not problem.explainable:
        return problem
    try:
        found = await explanation(engine, problem, connection, other, location)
    except ProblemError:
        return problem  # the refusal says all there is
    return found.explains(problem) if found else problem


def place_of(problem: Problem) -> Location | None:
    """The bucket or object that a problem is about."""
    if not problem.resource.startswith(SCHEME):
        return None
    try:
        return parse_location(problem.resource)
    except ValueError:
        return None
