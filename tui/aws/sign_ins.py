"""The problems of failed sign-ins (roles, MFA, devices, typed keys), with their remedies."""

from __future__ import annotations

import json
import re

import msgspec
from botocore.exceptions import ClientError

from tui.aws.problems import FAILURES, problem_of, with_answer
from tui.aws.refusals import Attempt, Login, read_denial, read_refusal
from tui.core.identity import RoleSpec, short_key
from tui.core.problem import Need, Problem, ProblemKind

# Sources: AWS STS API Reference, "AssumeRole"; IAM User Guide, "Access to AWS accounts owned by third parties" and
# "Methods to assume a role".

_SESSION = re.compile(r"arn:([^:]+):sts::([^:]*):assumed-role/([^/]+)/.+", re.DOTALL)
_SSO_ROLE = "AWSReservedSSO_"


def role_name(arn: str) -> str:
    """A role's name without its path; the whole text if it is not a role's ARN."""
    return arn.rsplit("/", 1)[-1] or arn


def why_not_assumed(error: Exception, role: RoleSpec, attempt: Attempt) -> Problem:
    """The problem of an AssumeRole that failed with one of `FAILURES`."""
    problem = problem_of(error, attempt)
    if not isinstance(error, ClientError):
        return problem
    if problem.kind is ProblemKind.DENIED:
        return _distrusted(problem, str(error), role)
    if problem.code == "ValidationError" and "DurationSeconds" in problem.cause:
        return msgspec.structs.replace(problem, remedy=_shorter(problem.cause, role))
    if "Policy" in problem.code:  # MalformedPolicyDocument, PackedPolicyTooLarge
        return msgspec.structs.replace(problem, remedy="correct the session policy")
    return problem


def is_wrong_code(error: Exception) -> bool:
    """Whether STS refused an MFA code; it has no error code for that."""
    return isinstance(error, ClientError) and "MultiFactorAuthentication failed" in str(error)


def _distrusted(problem: Problem, message: str, role: RoleSpec) -> Problem:
    denial = read_denial(message)
    if denial and denial.policy and denial.policy != "resource-based":
        return problem  # it names the policy on the caller's side that has to change
    caller = _trustee(denial.principal) if denial else ""
    who = caller or problem.identity
    doubts = [
        f"the role's trust policy may not allow {who}",
        f"{role.external_id!r} may not be the ExternalId it requires"
        if role.external_id
        else "it may require an ExternalId, and none was given",
    ]
    if not role.mfa_serial:
        doubts.append("it may require MFA")
    doubts.append("the role may not exist")
    other = _account(caller) != _account(role.arn)
    own = f"; the policies of {who} must also allow sts:AssumeRole on it" if caller and other else ""
    title = f"role {role_name(role.arn)} cannot be assumed: access denied"
    cause = f"STS gives no reason; possible causes: {', or '.join(doubts)}"
    remedy = f"add to the trust policy of {role.arn}: {_statement(caller, role)}{own}"
    return msgspec.structs.replace(problem, title=title, cause=cause, remedy=remedy, resource=role.arn)


def _statement(caller: str, role: RoleSpec) -> str:
    """The trust policy statement that allows a caller."""
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": {"AWS": caller or "the caller's ARN"},
        "Action": "sts:AssumeRole",
    }
    if role.external_id:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": role.external_id}}
    return json.dumps(statement)


def _trustee(arn: str) -> str:
    """The principal for a trust policy that means this caller; for a session it is the role.

    A session's ARN lacks its role's path, which IAM Identity Center roles have: for them it is the account.
    """
    found = _SESSION.fullmatch(arn)
    if not found:
        return arn
    partition, account, name = found.groups()
    return f"arn:{partition}:iam::{account}:" + ("root" if name.startswith(_SSO_ROLE) else f"role/{name}")


def _account(arn: str) -> str:
    fields = arn.split(":")
    return fields[4] if len(fields) > 5 else ""


