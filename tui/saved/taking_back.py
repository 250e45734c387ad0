"""Asked of the engine alike by commands and screens: changes taken back together, denials explained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tui.core.changes import AppliedChange, PlannedChange
from tui.core.location import SCHEME, Location, parse_location
from tui.core.policy import Evaluation
from tui.core.problem import Problem, ProblemError
from tui.link.session import EngineAccess, EngineLostError
from tui.messages.document_requests import ApplyChange, PlanUndo
from tui.messages.inspect_requests import Explain


@dataclass(frozen=True, slots=True)
class UndoPart:
    """A change that was made, and what takes it back; or why nothing does."""

    applied: AppliedChange
    change: PlannedChange | None = None
    problem: Problem | None = None
    unsure: bool = False
    """Whether the engine was lost while it was taken back: it stays perhaps."""

    @property
    def stays(self) -> str:
        return "perhaps stays" if self.unsure else "stays"


async def plan_undo(engine: EngineAccess, made: Sequence[AppliedChange]) -> list[UndoPart]:
    """What it takes to take back each of these, which are of different documents; in their order, the latest first."""
    parts = []
    for each in made:
        try:
            change = await engine.ask(PlanUndo(each.id))
        except ProblemError as error:
            parts.append(UndoPart(each, problem=error.problem))
        else:
            parts.append(UndoPart(each, change))
    return parts


async def take_back(
    engine: EngineAccess, parts: Sequence[UndoPart], done: Callable[[AppliedChange], object]
) -> list[UndoPart]:
    """Take back each part that can be; `done` gets each undo. Returns the parts that stay, each with its problem.

    A part that cannot be taken back keeps none of the others: the fewer of them stand, the less is allowed.
    """
    stays, unit = [], ""
    for part in parts:
        if part.change is None:
            stays.append(part)
            continue
        try:
            undo = await _undo(engine, part.applied.id, part.change, unit)
        except ProblemError as error:
            stays.append(replace(part, problem=error.problem, unsure=isinstance(error, EngineLostError)))
        else:
            unit = unit or undo.unit
            done(undo)
    return stays


async def _undo(engine: EngineAccess, applied: str, change: PlannedChange, unit: str) -> AppliedChange:
    """Take a change back. Where the engine is lost meanwhile, the next one looks whether that is still to be done.

    Raises `EngineLostError` where that one is lost as well: it is not known then.
    """
    try:
        return await engine.ask(ApplyChange(change, applied, unit))
    except EngineLostError:
        now = await engine.ask(PlanUndo(applied))
        if now.after != change.after:
            raise
        return await engine.ask(ApplyChange(now, applied, unit))


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
    engine: EngineAccess, problem: Problem, connection: str, other: str | None = None, location: Location | None = None
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
