"""What a failure means: whether a retry can help, and what has to happen first.

Kinds of problems and error codes have their tables in `tui.core.problem` and `tui.aws.refusals`.
"""

from __future__ import annotations

from tui.aws.refusals import DAMAGED, retry_of
from tui.core.problem import Problem, ProblemKind, RetryAdvice

_OF_CREDENTIALS = ("AssumeRole", "AssumeRoleWithWebIdentity", "GetRoleCredentials")
"""Operations that botocore makes by itself to have credentials."""


def advice_for(problem: Problem) -> RetryAdvice:
    """What a problem of a store means."""
    if problem.code in DAMAGED and problem.operation == "CompleteMultipartUpload":
        return RetryAdvice.PERMANENT  # the parts are what was sent: it is the whole that differs
    advice = retry_of(problem.code) or problem.kind.meaning.retry
    if advice is RetryAdvice.PERMANENT and problem.operation in _OF_CREDENTIALS:
        return RetryAdvice.IDENTITY
    return advice


def works(problem: Problem) -> bool:
    """Whether a request that failed for this shows that its identity can be used and its endpoint answers.

    A denial does: it is an answer to a known identity.
    """
    refused = problem.kind is ProblemKind.BAD_CREDENTIALS
    return bool(problem.status) and advice_for(problem) is RetryAdvice.PERMANENT and not refused


class Interrupted(Exception):  # noqa: N818  # it is no error of the object that it unwinds
    """An identity cannot be used now: its credentials are of no use, or its endpoint cannot be reached.

    Not a `ProblemError`: the object has no result yet. It is tried again after `Retries.wait_until_usable`.
    """

    def __init__(self, problem: Problem, connection: str) -> None:
        super().__init__(problem.title)
        self.problem = problem
        self.connection = connection
