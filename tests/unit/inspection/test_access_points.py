"""Requests through an access point: other condition keys, other resources, and one more policy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.inspection.people import A_ACCOUNT, A_OWNER, FROM_B, absent, owners, ownership, policy, statement
from tui.inspection.evaluation.documents import Documents, Policies, PolicyText
from tui.inspection.evaluation.evaluate import evaluate
from tui.inspection.evidence import Evidence
from tui.model.access.policy_edit import PolicyKind
from tui.model.facts import Applies, FactName, Verdict
from tui.model.location import Location

ARN = f"arn:aws:s3:us-east-1:{A_ACCOUNT}:accesspoint/partners"
THROUGH = Location(ARN, "incoming/report.csv")
ALIAS = Location("partners-abc-s3alias", "incoming/report.csv")
FACTS = [*owners(A_OWNER), ownership("BucketOwnerEnforced"), absent(FactName.PUBLIC_ACCESS)]
READ_ALL = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}'
OWN = Policies((PolicyText(PolicyKind.USER_POLICY, "222222222222", "bob", READ_ALL, "mine"),))
READING = Documents(identity=OWN, boundary=None, endpoint=None, key=None, account_block=None)
BY_ACCOUNT = {"StringEquals": {"s3:DataAccessPointAccount": A_ACCOUNT}}
BY_ARN = {"ArnLike": {"s3:DataAccessPointArn": f"arn:aws:s3:*:{A_ACCOUNT}:accesspoint/*"}}


def applies(location: Location, **elements: Any) -> Applies:
    """What a statement of the bucket policy does to a read by the partner."""
    reading = Evidence(location, [*FACTS, policy(statement(**elements))], FROM_B).reading(FROM_B.mine)
    assert reading is not None
    return reading.statements[0].applies


@pytest.mark.parametrize(
    ("location", "expected"), [(THROUGH, Applies.YES), (ALIAS, Applies.MAYBE), (Location("assets", "k"), Applies.NO)]
)
@pytest.mark.parametrize("condition", [BY_ACCOUNT, BY_ARN])
def test_the_keys_of_access_points(location: Location, condition: dict[str, Any], expected: Applies) -> None:
    assert applies(location, Resource="*", Condition=condition) is expected


@pytest.mark.parametrize("location", [THROUGH, ALIAS])
def test_a_bucket_policy_that_names_the_bucket_may_be_about_the_access_point(location: Location) -> None:
    assert applies(location, Resource="arn:aws:s3:::assets/incoming/*") is Applies.MAYBE
    assert applies(location, Resource="arn:aws:s3:::assets/other/*") is Applies.NO
    assert applies(location, Resource="arn:aws:s3:::assets") is Applies.NO


def test_the_policy_of_the_access_point_is_not_read() -> None:
    facts = [*FACTS, policy(statement(Resource="*"))]
    seen = evaluate(Evidence(THROUGH, facts, FROM_B), FROM_B.mine, "s3:GetObject", READING)
    assert seen.verdict is Verdict.UNKNOWN
    assert "its own policy has to allow them as well" in seen.notes[-1]
    bucket = replace(Evidence(THROUGH, facts, FROM_B), location=Location("assets", "incoming/report.csv"))
    direct = evaluate(bucket, FROM_B.mine, "s3:GetObject", READING)
    assert (direct.verdict, direct.notes) == (Verdict.ALLOWED, [])
