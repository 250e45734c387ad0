"""The changes that were made, read as a whole: which were made together, which are undone, which is taken back next."""

from __future__ import annotations

from collections.abc import Sequence

from tui.model.change import AppliedChange
from tui.model.problem import Problem, ProblemError, ProblemKind

_REMEDY = "list them: xs3-tui access log"


class ChangeLog:
    """Works on the changes as they are listed: the latest first."""

    def __init__(self, changes: Sequence[AppliedChange]) -> None:
        self.changes = changes
        self.undone_by: dict[str, str] = {}
        """The id of the change that took it back, by the id of each that is undone."""
        for each in changes:
            # What takes back a change is later: whether it is undone itself is known by now.
            if each.undoes and not each.unsure and each.id not in self.undone_by:
                self.undone_by.setdefault(each.undoes, each.id)

    def find(self, change: str) -> AppliedChange:
        """The change with this id. Raises `ProblemError` if there is none."""
        found = next((each for each in self.changes if each.id == change), None)
        if found is None:
            raise ProblemError(Problem(ProblemKind.NO_SUCH_KEY, f"there is no change {change}", remedy=_REMEDY))
        return found

    def together(self, change: AppliedChange) -> list[AppliedChange]:
        """All that was made together with a change, itself included, the latest first."""
        return [each for each in self.changes if each.unit == change.unit]

    def left(self, change: AppliedChange) -> list[AppliedChange]:
        """What is to be taken back with a change, the latest first: all of its unit that is not undone."""
        return [each for each in self.together(change) if each.id not in self.undone_by]

    def stands(self, change: AppliedChange) -> bool:
        """Whether it is taken back without being named: it undoes nothing, and is not undone."""
        return not change.undoes and change.id not in self.undone_by

    def to_take_back(self, change: str) -> list[AppliedChange]:
        """What `undo` takes back, the latest first: the unit of this change, or (empty) of the latest that stands.

        Raises `ProblemError` if there is none, or nothing of it is left.
        """
        if change:
            named = self.find(change)
            if left := self.left(named):
                return left
            by = self.undone_by[named.id]
            title, remedy = (
                f"change {change} is undone already, by {by}",
                f"to take that back: xs3-tui access undo {by}",
            )
            raise ProblemError(Problem(ProblemKind.CHANGED, title, remedy=remedy))
        latest = next(filter(self.stands, self.changes), None)
        if latest is None:
            title = "there is nothing to take back: no change was made that is not undone"
            raise ProblemError(
                Problem(ProblemKind.CHANGED, title, remedy="an undo is taken back by its id: xs3-tui access log")
            )
        return self.left(latest)
