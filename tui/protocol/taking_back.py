"""Changes that were made together, taken back together: planned, then made in the opposite order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tui.core.changes import AppliedChange, Change
from tui.core.problem import Problem, ProblemError
from tui.link.session import EngineAccess, EngineLostError
from tui.messages.document_requests import ApplyChange, PlanUndo


@dataclass(frozen=True, slots=True)
class UndoPart:
    """A change that was made, and what takes it back; or why nothing does."""

    applied: AppliedChange
    change: Change | None = None
    problem: Problem | None = None
    unsure: bool = False
    """Whether the engine was lost while it was taken back: it stays perhaps."""

    @property
    def stays(self) -> str:
        """Whether it stays, in words."""
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


async def _undo(engine: EngineAccess, applied: str, change: Change, unit: str) -> AppliedChange:
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
