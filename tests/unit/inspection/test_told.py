"""What AWS itself tells of a denial: in its message, by the message's terseness, and by its authorization id."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from tests.unit.inspection.people import (
    A_OWNER,
    ANALYTICS,
    FROM_B,
    MEDIA,
    OBJECT,
    endpoint,
    evaluated,
    owners,
    policy,
    statement,
)
from tui.accounts.control_plane import ControlPlane, Service
from tui.accounts.problems.attempt import Attempt
from tui.accounts.problems.denials import read_authorization_id, read_denial
from tui.accounts.problems.mapping import problem_of
from tui.inspection.evaluation.denial_message import notes_on, told_by
from tui.inspection.evaluation.documents import Documents, Policies, PolicyText
from tui.inspection.evaluation.troubleshooter import authorization_details
from tui.inspection.evidence import Evidence
from tui.model.access.evaluation import LayerKind, LayerVerdict
from tui.model.access.policy_edit import PolicyKind
from tui.model.problem import Problem, ProblemError, ProblemKind

WHO = "User: arn:aws:iam::222222222222:user/bob is not authorized to perform: s3:GetObject on resource: "
SENTENCE = WHO + '"arn:aws:s3:::assets/incoming/report.csv" with an explicit deny in a service control policy'
AT_AWS = endpoint("https://assets.s3.us-east-1.amazonaws.com")
NONE = Documents(identity=Policies(), boundary=None, endpoint=None, key=None, account_block=None)


def problem(message: str) -> Problem:
    answer: Any = {"Error": {"Code": "AccessDenied", "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 403}}
    return problem_of(ClientError(answer, "GetObject"), Attempt("analytics", "GetObject", permission="s3:GetObject"))


@pytest.mark.parametrize(
    "told",
    ["Authorization ID: 4k2v9qx7m1", "(authorizationId=4k2v9qx7m1)", "The authorization-id is 4k2v9qx7m1."],
)
def test_an_authorization_id_is_read_and_is_no_part_of_the_reason(told: str) -> None:
    seen = problem(f"{SENTENCE}. {told}")
    assert seen.authorization_id == "4k2v9qx7m1"
    assert seen.cause == "with an explicit deny in a service control policy"
    denial = read_denial(f"{SENTENCE}. {told}")
    assert denial is not None
    assert (denial.explicit, denial.policy) == (True, "service control")


def test_a_message_without_one() -> None:
    assert read_authorization_id(SENTENCE) == problem("Access Denied").authorization_id == ""


def test_the_message_is_a_layer_and_the_cause_where_nothing_that_can_be_seen_denies() -> None:
    seen = problem(SENTENCE)
    (layer,) = told_by(seen, "s3:GetObject")
    assert (layer.kind, layer.verdict) == (LayerKind.SCP, LayerVerdict.DENIES)
    assert told_by(seen, "s3:ListBucket") == ()
    own = replace(NONE, told=(layer,))
    facts = [*owners(A_OWNER), policy(statement(Principal={"AWS": ANALYTICS.arn}))]
    inside = evaluated("s3:GetObject", facts, documents=own)
    assert inside.cause is not None
    assert inside.cause.layers == [LayerKind.IDENTITY], "what can be seen goes before what the message names"


def test_terseness_tells_of_different_organizations() -> None:
    at_aws = Evidence(OBJECT, [AT_AWS], FROM_B)
    (note,) = notes_on(problem("Access Denied"), "s3:GetObject", at_aws)
    assert "different organizations" in note
    (note,) = notes_on(problem(SENTENCE), "s3:GetObject", at_aws)
    assert "one account or one organization" in note
    elsewhere = Evidence(OBJECT, [endpoint("http://127.0.0.1:80")], FROM_B)
    assert notes_on(problem("Access Denied"), "s3:GetObject", elsewhere) == []


class Toolbox:
    """IAM Toolbox, which no server here has: one account sees the details, the other one must not."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Service, str, dict[str, Any]]] = []

    async def read(
        self, connection: str, service: Service, operation: str, *, absent: object, **parameters: Any
    ) -> dict[str, Any]:
        """As `ControlPlane.read`."""
        del absent
        self.asked.append((connection, service, operation, parameters))
        if connection == MEDIA.connection:
            denied = Problem(ProblemKind.DENIED, "denied", permission="iam:GetRequestAuthorizationDetails")
            raise ProblemError(denied)
        matched = {"uri": "arn:aws:organizations::9:policy/o-1/p-1", "matchedStatements": [{"sid": "OnlyEurope"}]}
        return {
            "policies": [{"uri": matched["uri"], "type": "SERVICE_CONTROL_POLICY", "inline": False}],
            "evaluations": [
                {
                    "action": "s3:GetObject",
                    "resource": "arn:aws:s3:::assets/incoming/report.csv",
                    "evaluatedEffect": "EXPLICIT_DENY",
                    "matchedPolicies": [matched],
                }
            ],
        }


async def test_both_halves_of_the_details_are_asked_for_and_joined() -> None:
    toolbox = Toolbox()
    layers = await authorization_details(cast(ControlPlane, toolbox), (ANALYTICS, MEDIA), "4k2v9qx7m1", "us-east-1")
    assert [(one.kind, one.verdict) for one in layers] == [
        (LayerKind.TROUBLESHOOTER, LayerVerdict.DENIES),
        (LayerKind.SCP, LayerVerdict.DENIES),
        (LayerKind.TROUBLESHOOTER, LayerVerdict.NOT_SEEN),
    ]
    assert "statement OnlyEurope of the service control policy" in layers[0].why
    assert [asked[0] for asked in toolbox.asked] == ["analytics", "media-prod"]
    assert all(asked[1] is Service.IAM_TOOLBOX for asked in toolbox.asked)
    assert toolbox.asked[0][3] == {"region": "us-east-1", "authorizationId": "4k2v9qx7m1"}
    assert await authorization_details(cast(ControlPlane, toolbox), (ANALYTICS,), "", "") == ()


async def test_a_control_policy_that_the_details_name_is_the_cause() -> None:
    toolbox = Toolbox()
    told = await authorization_details(cast(ControlPlane, toolbox), (ANALYTICS,), "4k2v9qx7m1", "")
    allowed = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
    own = Policies((PolicyText(PolicyKind.USER_POLICY, "222222222222", "bob", allowed, "all"),))
    documents = replace(NONE, identity=own, told=told)
    seen = evaluated("s3:GetObject", [*owners(A_OWNER), policy(statement())], documents=documents)
    assert seen.cause is not None
    assert "OnlyEurope" in seen.cause.sentence
    assert [one.kind for one in seen.layers if one.kind is LayerKind.SCP] == [LayerKind.SCP]
