"""The problems of MFA codes: one is needed, is no code, or was rejected."""

from __future__ import annotations

import msgspec

from tui.accounts.problems.attempt import Attempt
from tui.core.problem import Need, Problem, ProblemKind


def no_code(connection: str) -> Problem:
    """The problem of a text that cannot be a code."""
    return Problem(
        kind=ProblemKind.INVALID,
        title="an MFA code has six digits",
        remedy="enter the six digits the device shows now",
        needs=Need.MFA_CODE,
        connection=connection,
    )


def code_wanted(attempt: Attempt, serial: str) -> Problem:
    """The problem of a role that cannot be assumed without a code."""
    title = f"{attempt.identity} needs an MFA code"
    problem = attempt.problem(ProblemKind.NO_CREDENTIALS, title, f"of {serial}", "enter the current code")
    return _needing_code(problem, attempt, serial)


def code_refused(problem: Problem, attempt: Attempt, serial: str) -> Problem:
    """The problem of a code that was refused; `problem` is what the refusal is in general."""
    refused = msgspec.structs.replace(
        problem,
        kind=ProblemKind.BAD_CREDENTIALS,
        title="the MFA code was rejected",
        remedy="wait for the next code and enter it: each code is accepted once",
        permission="",
    )
    return _needing_code(refused, attempt, serial)


def _needing_code(problem: Problem, attempt: Attempt, serial: str) -> Problem:
    return msgspec.structs.replace(problem, needs=Need.MFA_CODE, connection=attempt.connection, subject=serial)
