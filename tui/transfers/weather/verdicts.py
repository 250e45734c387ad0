"""What a failure means: whether it passes, and what has to happen first."""

from __future__ import annotations

from enum import Enum, auto

from tui.model.problem import Problem, ProblemKind
from tui.stores.base import DAMAGED


class Verdict(Enum):
    """What to do about a failure."""

    PASSING = auto()
    """Ask again: the server failed, or bytes were cut or damaged on their way."""
    THROTTLED = auto()
    """Ask again, later, and fewer at once."""
    ONCE = auto()
    """Ask again once: a request that lay about too long (a machine that slept) is refused like one of a wrong clock."""
    NETWORK = auto()
    """Ask again; beyond the budget, wait until the endpoint can be reached."""
    IDENTITY = auto()
    """Nothing works before there are other credentials."""
    PERMANENT = auto()
    """Asking again is of no use."""


_KINDS = {
    ProblemKind.SERVER: Verdict.PASSING,
    ProblemKind.MISMATCH: Verdict.PASSING,
    ProblemKind.THROTTLED: Verdict.THROTTLED,
    ProblemKind.UNREACHABLE: Verdict.NETWORK,
    ProblemKind.EXPIRED: Verdict.IDENTITY,
    ProblemKind.NO_CREDENTIALS: Verdict.IDENTITY,
}

_CODES = {
    # Somebody else writes the same key or bucket just now.
    **dict.fromkeys(("OperationAborted", "ConditionalRequestConflict"), Verdict.PASSING),
    "RequestTimeTooSkewed": Verdict.ONCE,
    # Credentials that are no longer known. Not SignatureDoesNotMatch: a single odd key may be the cause of it.
    **dict.fromkeys(("InvalidAccessKeyId", "InvalidToken"), Verdict.IDENTITY),
    **dict.fromkeys(("InvalidClientTokenId", "UnrecognizedClientException"), Verdict.IDENTITY),
}

_OF_CREDENTIALS = ("AssumeRole", "AssumeRoleWithWebIdentity", "GetRoleCredentials")
"""Operations that botocore makes by itself to have credentials."""


def verdict_of(problem: Problem) -> Verdict:
    """What a problem of a store means."""
    if problem.code in DAMAGED and problem.operation == "CompleteMultipartUpload":
        return Verdict.PERMANENT  # the parts are what was sent: it is the whole that is not what was said
    verdict = _CODES.get(problem.code) or _KINDS.get(problem.kind, Verdict.PERMANENT)
    if verdict is Verdict.PERMANENT and problem.operation in _OF_CREDENTIALS:
        return Verdict.IDENTITY
    return verdict


def works(problem: Problem) -> bool:
    """Whether a request that failed for this shows that its identity can be used and its endpoint answers.

    A denial does: it is an answer to a known identity.
    """
    refused = problem.kind is ProblemKind.BAD_CREDENTIALS
    return bool(problem.status) and verdict_of(problem) is Verdict.PERMANENT and not refused
