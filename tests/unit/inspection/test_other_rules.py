"""Findings on content, public access and the way to the endpoint."""

from __future__ import annotations

import pytest

from tests.unit.inspection.people import (
    A_ACCOUNT,
    A_OWNER,
    ANALYTICS,
    B_OWNER,
    BUCKET,
    FROM_A,
    MEDIA,
    absent,
    denied,
    endpoint,
    found,
    group,
    known,
    owners,
    ownership,
    policy,
    statement,
    text,
    unknown,
)
from tui.inspection.context import Context
from tui.inspection.diagnosis import by_severity, diagnose
from tui.inspection.head_facts import NO_BUCKET, NO_OBJECT, RESTORED_UNTIL, UNDER_WAY
from tui.model.facts import (
    Fact,
    FactName,
    Finding,
    Pairs,
    Severity,
)
from tui.model.identity import Address, AddressBook, EndpointSource
from tui.model.location import Location
from tui.model.network.endpoint import Reach

OWN = owners(of_object=A_OWNER)
KEY_OF_A = f"arn:aws:kms:us-east-1:{A_ACCOUNT}:key/0a1b"


def block(**settings: str) -> Fact:
    return known(FactName.PUBLIC_ACCESS, Pairs(list(settings.items())))


@pytest.mark.parametrize(("why", "rule"), [(NO_OBJECT, "no-object"), (NO_BUCKET, "no-bucket")])
def test_what_does_not_exist(why: str, rule: str) -> None:
    finding = found([unknown(FactName.SIZE, why), unknown(FactName.ETAG, why)])[rule]
    assert finding.severity is Severity.ERROR


def test_an_unknown_fact_is_no_missing_object() -> None:
    assert found([unknown(FactName.SIZE, "cannot reach the endpoint")]) == {}


@pytest.mark.parametrize(("storage_class", "hours"), [("GLACIER", "minutes to hours"), ("DEEP_ARCHIVE", "12 to 48")])
def test_archived_classes_must_be_restored(storage_class: str, hours: str) -> None:
    finding = found([*OWN, text(FactName.STORAGE_CLASS, storage_class)])["archived"]
    assert finding.severity is Severity.WARNING
    assert hours in finding.sentence
    assert finding.remedy == "As media-prod (user/deploy): call RestoreObject and wait until the restore completes."


@pytest.mark.parametrize(
    ("restore", "rule", "severity", "words"),
    [
        (UNDER_WAY, "restore-under-way", Severity.WARNING, "its restore is under way"),
        (f"{RESTORED_UNTIL}2029-12-21 00:00 UTC", "restored", Severity.GOOD, "copied until 2029-12-21 00:00 UTC."),
    ],
)
def test_a_restore_is_told_from_none(restore: str, rule: str, severity: Severity, words: str) -> None:
    findings = found([*OWN, text(FactName.STORAGE_CLASS, "GLACIER"), text(FactName.RESTORE, restore)])
    assert "archived" not in findings
    assert findings[rule].severity is severity
    assert words in findings[rule].sentence


@pytest.mark.parametrize("storage_class", ["STANDARD", "GLACIER_IR", "INTELLIGENT_TIERING"])
def test_other_classes_are_read_at_once(storage_class: str) -> None:
    assert "archived" not in found([*OWN, text(FactName.STORAGE_CLASS, storage_class)])


@pytest.mark.parametrize(
    ("encryption", "rule", "severity", "words"),
    [
        ("AES256", "encrypted-by-s3", Severity.GOOD, "needs no KMS permission"),
        ("aws:kms", "kms-managed", Severity.WARNING, "cannot be shared"),
        (
            f"aws:kms arn:aws:kms:us-east-1:{A_ACCOUNT}:alias/aws/s3",
            "kms-managed",
            Severity.WARNING,
            "no other account can read",
        ),
        (
            f"aws:kms {KEY_OF_A}",
            "kms-foreign",
            Severity.WARNING,
            "a KMS key of media-prod: analytics can read the object only",
        ),
        (f"aws:kms:dsse {KEY_OF_A}", "kms-foreign", Severity.WARNING, "kms:Decrypt"),
        ("aws:kms 0a1b", "kms", Severity.NOTE, "reading the object needs kms:Decrypt"),
    ],
)
def test_whose_key_is_needed(encryption: str, rule: str, severity: Severity, words: str) -> None:
    finding = found([text(FactName.ENCRYPTION, encryption)])[rule]
    assert finding.severity is severity
    assert words in finding.sentence


