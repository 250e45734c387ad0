"""The problems of sign-ins: to IAM Identity Center, here or by the AWS CLI; to the console, by the AWS CLI alone."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import msgspec
from botocore import exceptions as boto

from tui.model.problem import Need, Problem, ProblemKind

if TYPE_CHECKING:
    from tui.accounts.problems import Attempt, Refusal

REFUSING = ("GetRoleCredentials",)
"""Operations of a sign-in's token whose refusals `role_refused` tells."""


def logged_out(error: Exception, attempt: Attempt) -> Problem:
    """The problem of a sign-in that is missing or has ended, in every form that botocore has for it."""
    match error:
        case boto.LoginError():
            command = "aws login" + (f" --profile {shlex.quote(attempt.profile)}" if attempt.profile else "")
            title, remedy = "the console sign-in has expired", f"run `{command}`, then try again"
            return attempt.problem(ProblemKind.EXPIRED, title, str(error), remedy)
        case boto.SSOTokenLoadError():
            return _signed_out(attempt, "not signed in", "this machine holds no token of a sign-in")
        case boto.TokenRetrievalError():
            return _signed_out(attempt, "the sign-in has expired", "its token has ended and could not be renewed")
        case _:
            return _signed_out(attempt, "the sign-in has expired", "IAM Identity Center accepts its token no more")


def role_refused(refusal: Refusal, attempt: Attempt) -> Problem | None:
    """The problem of a role that Identity Center does not give; None: it is a failure like any other."""
    if refusal.status == 401:
        return _signed_out(attempt, "the sign-in has expired", refusal.message)
    if refusal.status not in (403, 404) or attempt.login is None:
        return None
    login = attempt.login
    return attempt.problem(
        ProblemKind.DENIED,
        f"the sign-in to {login.name} does not reach the role {login.role} of account {login.account}",
        refusal.message or "IAM Identity Center refused it",
        f"have it assigned to you there, or correct sso_account_id and sso_role_name of the profile {login.profile}",
    )


def needing_sign_in(problem: Problem, attempt: Attempt) -> Problem:
    """The problem, solved by a sign-in."""
    if attempt.login is None:
        return problem
    return msgspec.structs.replace(
        problem, needs=Need.SIGN_IN, connection=attempt.connection, subject=attempt.login.name
    )


def _signed_out(attempt: Attempt, title: str, cause: str) -> Problem:
    if attempt.login is None:
        remedy = "sign in with the AWS CLI (`aws sso login`), then try again"
        return attempt.problem(ProblemKind.EXPIRED, title, cause, remedy)
    name, command = attempt.login.name, attempt.login.command
    problem = attempt.problem(
        ProblemKind.EXPIRED, f"{title}: {name}", cause, f"sign in, here or with the AWS CLI: `{command}`"
    )
    return needing_sign_in(problem, attempt)