def _shorter(cause: str, role: RoleSpec) -> str:
    name = role_name(role.arn)
    if "role chaining" in cause:
        return f"use a duration of at most 3600 s for {name}: role chaining limits sessions to one hour"
    return f"use a duration below {role.duration} s for {name}, or raise its maximum session duration"


_CODES = {
    "AccessDeniedException": (ProblemKind.DENIED, "the sign-in was denied in the browser"),
    "ExpiredTokenException": (ProblemKind.EXPIRED, "the sign-in code has expired"),
    "InvalidRequestException": (ProblemKind.INVALID, "IAM Identity Center rejected the sign-in"),
}
"""Error codes with a meaning of their own in sign-ins."""


class MalformedSignInError(Exception):
    """A response contains something invalid; the message says what."""


SIGN_IN_FAILURES: tuple[type[Exception], ...] = (KeyError, MalformedSignInError, *FAILURES)
"""All errors of a sign-in. `KeyError`: a required field is missing."""


def not_needed(identity: str, attempt: Attempt) -> Problem:
    """The identity does not sign in."""
    cause = f"{identity} does not use IAM Identity Center"
    return attempt.problem(ProblemKind.INVALID, "no sign-in is needed", cause, "choose another identity")


def incomplete(login: Login, missing: list[str], attempt: Attempt) -> Problem:
    section = f"[sso-session {login.session}]" if login.session else f"[profile {login.profile}]"
    title = "the sign-in configuration is incomplete"
    remedy = "add it to the AWS config file, for example with `aws configure sso`"
    return attempt.problem(ProblemKind.INVALID, title, f"{section} has no {' and no '.join(missing)}", remedy)


def sign_in_problem(error: Exception, attempt: Attempt) -> Problem:
    """The problem for one of `SIGN_IN_FAILURES`."""
    match error:
        case ClientError():
            refusal = read_refusal(error)
            if refusal.code not in _CODES:
                return problem_of(error, attempt)
            kind, title = _CODES[refusal.code]
            cause = str(error.response.get("error_description") or refusal.message)
            return with_answer(attempt.problem(kind, title, cause, "sign in again to get a new code"), refusal)
        case KeyError() | MalformedSignInError():
            cause = f"it has no {error}" if isinstance(error, KeyError) else str(error)
            return attempt.problem(ProblemKind.SERVER, "the server's response cannot be read", cause, "try again")
        case OSError() if error.filename:
            remedy = "make the directory and its files writable, then sign in again"
            return attempt.problem(ProblemKind.ENGINE, "the sign-in cannot be saved", str(error), remedy)
        case _:
            return problem_of(error, attempt)


def no_code(connection: str) -> Problem:
    title = "an MFA code has six digits"
    remedy = "enter the six digits the device shows now"
    return Problem(ProblemKind.INVALID, title, "", remedy, needs=Need.MFA_CODE, connection=connection)


def code_wanted(attempt: Attempt, serial: str) -> Problem:
    title = f"{attempt.identity} needs an MFA code"
    problem = attempt.problem(ProblemKind.NO_CREDENTIALS, title, f"of {serial}", "enter the current code")
    return _needing_code(problem, attempt, serial)


def code_refused(problem: Problem, attempt: Attempt, serial: str) -> Problem:
    """STS refused the code; `problem` is that refusal."""
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


def no_key(what: str) -> Problem:
    """The text cannot be an access key ID, a secret or a session token; `what` says which."""
    title = f"this is not a valid {what}"
    cause = "it is empty, or contains spaces or invalid characters"
    remedy = "copy all of it again"
    return Problem(ProblemKind.INVALID, title, cause, remedy)


def secret_wanted(access_key: str, endpoint: str, attempt: Attempt) -> Problem:
    """The secret was typed into an engine that has stopped."""
    problem = attempt.problem(
        ProblemKind.NO_CREDENTIALS,
        f"the secret of access key {short_key(access_key)} is not known",
        "typed keys are kept only in the engine's memory",
        "enter it again",
    )
    return msgspec.structs.replace(
        problem, needs=Need.KEYS, connection=attempt.connection, subject=access_key, endpoint=endpoint
    )