def test_a_key_of_the_only_account_here_is_no_stranger_s() -> None:
    assert set(found([text(FactName.ENCRYPTION, f"aws:kms {KEY_OF_A}")], Context(MEDIA))) == {"kms"}


@pytest.mark.parametrize(
    ("name", "group_name", "permission", "words"),
    [
        (FactName.GRANTS, "AllUsers", "READ", "The object's ACL allows everyone to read this object."),
        (FactName.GRANTS, "AuthenticatedUsers", "READ", "allows anyone with an AWS account to read this object."),
        (FactName.BUCKET_GRANTS, "AllUsers", "READ", "The bucket's ACL allows everyone to list this bucket."),
        (FactName.BUCKET_GRANTS, "AllUsers", "WRITE", "The bucket's ACL allows everyone to write to this bucket."),
    ],
)
def test_public_grants(name: FactName, group_name: str, permission: str, words: str) -> None:
    finding = found([*OWN, group(group_name, permission, name), absent(FactName.PUBLIC_ACCESS)])["public-acl"]
    assert finding.severity is Severity.WARNING
    assert words in finding.sentence
    assert finding.remedy.startswith("As media-prod (user/deploy): remove")


def test_public_grants_that_do_nothing() -> None:
    public = group("AllUsers", "READ")
    assert found([*OWN, public, block(IgnorePublicAcls="true")])["public-acl-ignored"].severity is Severity.NOTE
    assert "public-acl" not in found([*OWN, public, ownership("BucketOwnerEnforced")])
    assert "public-acl" not in found([*OWN, group("LogDelivery", "WRITE", FactName.BUCKET_GRANTS)])
    assert "public-acl" not in found([*OWN, group("AllUsers", "READ_ACP")])


EVERYBODY = policy(statement(Sid="World", Principal="*"))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ([absent(FactName.PUBLIC_ACCESS)], "and no setting of the bucket blocks it"),
        ([block(RestrictPublicBuckets="false")], "and no setting of the bucket blocks it"),
        ([], "Block Public Access is not known"),
    ],
)
def test_a_public_policy(facts: list[Fact], words: str) -> None:
    finding = found([*OWN, EVERYBODY, *facts], Context(MEDIA))["public-policy"]
    assert finding.severity is Severity.WARNING
    assert words in finding.sentence


def test_restricted_public_buckets_keep_partners_out() -> None:
    finding = found([*OWN, EVERYBODY, block(RestrictPublicBuckets="true")])["public-policy-restricted"]
    assert "blocks every account except media-prod" in finding.sentence


def test_a_policy_that_is_public_elsewhere_is_closed_as_a_whole() -> None:
    world = statement(Sid="World", Principal="*", Resource="arn:aws:s3:::assets/site/*")
    refused = denied(FactName.SIZE, "s3:GetObject", "HeadObject", "analytics")
    by_rule = found([*OWN, policy(statement(), world), block(RestrictPublicBuckets="true"), refused])
    assert {"let-in", "denied-though-allowed"}.isdisjoint(by_rule)
    assert "Statement World is public" in by_rule["public-policy-restricted"].sentence


def test_the_stricter_block_of_bucket_and_account_counts() -> None:
    account = known(FactName.ACCOUNT_PUBLIC_ACCESS, Pairs([("RestrictPublicBuckets", "true")]))
    by_rule = found([*OWN, EVERYBODY, absent(FactName.PUBLIC_ACCESS), account])
    assert "public-policy" not in by_rule
    assert "public-policy-restricted" in by_rule


