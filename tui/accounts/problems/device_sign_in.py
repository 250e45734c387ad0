"""The problems of signing in to IAM Identity Center by a code in a browser."""

from __future__ import annotations

from botocore.exceptions import ClientError

from tui.accounts.problems.attempt import Attempt
from tui.accounts.problems.mapping import FAILURES, problem_of, with_answer
from tui.accounts.problems.refusal import read_refusal
from tui.accounts.sso_login import Login
from tui.core.problem import Problem, ProblemKind

_CODES = {
    "AccessDeniedException": (ProblemKind.DENIED, "the sign-in was denied in the browser"),
    "ExpiredTokenException": (ProblemKind.EXPIRED, "the sign-in code has expired"),
    "InvalidRequestException": (ProblemKind.INVALID, "IAM Identity Center rejected the sign-in"),
}
"""Error codes that mean something else here than of other services."""


class UnreadableAnswerError(Exception):
    """An answer has something that it must not have; the words say what."""


SIGN_IN_FAILURES: tuple[type[Exception], ...] = (KeyError, UnreadableAnswerError, *FAILURES)
"""All that a sign-in may raise. `KeyError`: an answer without a required field."""


def not_needed(identity: str, attempt: Attempt) -> Problem:
    """The problem of a sign-in for an identity that takes none."""
    cause = f"{identity} does not use IAM Identity Center"
    return attempt.problem(ProblemKind.INVALID, "no sign-in is needed", cause, "choose another identity")


def incomplete(login: Login, missing: list[str], attempt: Attempt) -> Problem:
    """The problem of a sign-in whose section of the AWS config file has not all that it needs."""
    section = f"[sso-session {login.session}]" if login.session else f"[profile {login.profile}]"
    return attempt.problem(
        ProblemKind.INVALID,
        "the sign-in configuration is incomplete",
        f"{section} has no {' and no '.join(missing)}",
        "add it to the AWS config file, for instance by `aws configure sso`",
    )


def sign_in_problem(error: Exception, attempt: Attempt) -> Problem:
    """The problem behind one of `SIGN_IN_FAILURES`."""
    match error:
        case ClientError():
            refusal = read_refusal(error)
            if refusal.code not in _CODES:
                return problem_of(error, attempt)
            kind, title = _CODES[refusal.code]
            cause = str(error.response.get("error_description") or refusal.message)
            return with_answer(attempt.problem(kind, title, cause, "sign in again to get a new code"), refusal)
        case KeyError() | UnreadableAnswerError():
            cause = f"it has no {error}" if isinstance(error, KeyError) else str(error)
            return attempt.problem(ProblemKind.SERVER, "the server's response cannot be read", cause, "try again")
        case OSError() if error.filename:
            remedy = "make the directory and its files writable, then sign in again"
            return attempt.problem(ProblemKind.ENGINE, "the sign-in cannot be saved", str(error), remedy)
        case _:
            return problem_of(error, attempt)
