"""Findings on who owns what."""

from __future__ import annotations

import pytest

from tests.unit.inspection.people import (
    A_OWNER,
    B_OWNER,
    B_ROOT,
    BUCKET,
    FROM_A,
    OBJECT,
    OBJECTS_ARN,
    ONLY_A,
    STRANGER,
    absent,
    denied,
    found,
    grants,
    owners,
    ownership,
    policy,
    statement,
)
from tui.model.facts import Fact, FactName, Known, Severity, Size
from tui.model.identity import Owner
from tui.model.location import Location

FOREIGN = owners(of_object=B_OWNER)
LOCKED = [*FOREIGN, grants((B_OWNER, "FULL_CONTROL"))]
WRITERS = policy(statement(Action="s3:PutObject"))


def test_a_foreign_object_whose_acl_gives_the_bucket_owner_nothing() -> None:
    finding = found([*LOCKED, ownership("ObjectWriter")])["foreign-owned"]
    assert finding.severity is Severity.ERROR
    assert finding.sentence == (
        "analytics owns this object; media-prod owns the bucket: media-prod's bucket policy does not apply to it."
        " media-prod itself cannot read it. Object Ownership is ObjectWriter, so the uploader became the owner."
    )
    assert finding.remedy == (
        "1. As analytics (user/bob): PutObjectAcl with bucket-owner-full-control on this object.\n"
        "2. As media-prod (user/deploy): CopyObject onto itself with MetadataDirective=REPLACE and the same metadata;"
        " then media-prod owns it."
    )
    assert {FactName.OBJECT_OWNER, FactName.BUCKET_OWNER, FactName.GRANTS} <= set(finding.evidence)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        (absent(FactName.OWNERSHIP), "no Object Ownership setting"),
        (ownership("ObjectWriter"), "is ObjectWriter"),
        (ownership("BucketOwnerPreferred"), "without the ACL bucket-owner-full-control, or before that was set"),
    ],
)
def test_the_setting_that_allowed_it_is_named(setting: object, words: str) -> None:
    assert words in found([*LOCKED, setting])["foreign-owned"].sentence  # type: ignore[list-item]  # a Fact


def test_with_unknown_grants_nothing_is_claimed_about_them() -> None:
    finding = found(FOREIGN)["foreign-owned"]
    assert finding.severity is Severity.WARNING
    assert "cannot read" not in finding.sentence


def test_a_refusal_to_the_bucket_owner_proves_that_it_cannot_read() -> None:
    refused = denied(FactName.SIZE, "s3:GetObject", "HeadObject", "media-prod")
    by_rule = found([*FOREIGN, refused], ONLY_A)
    assert by_rule["foreign-owned"].severity is Severity.ERROR
    assert "An identity of analytics (not connected here)" in by_rule["foreign-owned"].remedy
    assert "own-policy-missing" not in by_rule


def test_a_reading_that_was_seen_goes_before_the_rule() -> None:
    read = Fact(FactName.SIZE, Known(Size(1)), "HeadObject", "media-prod")
    finding = found([*LOCKED, read])["foreign-owned"]
    assert finding.severity is Severity.WARNING
    assert "media-prod was still able to read it just now" in finding.sentence
    by_b = Fact(FactName.SIZE, Known(Size(1)), "HeadObject", "analytics")
    assert found([*LOCKED, by_b])["foreign-owned"].severity is Severity.ERROR


def test_an_unknown_owner_is_not_shown_as_hexadecimal_digits() -> None:
    sentence = found(owners(of_object=STRANGER))["foreign-owned"].sentence
    assert sentence.startswith("an unknown account (cccccccc…) owns this object")
    named = found(owners(of_object=Owner(STRANGER.id, "carol")))["foreign-owned"].sentence
    assert named.startswith("carol owns this object")


