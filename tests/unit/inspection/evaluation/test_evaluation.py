"""How a request is evaluated where keys, endpoints, accounts and unread documents matter."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.inspection.people import (
    A_ACCOUNT,
    A_OWNER,
    B_ACCOUNT,
    B_ROOT,
    FROM_A,
    FROM_B,
    OBJECT,
    absent,
    document,
    endpoint,
    evaluated,
    owners,
    ownership,
    policy,
    statement,
    text,
)
from tui.inspection.evaluation.documents import Documents, Policies, PolicyText, Unseen
from tui.inspection.evaluation.evaluate import evaluate
from tui.inspection.evaluation.explain import action_of
from tui.inspection.evidence import Evidence
from tui.model.access.evaluation import Evaluation, Layer, LayerKind, LayerVerdict
from tui.model.access.policy_edit import PolicyKind
from tui.model.facts import Fact, FactName, Verdict
from tui.model.problem import Problem, ProblemKind

KEY = f"arn:aws:kms:us-east-1:{A_ACCOUNT}:key/one"
ENCRYPTED = text(FactName.ENCRYPTION, f"aws:kms {KEY}")
OWN = [*owners(A_OWNER), ownership("BucketOwnerEnforced"), absent(FactName.PUBLIC_ACCESS)]
OPEN = [*OWN, policy(statement())]


def mine(*statements: dict[str, Any], account: str = B_ACCOUNT) -> Policies:
    return Policies((PolicyText(PolicyKind.USER_POLICY, account, "bob", document(*statements), "mine"),))


def own(**elements: Any) -> dict[str, Any]:
    return statement(Sid="Mine", Principal=None, **elements)


def key_policy(*statements: dict[str, Any]) -> PolicyText:
    return PolicyText(PolicyKind.KEY_POLICY, A_ACCOUNT, KEY, document(*statements), "", "GetKeyPolicy", "media-prod")


READING = Documents(
    identity=mine(own(Action=["s3:GetObject", "kms:Decrypt"], Resource="*")),
    boundary=None,
    endpoint=None,
    key=None,
    account_block=None,
)
DECRYPT = {"Sid": "Use", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}


def verdicts(seen: Evaluation) -> dict[LayerKind, LayerVerdict]:
    return {one.kind: one.verdict for one in seen.layers}


@pytest.mark.parametrize(
    ("facts", "documents", "layers"),
    [
        ([*OPEN, ENCRYPTED], replace(READING, key=key_policy({**DECRYPT, "Principal": {"AWS": "3"}})), [LayerKind.KEY]),
        (
            [*OPEN, ENCRYPTED],
            replace(READING, identity=mine(own()), key=key_policy({**DECRYPT, "Principal": {"AWS": B_ROOT}})),
            [LayerKind.KEY],
        ),
        ([*OPEN, text(FactName.ENCRYPTION, "aws:kms alias/aws/s3")], READING, [LayerKind.KEY]),
    ],
    ids=[
        "the key policy does not allow it",
        "the own policies do not allow it",
        "the key is aws/s3",
    ],
)
def test_an_encrypted_object_takes_its_key_too(
    facts: list[Fact], documents: Documents, layers: list[LayerKind]
) -> None:
    seen = evaluated("s3:GetObject", facts, documents=documents)
    assert seen.cause is not None
    assert (seen.cause.layers, seen.cause.certain) == (layers, True)
    assert verdicts(seen)[LayerKind.BUCKET_POLICY] is LayerVerdict.ALLOWS
    assert seen.remedies


def test_the_remedy_of_a_key_is_a_statement_of_its_policy() -> None:
    documents = replace(READING, key=key_policy({**DECRYPT, "Principal": {"AWS": "333333333333"}}))
    (remedy,) = evaluated("s3:GetObject", [*OPEN, ENCRYPTED], documents=documents).remedies
    assert remedy.edit is not None
    assert (remedy.edit.kind, remedy.edit.resource, remedy.edit.account) == (PolicyKind.KEY_POLICY, KEY, A_ACCOUNT)
    added = json.loads(remedy.edit.statement_json)
    assert (added["Action"], added["Principal"]) == ("kms:Decrypt", {"AWS": f"arn:aws:iam::{B_ACCOUNT}:user/bob"})


def test_a_key_whose_policy_is_not_seen_is_what_remains_possible() -> None:
    documents = replace(READING, key=Unseen("kms:GetKeyPolicy is not allowed", "GetKeyPolicy", "analytics"))
    seen = evaluated("s3:GetObject", [*OPEN, ENCRYPTED], documents=documents)
    assert (LayerKind.KEY, LayerVerdict.NOT_SEEN) in [(one.kind, one.verdict) for one in seen.layers]
    assert seen.cause is not None
    assert (seen.cause.layers, seen.cause.certain) == ([LayerKind.KEY], False)


def test_an_endpoint_policy_limits_all_requests_through_it() -> None:
    narrow = statement(Sid="OwnBuckets", Principal="*", Action="s3:*", Resource="arn:aws:s3:::other/*")
    through = PolicyText(
        PolicyKind.ENDPOINT_POLICY, B_ACCOUNT, "vpce-0aaa", document(narrow), "", "DescribeVpcEndpoints"
    )
    seen = evaluated("s3:GetObject", OPEN, documents=replace(READING, endpoint=through))
    assert seen.cause is not None
    assert (seen.cause.layers, seen.cause.sid) == ([LayerKind.ENDPOINT], "OwnBuckets")
    (remedy,) = seen.remedies
    assert remedy.edit is not None
    assert (remedy.edit.kind, remedy.edit.resource) == (PolicyKind.ENDPOINT_POLICY, "vpce-0aaa")


def test_an_endpoint_policy_that_nobody_here_can_read_is_named() -> None:
    way = endpoint("https://assets.s3.us-east-1.amazonaws.com")
    documents = replace(READING, endpoint=Unseen("not known from here", "DescribeVpcEndpoints"))
    seen = evaluated("s3:GetObject", [*OPEN, way], documents=documents)
    assert verdicts(seen)[LayerKind.ENDPOINT] is LayerVerdict.NOT_SEEN
    assert seen.cause is not None
    assert seen.cause.certain is False
    assert "although everything that can be seen allows it" in seen.cause.sentence


def test_the_public_access_block_of_the_account_counts_as_the_bucket_s() -> None:
    facts = [*OWN, policy(statement(Sid="World", Principal="*"))]
    documents = replace(READING, account_block={"RestrictPublicBuckets": True, "BlockPublicAcls": False})
    seen = evaluated("s3:GetObject", facts, documents=documents)
    assert seen.cause is not None
    assert seen.cause.layers == [LayerKind.PUBLIC_ACCESS]
    assert "name arn:aws:iam::222222222222:user/bob instead of *" in seen.remedies[0].sentence
    assert verdicts(seen)[LayerKind.ACCOUNT_PUBLIC_ACCESS] is LayerVerdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("condition", "is_public"),
    [
        ({"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}, True),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
        ({"StringEquals": {"aws:PrincipalOrgID": "${aws:PrincipalOrgID}"}}, True),
        ({"StringLike": {"aws:SourceVpc": "vpc-?"}}, True),
        ({"Null": {"aws:SourceVpc": "false"}}, True),
        ({"StringEquals": {"aws:SourceVpc": "vpc-1"}}, False),
        ({"ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:us-east-1:111111111111:accesspoint/*"}}, False),
        ({"ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:us-east-1:*:accesspoint/*"}}, True),
    ],
)
def test_what_makes_a_policy_public(condition: dict[str, Any], is_public: bool) -> None:
    """Amazon S3 user guide, "The meaning of 'public'": fixed values alone, and no very broad networks."""
    world = statement(Sid="World", Principal="*", Resource="arn:aws:s3:::assets/site/*", Condition=condition)
    documents = replace(READING, account_block={"RestrictPublicBuckets": True})
    seen = evaluated("s3:GetObject", [*OWN, policy(statement(), world)], documents=documents)
    assert seen.cause is not None
    assert (seen.cause.layers == [LayerKind.PUBLIC_ACCESS]) is is_public


@pytest.mark.parametrize(
    ("verdict", "layers"),
    [(LayerVerdict.DOES_NOT_ALLOW, [LayerKind.IDENTITY]), (LayerVerdict.ALLOWS, [])],
)
def test_the_simulator_stands_for_policies_that_cannot_be_read(verdict: LayerVerdict, layers: list[LayerKind]) -> None:
    unread = Unseen("iam:GetUserPolicy is not allowed", "GetUserPolicy", "analytics")
    simulated = Layer(LayerKind.SIMULATOR, verdict, "it answers so", "SimulatePrincipalPolicy", "analytics")
    documents = replace(READING, identity=Policies(unseen=(unread,)), simulated=simulated)
    seen = evaluated("s3:GetObject", OPEN, documents=documents)
    assert seen.cause is not None
    assert [one for one in seen.cause.layers if one is LayerKind.IDENTITY] == layers
    assert verdicts(seen)[LayerKind.IDENTITY] is LayerVerdict.NOT_SEEN


UNREAD = Policies(unseen=(Unseen("iam:GetUserPolicy is not allowed", "GetUserPolicy", "analytics"),))


def simulated(verdict: LayerVerdict) -> Layer:
    return Layer(LayerKind.SIMULATOR, verdict, "it answers so", "SimulatePrincipalPolicy", "analytics")


@pytest.mark.parametrize(
    ("facts", "documents", "verdict"),
    [
        (OPEN, replace(READING, simulated=simulated(LayerVerdict.ALLOWS), identity=UNREAD), Verdict.ALLOWED),
        (OWN, replace(READING, simulated=simulated(LayerVerdict.ALLOWS)), Verdict.UNKNOWN),
        (OWN, replace(READING, simulated=simulated(LayerVerdict.NOT_SEEN)), Verdict.UNKNOWN),
        (
            OPEN,
            replace(READING, simulated=simulated(LayerVerdict.ALLOWS), session=Unseen("it was made elsewhere")),
            Verdict.UNKNOWN,
        ),
        (
            [*OWN, policy(statement(Principal={"AWS": f"arn:aws:iam::{A_ACCOUNT}:user/deploy"}))],
            replace(READING, simulated=simulated(LayerVerdict.DENIES), identity=UNREAD),
            Verdict.DENIED,
        ),
    ],
    ids=[
        "the own policies are all that is not read",
        "a bucket policy that is not read may deny",
        "it was not asked",
        "it knows no session policy",
        "its explicit Deny is stronger than the bucket policy",
    ],
)
def test_the_simulator_stands_for_nothing_else(facts: list[Fact], documents: Documents, verdict: Verdict) -> None:
    evidence = Evidence(OBJECT, facts, FROM_A)
    assert evaluate(evidence, FROM_A.mine, "s3:GetObject", documents).verdict is verdict


def test_a_statement_nearly_of_another_service_is_not_near() -> None:
    documents = replace(READING, identity=mine(own(Action="iam:Get*", Resource="*"), account=A_ACCOUNT))
    seen = evaluated("s3:GetObject", [*OWN, absent(FactName.POLICY)], FROM_A, documents)
    assert seen.cause is not None
    assert (seen.cause.layers, seen.cause.sid) == ([LayerKind.IDENTITY], "")


def test_of_two_statements_with_one_sid_the_right_one_is_changed() -> None:
    twice = [statement(Sid="Same", Action="s3:PutObject"), statement(Sid="Same", Resource="arn:aws:s3:::assets")]
    seen = evaluated("s3:GetObject", [*OWN, policy(*twice)], documents=READING)
    (remedy,) = seen.remedies
    assert remedy.edit is not None
    assert remedy.edit.replaces_sid == "#2"
    assert json.loads(remedy.edit.statement_json)["Resource"] == ["arn:aws:s3:::assets", "arn:aws:s3:::assets/*"]


def test_each_remedy_of_a_caller_of_another_account_says_who_acts() -> None:
    documents = replace(READING, identity=Policies())
    seen = evaluated("s3:GetObject", [*OWN, absent(FactName.POLICY)], FROM_B, documents)
    assert [one.sentence.partition(":")[0] for one in seen.remedies] == [
        "As media-prod (user/deploy)",
        "In analytics's account",
    ]
    assert seen.verdict is Verdict.DENIED


@pytest.mark.parametrize(
    ("operation", "permission", "action"),
    [
        ("GetObject", "s3:GetObject", "s3:GetObject"),
        ("GetObject", "kms:Decrypt", "s3:GetObject"),
        ("AssumeRole", "sts:AssumeRole", ""),
        ("ListBuckets", "", ""),
    ],
)
def test_which_action_was_refused(operation: str, permission: str, action: str) -> None:
    refused = Problem(ProblemKind.DENIED, "denied", operation=operation, permission=permission)
    assert action_of(refused) == action
