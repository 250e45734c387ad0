"""A role that is refused: STS does not say why, so everything that it may be is said, and nothing that it cannot be."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tui.accounts.problems.attempt import Attempt
from tui.accounts.problems.trust import why_not_assumed
from tui.model.identity import RoleSpec
from tui.model.problem import ProblemKind

ARN = "arn:aws:iam::111111111111:role/partner-read"
BOB = "arn:aws:iam::222222222222:user/bob"
REFUSED = ClientError(
    {
        "Error": {"Code": "AccessDenied", "Message": f"User: {BOB} is not authorized to perform: sts:AssumeRole"},
        "ResponseMetadata": {
            "HTTPStatusCode": 403,
            "HTTPHeaders": {},
            "HostId": "",
            "RequestId": "",
            "RetryAttempts": 0,
        },
    },
    "AssumeRole",
)


@pytest.mark.parametrize(
    ("role", "doubts"),
    [
        (
            RoleSpec(ARN),
            "it may require an ExternalId, and none was given, or it may require MFA, or the role may not exist",
        ),
        (
            RoleSpec(ARN, external_id="guess", mfa_serial="arn:aws:iam::222222222222:mfa/bob"),
            "'guess' may not be the ExternalId it requires, or the role may not exist",
        ),
    ],
    ids=["nothing given", "all given"],
)
def test_all_doubts_are_said(role: RoleSpec, doubts: str) -> None:
    problem = why_not_assumed(REFUSED, role, Attempt("analytics", operation="AssumeRole"))
    assert (problem.kind, problem.resource) == (ProblemKind.DENIED, ARN)
    assert problem.title == "role partner-read cannot be assumed: access denied"
    assert problem.cause.startswith("STS gives no reason; possible causes: the role's trust policy may not allow ")
    assert problem.cause.endswith(f", or {doubts}")
