"""Shared by commands and screens: undo changes together, explain denials."""

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
    """A change that was made, and the change that undoes it, or why it cannot be undone."""

    applied: AppliedChange
    change: PlannedChange | None = None
    problem: Problem | None = None
    unsure: bool = False
    """Whether the engine was lost during the undo: the change may still be there."""

    @property
    def stays(self) -> str:
        return "perhaps stays" if self.unsure else "stays"


async def plan_undo(engine: EngineAccess, made: Sequence[AppliedChange]) -> list[UndoPart]:
    """The undo of each of these changes, which are of different documents, in their order (the latest first)."""
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
    """Undo each part that can be undone; `done` gets each undo. Returns the other parts, each with its problem.

    One that cannot be undone does not stop the others: the fewer remain, the less is allowed.
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
    """Undo a change. If the engine is lost, the next one checks whether the undo is still to be done.

    Raises `EngineLostError` if the outcome stays unknown.
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
    """The evaluation of the denied request; None if nothing but the denial is known.

    `location` is that of the request, by default the one that `problem` names. `transfer`: as in `Explain`.
    """
    where = location or place_of(problem)
    if where is None:
        return None
    return (await engine.ask(Explain(where, connection, other, problem, transfer=transfer))).evaluation


async def explained(
    engine: EngineAccess, problem: Problem, connection: str, other: str | None = None, location: Location | None = None
) -> Problem:
    """A denial with its cause and remedy; any other problem unchanged."""
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