def test_full_control_makes_it_readable_for_the_bucket_owner_only() -> None:
    finding = found([*FOREIGN, grants((B_OWNER, "FULL_CONTROL"), (A_OWNER, "FULL_CONTROL"))])["foreign-owned-readable"]
    assert finding.severity is Severity.WARNING
    assert "grants media-prod FULL_CONTROL" in finding.sentence
    assert finding.remedy.startswith("As media-prod (user/deploy): CopyObject onto itself")
    assert "PutObjectAcl" not in finding.remedy


def test_read_alone_is_enough_to_take_it_over() -> None:
    finding = found([*FOREIGN, grants((A_OWNER, "READ"))])["foreign-owned-readable"]
    assert "CopyObject onto itself" in finding.remedy
    assert "PutObjectAcl" in finding.remedy


def test_a_grant_of_reading_the_acl_opens_nothing() -> None:
    assert "foreign-owned" in found([*FOREIGN, grants((A_OWNER, "READ_ACP"))])


def test_one_owner_is_good_news() -> None:
    by_rule = found(owners(of_object=A_OWNER))
    assert by_rule["one-owner"].severity is Severity.GOOD
    assert by_rule["one-owner"].sentence.startswith("media-prod owns both")


def test_half_the_facts_prove_nothing() -> None:
    assert found(FOREIGN[:1]) == {}
    assert found(FOREIGN[1:]) == {}


def test_enforced_ownership_turns_acls_off() -> None:
    by_rule = found([*owners(of_object=A_OWNER), ownership("BucketOwnerEnforced"), WRITERS])
    assert by_rule["acls-off"].severity is Severity.GOOD
    assert "media-prod owns every object" in by_rule["acls-off"].sentence
    assert "one-owner" not in by_rule
    assert "foreign-writers" not in by_rule


@pytest.mark.parametrize("location", [BUCKET, Location("assets", "incoming/"), OBJECT])
def test_foreign_writers_will_own_what_they_upload(location: Location) -> None:
    facts = [owners(A_OWNER)[1], ownership("ObjectWriter"), WRITERS]
    finding = found(facts, FROM_A, location)["foreign-writers"]
    assert finding.severity is Severity.NOTE
    assert finding.sentence == (
        "Objects that analytics can upload here will belong to the uploader, not to media-prod: Object Ownership is "
        "ObjectWriter."
    )
    assert "BucketOwnerEnforced" in finding.remedy


def test_foreign_writers_of_a_bucket_without_the_setting_or_with_preferred() -> None:
    bucket = owners(A_OWNER)[1]
    without = found([bucket, absent(FactName.OWNERSHIP), WRITERS], FROM_A, BUCKET)["foreign-writers"]
    assert "no Object Ownership setting" in without.sentence
    preferred = found([bucket, ownership("BucketOwnerPreferred"), WRITERS], FROM_A, BUCKET)["foreign-writers"]
    assert "without the ACL bucket-owner-full-control" in preferred.sentence
    assert preferred.remedy.startswith("Upload with bucket-owner-full-control, or as media-prod")


@pytest.mark.parametrize(
    "elements",
    [
        {"Action": "s3:GetObject"},
        {"Action": "s3:PutObject", "Principal": {"AWS": "111111111111"}},
        {"Action": "s3:PutObject", "Effect": "Deny"},
        {"Action": "s3:PutObject", "Resource": OBJECTS_ARN.replace("*", "elsewhere/*")},
    ],
)
def test_nobody_foreign_writes_here(elements: dict[str, object]) -> None:
    facts = [owners(A_OWNER)[1], ownership("ObjectWriter"), policy(statement(**elements))]
    assert "foreign-writers" not in found(facts, FROM_A, Location("assets", "incoming/"))


def test_a_foreign_object_needs_no_word_about_the_next_one() -> None:
    facts = [*LOCKED, ownership("ObjectWriter"), policy(statement(Action="s3:PutObject", Principal={"AWS": B_ROOT}))]
    assert "foreign-writers" not in found(facts)
