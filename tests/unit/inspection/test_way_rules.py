"""Findings whose remedy is about the condition that decides, by what this connection has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from tests.unit.inspection.people import (
    A_OWNER,
    ANALYTICS,
    BOOK,
    FROM_B,
    MEDIA,
    OBJECT,
    ONLY_B,
    PATHLESS,
    ROLE_ARN,
    absent,
    denied,
    endpoint,
    found,
    known,
    owners,
    ownership,
    policy,
    statement,
    text,
    unknown,
)
from tui.inspection.context import Context
from tui.inspection.diagnosis import diagnose
from tui.model.facts import Fact, FactName, Pairs, Severity, Size, Verdict
from tui.model.identity import Address, AddressBook, Identity, IdentitySpec, RoleSpec
from tui.model.network.endpoint import Reach

OWN = owners(of_object=A_OWNER)
VPCE = endpoint("https://assets.vpce-0bbb-4e5f6a7b.s3.us-east-1.vpce.amazonaws.com", Reach.PRIVATE)
PLAIN = endpoint("http://127.0.0.1:80", Reach.LOOPBACK)
REFUSED = denied(FactName.SIZE, "s3:GetObject", "HeadObject", "analytics")
OFFICE = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}


def deny(operator: str, key: str, wanted: str) -> dict[str, Any]:
    return statement(Sid="Never", Effect="Deny", Principal="*", Condition={operator: {key: wanted}})


@pytest.mark.parametrize(
    ("condition", "way", "why", "remedy"),
    [
        (
            ("StringNotEquals", "aws:SourceVpce", "vpce-0aaa"),
            VPCE,
            "names everyone (*); aws:SourceVpce is vpce-0bbb, not vpce-0aaa",
            "As media-prod (user/deploy): add vpce-0bbb to aws:SourceVpce in Never. Or send the requests through "
            "vpce-0aaa.",
        ),
        (
            ("Bool", "aws:SecureTransport", "false"),
            PLAIN,
            "aws:SecureTransport is false",
            "Use https for the endpoint of analytics: it is http://127.0.0.1:80.",
        ),
        (
            ("StringNotEquals", "aws:SourceVpc", "vpc-1"),
            PLAIN,
            "requests from here have no aws:SourceVpc",
            "Send the requests of analytics through vpc-1; they now go to http://127.0.0.1:80. Or as media-prod "
            "(user/deploy): exclude analytics from aws:SourceVpc in Never.",
        ),
        (
            ("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"),
            VPCE,
            "requests from here have no aws:SourceIp",
            'As media-prod (user/deploy): add StringNotEquals {"aws:SourceVpce": "vpce-0bbb"} to the condition of '
            "Never.",
        ),
        (
            ("StringNotEquals", "aws:PrincipalAccount", "111111111111"),
            PLAIN,
            "aws:PrincipalAccount is 222222222222, not 111111111111",
            "As media-prod (user/deploy): add 222222222222 to aws:PrincipalAccount in Never.",
        ),
        (
            ("StringEquals", "aws:PrincipalAccount", "222222222222"),
            PLAIN,
            "aws:PrincipalAccount is 222222222222",
            "As media-prod (user/deploy): remove 222222222222 from aws:PrincipalAccount in Never.",
        ),
        (
            ("DateGreaterThan", "aws:CurrentTime", "2001-01-01T00:00:00Z"),
            PLAIN,
            "aws:CurrentTime is",
            "As media-prod (user/deploy): check aws:CurrentTime in Never for analytics.",
        ),
    ],
)
def test_a_deny_is_explained_by_the_condition_that_decides(
    condition: tuple[str, str, str], way: Fact, why: str, remedy: str
) -> None:
    facts = [*OWN, policy(statement(), deny(*condition)), way, REFUSED]
    findings = diagnose(facts, OBJECT, replace(FROM_B, now=1_795_500_000.0))
    (finding,) = [one for one in findings if one.rule == "policy-denies" and one.identity == "analytics"]
    assert why in finding.sentence
    assert finding.remedy == remedy
    assert (finding.action, finding.verdict) == ("s3:GetObject", Verdict.DENIED)


@pytest.mark.parametrize(
    ("way", "remedy"),
    [
        (
            VPCE,
            'add a copy of Office with StringEquals {"aws:SourceVpce": "vpce-0bbb"} instead of aws:SourceIp.',
        ),
        (PLAIN, "add 127.0.0.1 to aws:SourceIp in Office, or add a copy of Office with StringEquals"),
        (
            endpoint("https://assets.s3.us-east-1.amazonaws.com"),
            "add this machine's public IP to aws:SourceIp in Office; behind a VPC endpoint, add a copy",
        ),
    ],
)
def test_the_remedy_of_a_statement_that_depends_on_the_address_is_its_condition_and_no_new_statement(
    way: Fact, remedy: str
) -> None:
    facts = [*OWN, policy(statement(Sid="Office", Condition=OFFICE)), way]
    (finding,) = [one for one in diagnose([*facts, REFUSED], OBJECT, FROM_B) if one.rule == "not-allowed"]
    assert "statement Office would allow it, but needs aws:SourceIp 203.0.113.0/24" in finding.sentence
    assert finding.remedy.startswith(f"1. As media-prod (user/deploy): {remedy}")
    assert "add a statement that allows" not in finding.remedy


def test_what_an_identity_did_just_now_goes_before_every_rule() -> None:
    facts = [*OWN, policy(statement(), deny("Bool", "aws:SecureTransport", "false")), PLAIN]
    read = known(FactName.SIZE, Size(1), "analytics")
    read = Fact(read.name, read.state, "HeadObject", "analytics")
    by_rule = found([*facts, read], ONLY_B)
    assert {"let-in", "deny-without-effect"} <= set(by_rule)
    assert by_rule["deny-without-effect"].verdict is Verdict.ALLOWED
    assert "policy-denies" not in by_rule
    assert "policy-denies" in found(facts, ONLY_B)


def test_without_a_policy_that_could_be_read_nothing_is_said_of_the_own_policies() -> None:
    role = Context(PATHLESS, None, BOOK)
    refused = denied(FactName.SIZE, "s3:GetObject", "HeadObject", "media-reader")
    unread = denied(FactName.POLICY, "s3:GetBucketPolicy", "GetBucketPolicy", "media-reader")
    by_rule = found([*OWN, unread, refused], role)
    assert "own-policy-missing" not in by_rule
    assert "The reason is not known" in by_rule["denied-policy-unknown"].sentence
    assert (
        "the bucket policy is not known: down"
        in found([*OWN, unknown(FactName.POLICY, "down"), refused], role)["denied-policy-unknown"].sentence
    )
    assert {"own-policy-missing", "denied-policy-unknown"}.isdisjoint(found([*OWN, refused], role)), "not asked yet"


def test_where_acls_are_off_none_lets_anybody_in() -> None:
    by_rule = found([*OWN, absent(FactName.POLICY), ownership("BucketOwnerEnforced")])
    assert by_rule["no-way-in"].sentence.endswith("analytics can get access only as a role or user of media-prod.")
    assert "acls-off" in by_rule


def test_a_public_policy_that_is_restricted_lets_no_other_account_in() -> None:
    block = known(FactName.PUBLIC_ACCESS, Pairs([("RestrictPublicBuckets", "true")]))
    by_rule = found([*OWN, policy(statement(Sid="World", Principal="*")), block])
    assert "let-in" not in by_rule
    assert by_rule["public-policy-restricted"].verdict is Verdict.DENIED


def test_an_aws_managed_key_lets_no_other_account_in() -> None:
    by_rule = found([*OWN, policy(statement()), text(FactName.ENCRYPTION, "aws:kms")])
    assert "kms-managed" in by_rule
    assert "let-in" not in by_rule


def test_a_role_that_does_not_know_its_account_s_id_is_not_called_a_stranger() -> None:
    unsure = structs.replace(PATHLESS, canonical_id="")
    book = AddressBook({A_OWNER.id: Address(A_OWNER.id, "", "media-prod")})
    facts = [*OWN, text(FactName.STORAGE_CLASS, "GLACIER")]
    remedy = found(facts, Context(unsure, None, book))["archived"].remedy
    assert remedy.startswith("An identity of media-prod (it is not known whether media-reader is one):")
    assert found(facts, Context(unsure, None, BOOK))["archived"].remedy.startswith(
        "As media-reader (role/partner-read)"
    )
    assert "(not connected here)" in found(facts, Context(ANALYTICS, None, book))["archived"].remedy


def assuming(*roles: RoleSpec) -> Identity:
    return structs.replace(PATHLESS, spec=IdentitySpec("bob", roles=roles))


OTHERS = "arn:aws:iam::222222222222:role/"


@pytest.mark.parametrize(
    ("mine", "other", "said"),
    [
        (assuming(RoleSpec(ROLE_ARN)), None, True),
        (assuming(RoleSpec(ROLE_ARN)), structs.replace(ANALYTICS, spec=IdentitySpec("bob")), True),
        (assuming(RoleSpec(ROLE_ARN)), structs.replace(MEDIA, spec=IdentitySpec("bob")), False),
        (assuming(RoleSpec(ROLE_ARN, external_id="x")), None, False),
        (assuming(RoleSpec(f"{OTHERS}a", external_id="x"), RoleSpec(f"{OTHERS}b")), None, False),
        (assuming(RoleSpec(f"{OTHERS}a", external_id="x"), RoleSpec(ROLE_ARN)), None, True),
        (MEDIA, ANALYTICS, False),
    ],
)
def test_a_role_of_another_account_without_an_external_id_is_a_note(
    mine: Identity, other: Identity | None, said: bool
) -> None:
    by_rule = found([], Context(mine, other, BOOK))
    assert ("no-external-id" in by_rule) is said
    if said:
        assert by_rule["no-external-id"].severity is Severity.NOTE
        assert ROLE_ARN in by_rule["no-external-id"].sentence
