"""Findings on what the bucket policy does to ours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.inspection.people import (
    A_OWNER,
    A_ROOT,
    B_OWNER,
    BUCKET,
    BUCKET_ARN,
    FROM_A,
    FROM_B,
    OBJECTS_ARN,
    ONLY_A,
    absent,
    denied,
    endpoint,
    found,
    grants,
    owners,
    policy,
    statement,
    unknown,
)
from tui.model.facts import (
    Fact,
    FactName,
    Known,
    Severity,
    Size,
    Verdict,
)
from tui.model.network.endpoint import Reach

OWN = owners(of_object=A_OWNER)
OFFICE = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
NOT_OFFICE = {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
READ = Fact(FactName.SIZE, Known(Size(1)), "HeadObject", "analytics")
S3_URL = "https://assets.s3.us-east-1.amazonaws.com"
VPCE_URL = "https://assets.vpce-0a1b2c3d-4e5f6a7b.s3.us-east-1.vpce.amazonaws.com"


ADD = (
    "As media-prod (user/deploy): add a statement that allows s3:GetObject on "
    "arn:aws:s3:::assets/incoming/report.csv to arn:aws:iam::222222222222:root."
)


def test_a_deny_in_the_policy_is_an_error() -> None:
    finding = found([*OWN, policy(statement(), statement(Sid="Never", Effect="Deny"))])["policy-denies"]
    assert finding.severity is Severity.ERROR
    assert finding.sentence == (
        "Statement Never of the bucket policy denies analytics to read this object (s3:GetObject): it names the account"
        " 222222222222."
    )
    assert finding.remedy.startswith("As media-prod (user/deploy): exclude analytics from that Deny")


def test_a_deny_that_hangs_on_something_unknown_is_a_warning() -> None:
    finding = found([*OWN, policy(statement(Effect="Deny", Condition=NOT_OFFICE))])["policy-may-deny"]
    assert finding.severity is Severity.WARNING
    assert "needs aws:SourceIp other than 203.0.113.0/24" in finding.sentence


def test_a_deny_that_hangs_on_something_unknown_is_named_whoever_owns_the_bucket() -> None:
    for whose in ([], OWN):
        finding = found([*whose, policy(statement(Effect="Deny", Condition=NOT_OFFICE), statement())])
        assert finding["policy-may-deny"].verdict is Verdict.UNKNOWN


def test_a_deny_works_on_foreign_objects_as_well() -> None:
    by_rule = found([*owners(of_object=B_OWNER), policy(statement(Effect="Deny"))])
    assert {"policy-denies", "foreign-owned"} <= set(by_rule)


def test_a_deny_of_others_does_not_concern_us() -> None:
    by_rule = found([*OWN, policy(statement(Effect="Deny", Principal={"AWS": "333333333333"}))])
    assert not {"policy-denies", "policy-may-deny"} & set(by_rule)


def test_the_statement_that_lets_in_is_named() -> None:
    finding = found([*OWN, policy(statement(Sid="A", Principal={"AWS": A_ROOT}), statement(Sid="B"))])["let-in"]
    assert finding.severity is Severity.GOOD
    assert finding.sentence == (
        "Statement B of media-prod's bucket policy allows analytics to read this object (s3:GetObject): it names the "
        "account 222222222222."
    )


def test_a_certain_statement_goes_before_a_doubtful_one() -> None:
    org = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}
    by_rule = found([*OWN, policy(statement(Sid="Doubtful", Condition=org), statement(Sid="Sure"))])
    assert "Statement Sure" in by_rule["let-in"].sentence
    doubtful = found([*OWN, policy(statement(Condition=org))])["may-be-let-in"]
    assert doubtful.severity is Severity.NOTE
    assert "needs aws:PrincipalOrgID o-1" in doubtful.sentence


def test_a_doubtful_statement_may_be_why_somebody_was_let_in_just_now() -> None:
    finding = found([*OWN, policy(statement(Condition=OFFICE)), READ])["let-in"]
    assert finding.severity is Severity.GOOD
    assert finding.sentence.startswith(
        "analytics was able to read this object (s3:GetObject) just now. Statement Partner of media-prod's bucket "
        "policy may be the reason: it "
    )
    assert finding.remedy == ""


def test_who_was_let_in_just_now_was_denied_by_no_doubtful_statement() -> None:
    finding = found([*OWN, policy(statement(), statement(Sid="Night", Effect="Deny", Condition=NOT_OFFICE)), READ])
    assert "Night" not in finding["let-in"].sentence


def test_whether_a_doubtful_statement_lets_in_is_checked_by_its_condition() -> None:
    finding = found([*OWN, policy(statement(Condition=OFFICE))])["may-be-let-in"]
    assert finding.remedy == "As media-prod (user/deploy): check whether analytics meets that condition."


def test_where_another_statement_may_deny_it_that_one_is_to_be_checked() -> None:
    finding = found([*OWN, policy(statement(), statement(Sid="Night", Effect="Deny", Condition=NOT_OFFICE))])
    assert finding["may-be-let-in"].sentence.endswith(", but statement Night may deny it.")
    assert finding["may-be-let-in"].remedy == "As media-prod (user/deploy): check whether Night denies analytics."


def test_a_public_statement_that_the_bucket_may_restrict_may_let_in_and_has_nothing_to_be_checked() -> None:
    finding = found([*OWN, policy(statement(Principal="*"))])["may-be-let-in"]
    assert finding.sentence == (
        "Statement Partner of media-prod's bucket policy may allow analytics to read this object (s3:GetObject): it "
        "names everyone (*)."
    )
    assert finding.remedy == ""


def test_a_policy_gives_no_access_to_an_object_of_another_account() -> None:
    assert "let-in" not in found([*owners(of_object=B_OWNER), policy(statement())])


@pytest.mark.parametrize(
    ("facts", "sentence", "remedy"),
    [
        ([absent(FactName.POLICY)], "The bucket has no policy: analytics can get access only through an ACL", ADD),
        (
            [policy(statement(Principal={"AWS": A_ROOT}))],
            "The bucket policy gives analytics no access here: analytics",
            ADD,
        ),
        (
            [policy(statement(Condition={"StringEquals": {"aws:PrincipalAccount": "3"}}))],
            "no access here (statement Partner needs aws:PrincipalAccount 3; here it is 222222222222): analytics",
            "As media-prod (user/deploy): add 222222222222 to aws:PrincipalAccount in Partner.",
        ),
    ],
)
def test_no_way_in(facts: list[Any], sentence: str, remedy: str) -> None:
    finding = found([*OWN, *facts])["no-way-in"]
    assert finding.severity is Severity.NOTE
    assert sentence in finding.sentence
    assert finding.sentence.endswith("as a role or user of media-prod.")
    assert finding.remedy == remedy


def test_there_is_a_way_in_by_the_acl_or_for_the_owner() -> None:
    assert "no-way-in" not in found([*OWN, absent(FactName.POLICY), grants((B_OWNER, "READ"))])
    assert "no-way-in" not in found([*OWN, absent(FactName.POLICY)], ONLY_A)


def test_a_denied_identity_gets_one_finding() -> None:
    refused = denied(FactName.SIZE, "s3:GetObject", "HeadObject", "analytics")
    by_rule = found([*OWN, absent(FactName.POLICY), refused], FROM_B)
    assert "no-way-in" not in by_rule
    assert "not-allowed" in by_rule


@pytest.mark.parametrize(
    ("elements", "location", "wanted"),
    [
        ({"Resource": BUCKET_ARN}, None, OBJECTS_ARN),
        ({"Action": "s3:ListBucket", "Resource": OBJECTS_ARN}, BUCKET, BUCKET_ARN),
    ],
)
def test_the_two_mistakes_with_resources(elements: dict[str, Any], location: Any, wanted: str) -> None:
    facts = [*OWN, policy(statement(**elements))]
    finding = (found(facts, FROM_A, location) if location else found(facts))["policy-resource"]
    assert finding.severity is Severity.WARNING
    assert finding.remedy == f"As media-prod (user/deploy): add {wanted} to that statement's Resource."


def test_a_policy_that_makes_no_sense_is_said() -> None:
    finding = found([*OWN, policy(statement(Effect="Perhaps"))])["policy-unreadable"]
    assert "statement #1 has an Effect" in finding.sentence


@pytest.mark.parametrize(
    ("way", "words"),
    [
        (endpoint(S3_URL), "if requests from here pass a VPC gateway endpoint (this cannot be detected)"),
        (endpoint(S3_URL, Reach.PRIVATE), "the private address 10.0.3.7:443; if that is a VPC endpoint"),
        (endpoint(VPCE_URL, Reach.PRIVATE), "go through vpce-0a1b2c3d, where S3 sees no source IP, so"),
        (endpoint("http://127.0.0.1:80", Reach.LOOPBACK), "coming from 127.0.0.1"),
        (unknown(FactName.ENDPOINT, "down"), "behind a VPC endpoint S3 sees no source IP"),
    ],
)
def test_source_ip_by_the_way_requests_take(way: Any, words: str) -> None:
    finding = found([*OWN, policy(statement(Sid="Office", Condition=OFFICE)), way])["source-ip"]
    assert finding.severity is Severity.WARNING
    assert finding.sentence.startswith("Statement Office depends on aws:SourceIp 203.0.113.0/24: ")
    assert words in finding.sentence
    assert "aws:SourceVpce" in finding.remedy


@pytest.mark.parametrize(
    ("elements", "effect", "remedy"),
    [
        ({"Condition": OFFICE}, "allows nothing", "StringEquals"),
        ({"Condition": NOT_OFFICE}, "still applies", "StringNotEquals"),
        ({"Effect": "Deny", "Condition": OFFICE}, "does not deny it", "StringEquals"),
        ({"Effect": "Deny", "Condition": NOT_OFFICE}, "denies it", "StringNotEquals"),
    ],
)
def test_what_becomes_of_a_statement_without_a_source_address(
    elements: dict[str, Any], effect: str, remedy: str
) -> None:
    by_rule = found([*OWN, policy(statement(**elements)), endpoint(VPCE_URL, Reach.PRIVATE)])
    assert by_rule["source-ip"].sentence.endswith(f"so the statement {effect}.")
    assert f'{remedy} {{"aws:SourceVpce": "vpce-0a1b2c3d"}}' in by_rule["source-ip"].remedy


def test_source_ip_waits_until_the_way_was_looked_at() -> None:
    assert "source-ip" not in found([*OWN, policy(statement(Condition=OFFICE))])
    assert "source-ip" not in found([*OWN, policy(statement()), endpoint(S3_URL)])


def test_a_grant_that_has_run_out() -> None:
    until_2025 = {"DateLessThan": {"aws:CurrentTime": "2025-01-01T00:00:00Z"}}
    facts = [*OWN, policy(statement(Condition=until_2025))]
    finding = found(facts, replace(FROM_A, now=1_795_500_000.0))["no-way-in"]
    assert "needs aws:CurrentTime below 2025-01-01T00:00:00Z; here it is 2026-11-24T" in finding.sentence
    assert "may-be-let-in" in found(facts, FROM_A)
