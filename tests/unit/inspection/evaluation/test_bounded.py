"""A Deny with NotPrincipal, which denies everyone who has a permissions boundary, whatever it names."""

from __future__ import annotations

import json

from tests.unit.inspection.people import (
    A_OWNER,
    ANALYTICS,
    B_ROOT,
    absent,
    document,
    evaluated,
    owners,
    policy,
    statement,
)
from tui.inspection.evaluation.documents import Documents, Policies, PolicyText
from tui.model.access.evaluation import LayerKind
from tui.model.access.policy_edit import PolicyKind
from tui.model.facts import FactName

READ_ALL = document({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
BOUNDARY = PolicyText(PolicyKind.MANAGED_POLICY, "222222222222", "arn:aws:iam::222222222222:policy/edge", READ_ALL)
OWN = Policies((PolicyText(PolicyKind.USER_POLICY, "222222222222", "bob", READ_ALL, "mine"),))
SPARED = statement(Sid="Others", Effect="Deny", Principal=None, NotPrincipal={"AWS": [ANALYTICS.arn, B_ROOT]})
FACTS = [*owners(A_OWNER), absent(FactName.PUBLIC_ACCESS), policy(statement(), SPARED)]


def test_the_remedy_is_a_condition_and_not_one_more_name() -> None:
    bounded = Documents(OWN, BOUNDARY, None, None, None, account_block=None)
    seen = evaluated("s3:GetObject", FACTS, documents=bounded)
    assert seen.cause is not None
    assert (seen.cause.layers, seen.cause.sid) == ([LayerKind.BUCKET_POLICY], "Others")
    (remedy,) = seen.remedies
    assert remedy.edit is not None
    changed = json.loads(remedy.edit.statement_json)
    assert changed["NotPrincipal"] == SPARED["NotPrincipal"]
    assert changed["Condition"] == {"ArnNotLike": {"aws:PrincipalArn": ANALYTICS.arn}}


def test_without_a_boundary_those_who_are_named_are_spared() -> None:
    seen = evaluated("s3:GetObject", FACTS, documents=Documents(OWN, None, None, None, None, account_block=None))
    assert seen.cause is not None
    assert seen.cause.sid != "Others"
