"""Why a role could not be assumed, and what has to change.

Sources: AWS STS API Reference, "AssumeRole"; IAM User Guide, "Access to AWS accounts owned by third parties" and
"Methods to assume a role".
"""

from __future__ import annotations

import json
import re

import msgspec
from botocore.exceptions import ClientError

from tui.accounts.problems.attempt import Attempt
from tui.accounts.problems.denials import read_denial
from tui.accounts.problems.mapping import problem_of
from tui.core.identity import RoleSpec
from tui.core.problem import Problem, ProblemKind

_SESSION = re.compile(r"arn:([^:]+):sts::([^:]*):assumed-role/([^/]+)/.+", re.DOTALL)
_SSO_ROLE = "AWSReservedSSO_"


def role_name(arn: str) -> str:
    """The name of a role without its path; the whole text if it is no ARN of a role."""
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
    """Whether STS refused the code of an MFA device; it has no error code of its own for that."""
    return isinstance(error, ClientError) and "MultiFactorAuthentication failed" in str(error)


def _distrusted(problem: Problem, message: str, role: RoleSpec) -> Problem:
    denial = read_denial(message)
    if denial and denial.policy and denial.policy != "resource-based":
        return problem  # it says itself which policy of the caller's side has to change
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
    return msgspec.structs.replace(
        problem,
        title=f"role {role_name(role.arn)} cannot be assumed: access denied",
        cause=f"STS gives no reason; possible causes: {', or '.join(doubts)}",
        remedy=f"add to the trust policy of {role.arn}: {_statement(caller, role)}{own}",
        resource=role.arn,
    )


def _statement(caller: str, role: RoleSpec) -> str:
    """What lets a caller in, as a statement of a trust policy."""
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": {"AWS": caller or "the caller's ARN"},
        "Action": "sts:AssumeRole",
    }
    if role.external_id:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": role.external_id}}
    return json.dumps(statement)


def _trustee(arn: str) -> str:
    """The principal that a trust policy has to name for a caller: of a session it is the role.

    A session's ARN does not contain its role's path, which roles of IAM Identity Center have: there it is the account.
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