@pytest.mark.parametrize(
    "facts",
    [
        [policy(statement())],
        [policy(statement(Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}))],
        [policy(statement(Principal="*", Condition={"IpAddress": {"aws:SourceIp": "127.0.0.1"}}))],
        [policy(statement(Principal="*"), statement(Effect="Deny", Principal="*"))],
    ],
)
def test_a_policy_that_is_not_public(facts: list[Fact]) -> None:
    way = endpoint("http://127.0.0.1:80", Reach.LOOPBACK)
    assert "public-policy" not in found([*OWN, *facts, way], Context(MEDIA))


def test_a_public_policy_does_not_reach_a_foreign_object() -> None:
    assert "public-policy" not in found([*owners(of_object=B_OWNER), EVERYBODY])


AWS = "https://assets.s3.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    ("fact", "rules"),
    [
        (endpoint(AWS), {"gateway-unknown"}),
        (endpoint(AWS, Reach.PRIVATE), {"private-address"}),
        (endpoint("https://assets.s3.amazonaws.com"), {"global-endpoint", "gateway-unknown"}),
        (endpoint("https://s3.amazonaws.com/assets"), {"global-endpoint", "gateway-unknown"}),
        (
            endpoint(
                "https://bucket.vpce-0a1b-2c3d.s3.us-east-1.vpce.amazonaws.com", Reach.PRIVATE, EndpointSource.FLAG
            ),
            {"interface-endpoint", "endpoint-configured"},
        ),
        (endpoint("http://127.0.0.1:80", Reach.LOOPBACK, EndpointSource.PROFILE), {"endpoint-configured"}),
        (endpoint("https://s3.example.org", Reach.PUBLIC, EndpointSource.ENV_S3), {"endpoint-configured"}),
        (unknown(FactName.ENDPOINT, "cannot reach"), set()),
    ],
)
def test_the_way(fact: Fact, rules: set[str]) -> None:
    by_rule = found([fact])
    assert set(by_rule) == rules
    assert {finding.severity for finding in by_rule.values()} <= {Severity.NOTE}


def test_the_way_names_what_it_found() -> None:
    vpce = "https://bucket.vpce-0a1b-2c3d.s3.us-east-1.vpce.amazonaws.com"
    by_rule = found([endpoint(vpce, Reach.PRIVATE, EndpointSource.SERVICES)])
    assert "vpce-0a1b:" in by_rule["interface-endpoint"].sentence
    assert "services section of the profile" in by_rule["endpoint-configured"].sentence
    assert "52.219.1.2:443 is public" in found([endpoint(AWS)])["gateway-unknown"].sentence


def test_no_facts_no_findings() -> None:
    assert diagnose([], Location("assets", "x"), FROM_A) == []
    assert diagnose([], BUCKET, FROM_A) == []


def test_the_worst_comes_first_and_equals_keep_their_order() -> None:
    findings = [Finding(str(index), severity, "", []) for index, severity in enumerate([*Severity, *Severity][::-1])]
    assert [one.rule for one in by_severity(findings)] == ["3", "7", "2", "6", "1", "5", "0", "4"]


def test_names_prefer_labels_to_numbers_and_numbers_to_ids() -> None:
    book = AddressBook({A_OWNER.id: Address(A_OWNER.id, A_ACCOUNT)})
    assert Context(ANALYTICS, None, book).name(A_OWNER) == f"account {A_ACCOUNT}"
    assert Context(MEDIA, None, book).name(A_OWNER) == "media-prod"
    assert Context(ANALYTICS).account_name("3") == "account 3"
    assert Context(ANALYTICS).account_name(ANALYTICS.account) == "analytics"


def test_a_write_by_everybody_may_carry_what_a_deny_asks_for() -> None:
    """Of a read it would be certain that it does not, and the Deny would hold."""
    condition = {"StringNotEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
    forbids = statement(Sid="HandOver", Effect="Deny", Principal="*", Action="s3:PutObject", Condition=condition)
    writes = group("AllUsers", "WRITE", FactName.BUCKET_GRANTS)
    finding = found([*OWN, writes, policy(forbids), absent(FactName.PUBLIC_ACCESS)])["public-acl"]
    assert "statement HandOver may deny it" in finding.sentence
