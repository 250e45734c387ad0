"""The signal that a transfer cannot go on for now."""

from __future__ import annotations

from tui.model.problem import Problem


class Interrupted(Exception):  # noqa: N818  # it is no error of the object that it unwinds
    """An identity cannot be used now: its credentials are of no use, or its endpoint cannot be reached.

    It is no `ProblemError`: the object under way has no result yet, and is taken up again after `Weather.better`.
    """

    def __init__(self, problem: Problem, connection: str) -> None:
        super().__init__(problem.title)
        self.problem = problem
        self.connection = connection
