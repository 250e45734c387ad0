"""Exit codes of the verbs, and how a problem becomes one."""

from __future__ import annotations

from enum import IntEnum

from tui.model.problem import Problem, ProblemKind


class Exit(IntEnum):
    """What a verb's exit code means."""

    DONE = 0
    SOME_FAILED = 1
    USAGE = 2
    DENIED = 3
    NOT_FOUND = 4


_DENIED = frozenset(
    {
        ProblemKind.DENIED,
        ProblemKind.READ_ONLY,
        ProblemKind.BAD_CREDENTIALS,
        ProblemKind.EXPIRED,
        ProblemKind.NO_CREDENTIALS,
    }
)
_NOT_FOUND = frozenset({ProblemKind.NO_SUCH_BUCKET, ProblemKind.NO_SUCH_KEY})
_USAGE = frozenset({ProblemKind.NO_PROFILE, ProblemKind.INVALID})


def exit_for(problem: Problem) -> Exit:
    """The exit code that says what kind of problem ended a verb."""
    if problem.kind in _DENIED:
        return Exit.DENIED
    if problem.kind in _NOT_FOUND:
        return Exit.NOT_FOUND
    return Exit.USAGE if problem.kind in _USAGE else Exit.SOME_FAILED
