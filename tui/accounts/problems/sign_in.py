"""The problems of sign-ins: to IAM Identity Center, here or by the AWS CLI; to the console, by the AWS CLI alone."""

from __future__ import annotations

import shlex
from dataclasses import replace

import msgspec
from botocore import exceptions as boto

from tui.accounts.problems.attempt import Attempt
from tui.accounts.problems.refusal import Refusal
from tui.core.problem import Need, Problem, ProblemKind

REFUSING = ("GetRoleCredentials",)
"""Operations of a sign-in's token whose refusals `role_refused` explains."""


def logged_out(error: Exception, attempt: Attempt) -> Problem:
    """The problem of a sign-in that is missing or has ended, in every form that botocore has for it."""
    match error:
        case boto.LoginInsufficientPermissions():
            title = "the console sign-in cannot be renewed: access denied"
            remedy = "allow signin:CreateOAuth2Token for the user"
            return replace(attempt, permission="signin:CreateOAuth2Token").problem(
                ProblemKind.DENIED, title, "signin:CreateOAuth2Token is denied", remedy
            )
        case boto.LoginError():
            profile = getattr(error, "profile", attempt.profile)
            command = "aws login" + (f" --profile {shlex.quote(profile)}" if profile else "")
            title = (
                "the console sign-in has expired" if getattr(error, "over", True) else "not signed in to the console"
            )
            return attempt.problem(ProblemKind.EXPIRED, title, str(error), f"run `{command}`, then try again")
        case boto.SSOTokenLoadError():
            return _signed_out(attempt, "not signed in", "this machine has no sign-in token")
        case boto.TokenRetrievalError():
            return _signed_out(attempt, "the sign-in has expired", "its token has expired and could not be refreshed")
        case _:
            return _signed_out(attempt, "the sign-in has expired", "IAM Identity Center no longer accepts its token")


def role_refused(refusal: Refusal, attempt: Attempt) -> Problem | None:
    """The problem of a role that Identity Center does not give; None: it is a failure like any other."""
    if refusal.status == 401:
        return _signed_out(attempt, "the sign-in has expired", refusal.message)
    if refusal.status not in (403, 404) or attempt.login is None:
        return None
    login = attempt.login
    return attempt.problem(
        ProblemKind.DENIED,
        f"the sign-in to {login.name} has no access to role {login.role} in account {login.account}",
        refusal.message or "IAM Identity Center denied it",
        "ask your administrator to assign it to you, or correct sso_account_id and sso_role_name in profile "
        f"{login.profile}",
    )


def with_sign_in(problem: Problem, attempt: Attempt) -> Problem:
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
        ProblemKind.EXPIRED, f"{title}: {name}", cause, f"sign in here or with the AWS CLI: `{command}`"
    )
    return with_sign_in(problem, attempt)
