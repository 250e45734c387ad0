"""The problems of access keys that are typed: one is no key, or is needed again."""

from __future__ import annotations

import msgspec

from tui.accounts.problems.attempt import Attempt
from tui.core.identity import short_key
from tui.core.problem import Need, Problem, ProblemKind


def no_key(what: str) -> Problem:
    """The problem of a text that cannot be an access key's id, its secret or a session token: `what` of them."""
    return Problem(
        kind=ProblemKind.INVALID,
        title=f"this is not a valid {what}",
        cause="it is empty, or contains spaces or invalid characters",
        remedy="copy all of it again",
    )


def secret_wanted(access_key: str, endpoint: str, attempt: Attempt) -> Problem:
    """The problem of an access key whose secret was typed into an engine that has ended."""
    problem = attempt.problem(
        ProblemKind.NO_CREDENTIALS,
        f"the secret of access key {short_key(access_key)} is not known",
        "typed keys are kept only in the engine's memory",
        "enter it again",
    )
    return msgspec.structs.replace(
        problem, needs=Need.KEYS, connection=attempt.connection, subject=access_key, endpoint=endpoint
    )
