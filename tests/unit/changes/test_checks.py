"""A change that would be public, lock its author out or be too long is stopped, and only then."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tui.changes.checks import stops
from tui.inspection.callers import Caller
from tui.model.change import DocumentKind, DocumentRef
from tui.model.location import Location

ALICE = Caller("111111111111", "arn:aws:iam::111111111111:user/alice", "a" * 64)
POLICY = DocumentRef(DocumentKind.BUCKET_POLICY, Location("media"))
BUCKET = "arn:aws:s3:::media"
EVERYONE = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}
OWN = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::222222222222:root"},
    "Action": "s3:GetObject",
    "Resource": f"{BUCKET}/*",
}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def when(statement: dict[str, Any], **condition: dict[str, Any]) -> dict[str, Any]:
    return {**statement, "Condition": condition}


def deny(action: str, **more: Any) -> dict[str, Any]:
    return {"Sid": "Shut", "Effect": "Deny", "Principal": "*", "Action": action, "Resource": BUCKET, **more}


OPEN = {
    "everyone": EVERYONE,
    "everyone as a list": {**EVERYONE, "Principal": {"AWS": ["*"]}},
    "not one": {**{k: v for k, v in EVERYONE.items() if k != "Principal"}, "NotPrincipal": {"AWS": ALICE.arn}},
    "any address": when(EVERYONE, IpAddress={"aws:SourceIp": "0.0.0.0/0"}),
    "a negated condition": when(EVERYONE, StringNotEquals={"aws:SourceVpce": "vpce-1"}),
    "a pattern": when(EVERYONE, StringLike={"aws:PrincipalArn": "*"}),
    "a variable": when(EVERYONE, StringEquals={"aws:SourceVpc": "${aws:PrincipalTag/x}"}),
    "a key that closes nothing": when(EVERYONE, Bool={"aws:SecureTransport": "true"}),
    "if exists": when(EVERYONE, StringEqualsIfExists={"aws:SourceVpce": "vpce-1"}),
}
CLOSED = {
    "an account": OWN,
    "an endpoint": when(EVERYONE, StringEquals={"aws:SourceVpce": "vpce-1"}),
    "a network": when(EVERYONE, IpAddress={"aws:SourceIp": ["203.0.113.0/24"]}),
    "an organisation": when(EVERYONE, StringEquals={"aws:PrincipalOrgID": "o-a"}),
    "paths of an organisation": when(EVERYONE, **{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a/*"}}),
    "a deny": deny("s3:PutObject"),
}


@pytest.mark.parametrize("statement", OPEN.values(), ids=OPEN)
def test_what_lets_everyone_in_is_stopped(statement: dict[str, Any]) -> None:
    assert ["would let everyone in" in stop for stop in stops(POLICY, None, policy(statement), ALICE)] == [True]


@pytest.mark.parametrize("statement", CLOSED.values(), ids=CLOSED)
def test_what_lets_named_callers_in_is_not(statement: dict[str, Any]) -> None:
    assert stops(POLICY, None, policy(statement), ALICE) == []


def test_a_policy_that_is_public_already_can_be_changed() -> None:
    assert stops(POLICY, policy(EVERYONE), policy(EVERYONE, OWN), ALICE) == []
    assert stops(POLICY, policy(EVERYONE), policy(EVERYONE, EVERYONE), ALICE) != []


@pytest.mark.parametrize("action", ["s3:*", "*", "s3:PutBucketPolicy", "s3:*BucketPolicy"])
def test_what_locks_its_author_out_is_stopped(action: str) -> None:
    [stop] = stops(POLICY, None, policy(deny(action)), ALICE)
    assert "Shut" in stop


def test_a_deny_for_others_does_not_lock_its_author_out() -> None:
    except_alice = {"StringNotEquals": {"aws:PrincipalArn": ALICE.arn}}
    assert stops(POLICY, None, policy(deny("s3:*", Condition=except_alice)), ALICE) == []
    others = {**deny("s3:*"), "Principal": {"AWS": "arn:aws:iam::222222222222:root"}}
    assert stops(POLICY, None, policy(others), ALICE) == []


def test_a_deny_on_a_condition_that_is_not_known_is_stopped() -> None:
    """``aws:SourceVpce`` decides, and whether requests from here have it is not known."""
    outside = {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}
    assert stops(POLICY, None, policy(deny("s3:*", Condition=outside)), ALICE) != []


def test_a_document_longer_than_its_quota_is_stopped() -> None:
    large = [{**OWN, "Sid": f"S{number:04}"} for number in range(200)]
    assert any("20,480" in stop for stop in stops(POLICY, None, policy(*large), ALICE))
    shorter = policy(*large[:-1])
    assert stops(POLICY, policy(*large), shorter, ALICE) == []  # it shrinks


def test_iam_takes_less_and_counts_no_blanks() -> None:
    ref = DocumentRef(DocumentKind.USER_POLICY, resource="bob", name="x")
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    fits = policy(*[statement] * 25)
    assert len(fits) > 1_600
    assert stops(ref, None, fits, ALICE) == []
    assert stops(ref, None, fits.replace(" ", " " * 20), ALICE) == []
    assert any("2,048" in stop for stop in stops(ref, None, policy(*[statement] * 60), ALICE))


def test_what_cannot_be_read_is_stopped_and_what_could_not_before_is_not_made_worse() -> None:
    [stop] = stops(POLICY, None, policy({"Effect": "Maybe"}), ALICE)
    assert "Effect" in stop
    assert stops(POLICY, policy({"Effect": "Maybe"}), policy({"Effect": "Maybe"}, OWN), ALICE) == []


def test_a_role_that_anyone_may_assume_is_stopped() -> None:
    ref = DocumentRef(DocumentKind.ROLE_TRUST, resource="r")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    assert stops(ref, None, policy(trust), ALICE) != []
    assert stops(ref, None, policy(when(trust, StringEquals={"aws:PrincipalOrgID": "o-a"})), ALICE) == []


def test_a_key_that_nobody_could_manage_is_stopped() -> None:
    ref = DocumentRef(DocumentKind.KEY_POLICY, resource="arn:aws:kms:eu-west-1:111111111111:key/x")
    root = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    use = {**OWN, "Action": "kms:Decrypt", "Resource": "*"}
    assert stops(ref, policy(root), policy(root, use), ALICE) == []
    assert stops(ref, policy(root), policy(use), ALICE) != []
