"""Findings on refusals."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.inspection.people import (
    A_OWNER,
    A_ROOT,
    B_OWNER,
    BOOK,
    FROM_A,
    FROM_B,
    MEDIA,
    ONLY_B,
    ROLE,
    absent,
    denied,
    document,
    found,
    known,
    owners,
    policy,
    statement,
    text,
)
from tui.inspection.context import Context
from tui.model.facts import Fact, FactName, PolicyReading, Severity

OWN = owners(of_object=A_OWNER)


def refused(label: str) -> Fact:
    return denied(FactName.SIZE, "s3:GetObject", "HeadObject", label)


def test_no_statement_allows_it() -> None:
    finding = found([*OWN, policy(statement(Principal={"AWS": A_ROOT})), refused("analytics")], FROM_B)["not-allowed"]
    assert finding.severity is Severity.ERROR
    assert finding.sentence == (
        "analytics is not allowed to read this object (s3:GetObject): no statement of the bucket policy allows it."
    )
    assert "1. As media-prod (user/deploy): add a statement that allows s3:GetObject" in finding.remedy
    assert "\n2. In analytics's account: make sure that the policies of user/bob allow s3:GetObject" in finding.remedy
    assert finding.remedy.endswith("('xs3-tui explain --action s3:GetObject' reads them).")


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"StringEquals": {"aws:PrincipalAccount": "3"}}, "but needs aws:PrincipalAccount 3; here it is 222222222222."),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, "needs aws:PrincipalOrgID o-1"),
    ],
)
def test_the_statement_that_nearly_allows_it_is_named(condition: dict[str, Any], words: str) -> None:
    facts = [*OWN, policy(statement(Sid="Nearly", Condition=condition)), refused("analytics")]
    sentence = found(facts, FROM_B)["not-allowed"].sentence
    assert "statement Nearly would allow it, but" in sentence
    assert words in sentence


def test_a_bucket_without_policy() -> None:
    by_rule = found([*OWN, absent(FactName.POLICY), refused("analytics")], FROM_B)
    assert by_rule["not-allowed"].sentence.endswith("the bucket has no policy.")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ([], "the object is encrypted with a KMS key and kms:Decrypt is missing"),
        ([text(FactName.ENCRYPTION, "aws:kms arn:aws:kms:x:1:key/k")], "kms:Decrypt on the object's key is missing"),
        ([absent(FactName.ENCRYPTION)], "own IAM policies do not allow it"),
    ],
)
def test_denied_although_the_policy_allows(facts: list[Fact], words: str) -> None:
    finding = found([*OWN, policy(statement()), refused("analytics"), *facts], FROM_B)["denied-though-allowed"]
    assert finding.severity is Severity.ERROR
    assert "although statement Partner of the bucket policy allows it" in finding.sentence
    assert words in finding.sentence
    assert "service control policies" in finding.sentence
    assert "cannot be checked from here" in finding.sentence


def test_with_an_unknown_owner_a_foreign_object_is_suspected() -> None:
    by_rule = found([OWN[1], policy(statement()), refused("analytics")], FROM_B)
    assert "another account owns the object" in by_rule["denied-though-allowed"].sentence


def test_in_its_own_account_the_identity_s_policies_decide() -> None:
    role_pane = Context(ROLE, None, BOOK)
    finding = found([*OWN, absent(FactName.POLICY), refused("media-reader")], role_pane)["own-policy-missing"]
    assert finding.severity is Severity.ERROR
    assert "role/partner-read" in finding.remedy


def test_the_policy_is_not_known_to_anybody() -> None:
    facts = [denied(FactName.POLICY, "s3:GetBucketPolicy", "GetBucketPolicy", "analytics"), refused("analytics")]
    finding = found(facts, ONLY_B)["denied-policy-unknown"]
    assert "s3:GetBucketPolicy" in finding.sentence


def test_a_deny_or_a_foreign_owner_explains_it_alone() -> None:
    by_deny = found([*OWN, policy(statement(), statement(Effect="Deny")), refused("analytics")], FROM_B)
    assert set(by_deny) == {"policy-denies", "one-owner"}
    by_owner = found([*owners(of_object=B_OWNER), policy(statement()), refused("media-prod")], FROM_A)
    assert set(by_owner) == {"foreign-owned"}


def test_what_no_identity_may_read_is_one_note() -> None:
    facts = [
        denied(FactName.GRANTS, "s3:GetObjectAcl", "GetObjectAcl", "analytics"),
        denied(FactName.OBJECT_OWNER, "s3:GetObjectAcl", "GetObjectAcl", "analytics"),
        denied(FactName.TAGS, "s3:GetObjectTagging", "GetObjectTagging", "analytics"),
    ]
    finding = found(facts, FROM_B)["permission-missing"]
    assert finding.severity is Severity.NOTE
    assert finding.sentence == (
        "Neither analytics nor media-prod has permission to read: owner and grants (s3:GetObjectAcl), tags "
        "(s3:GetObjectTagging)."
    )
    assert found(facts, ONLY_B)["permission-missing"].sentence.startswith("analytics does not have permission")


def test_what_the_other_identity_told_does_not_lack() -> None:
    refusal = denied(FactName.OBJECT_OWNER, "s3:GetObjectAcl", "GetObjectAcl", "analytics")
    assert "permission-missing" not in found([refusal, *OWN], FROM_B)
    assert "permission-missing" not in found([*OWN, refusal], FROM_B)


@pytest.mark.parametrize(
    ("facts", "context", "words"),
    [
        (owners(of_object=B_OWNER), FROM_A, "Open the other pane as analytics: only the object's owner can ask."),
        (OWN, Context(MEDIA, None, BOOK), "make sure that the policies of user/deploy allow these actions."),
        (OWN, ONLY_B, "Open the other pane as an identity of media-prod"),
    ],
)
def test_who_can_mend_it(facts: list[Fact], context: Context, words: str) -> None:
    missing = denied(FactName.TAGS, "s3:GetObjectTagging", "GetObjectTagging", context.mine.label)
    assert words in found([*facts, missing], context)["permission-missing"].remedy


def test_a_policy_that_is_read_in_part_allows_nothing_as_far_as_it_is_read() -> None:
    """A part that cannot be read might allow it: so much is said."""
    text = document(statement(Principal={"AWS": A_ROOT}), {"Effect": "Perhaps"})
    sentences = []
    for problem in ("", "statement #2 has an Effect that is neither Allow nor Deny"):
        facts = [*OWN, known(FactName.POLICY, PolicyReading(text, [], True, problem)), refused("analytics")]
        sentences.append(found(facts, FROM_B)["not-allowed"].sentence)
    assert ["allows it, as far as it can be read" in each for each in sentences] == [False, True]
