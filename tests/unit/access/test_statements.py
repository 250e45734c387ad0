"""The statements of a grant: actions on the right resources, conditions, Sids."""

from __future__ import annotations

import json

import pytest

from tui.access.statements import bucket_statements, for_principal, key_statement, literal, own_sids, trust_statement
from tui.inspection.callers import Caller
from tui.inspection.policies import PolicyRequest, read_policy
from tui.inspection.request_context import RequestContext
from tui.model.access.grants import Allow, GrantConditions, GrantOrder, Way
from tui.model.facts import Applies
from tui.model.location import Location

BOB = Caller("222222222222", "arn:aws:iam::222222222222:user/bob")
WHOM = BOB.arn


def order(allow: Allow, prefix: str = "", **more: object) -> GrantOrder:
    conditions = GrantConditions(**more)  # type: ignore[arg-type]  # fields by name
    return GrantOrder(Way.POLICY, allow, Location("media", prefix), "a", "b", conditions)


def allows(grant: GrantOrder, action: str, key: str | None, **keys: str) -> bool:
    """Whether the statements let bob do it, by the matcher of the inspector."""
    statements = [for_principal(each, WHOM, {}) for each in bucket_statements(grant, WHOM, "aws", acls=True)]
    context = RequestContext({name.replace("_", ":").lower(): (value,) for name, value in keys.items()}, ("",))
    resource = "arn:aws:s3:::media" + (f"/{key}" if key is not None else "")
    reading = read_policy(
        json.dumps({"Version": "2012-10-17", "Statement": statements}), PolicyRequest(BOB, action, resource, context)
    )
    assert reading.problem == ""
    return any(each.applies is Applies.YES for each in reading.statements)


@pytest.mark.parametrize(
    ("allow", "actions"),
    [
        (Allow.READ, {"s3:ListBucket", "s3:GetBucketLocation", "s3:GetObject", "s3:GetObjectTagging"}),
        (Allow.LIST, {"s3:ListBucket", "s3:GetBucketLocation"}),
        (Allow.DELETE, {"s3:ListBucket", "s3:GetBucketLocation", "s3:DeleteObject"}),
    ],
)
def test_the_actions_of_a_grant(allow: Allow, actions: set[str]) -> None:
    found = bucket_statements(order(allow), WHOM, "aws", acls=True)
    named = [each["Action"] for each in found]
    assert {one for each in named for one in (each if isinstance(each, list) else [each])} == actions


def test_bucket_actions_name_the_bucket_and_object_actions_the_objects() -> None:
    for allow in Allow:
        for each in bucket_statements(order(allow, "video/"), WHOM, "aws-cn", acls=False):
            of_bucket = "Bucket" in str(each["Action"])
            assert each["Resource"] == ("arn:aws-cn:s3:::media" if of_bucket else "arn:aws-cn:s3:::media/video/*")


def test_a_prefix_bounds_what_may_be_read_and_listed() -> None:
    grant = order(Allow.READ, "video/")
    assert allows(grant, "s3:GetObject", "video/a")
    assert not allows(grant, "s3:GetObject", "images/a")
    assert allows(grant, "s3:ListBucket", None, s3_prefix="video/")
    assert allows(grant, "s3:ListBucket", None, s3_prefix="video/2026/")
    assert not allows(grant, "s3:ListBucket", None, s3_prefix="images/")
    assert not allows(grant, "s3:ListBucket", None)


@pytest.mark.parametrize("prefix", ["a*b/", "q?/", "${aws:username}/", "$/", "*"])
def test_a_prefix_with_wildcards_means_itself_alone(prefix: str) -> None:
    grant = order(Allow.READ, prefix)
    assert allows(grant, "s3:GetObject", f"{prefix}x")
    assert allows(grant, "s3:ListBucket", None, s3_prefix=prefix)
    assert not allows(grant, "s3:GetObject", "axxb/x")
    assert not allows(grant, "s3:GetObject", "bob/x")
    assert literal("a*?$") == "a${*}${?}${$}"


def test_uploads_with_an_acl_only_where_the_bucket_has_acls() -> None:
    assert allows(order(Allow.WRITE), "s3:PutObjectAcl", "k")
    assert not any(
        "Acl" in str(each["Action"]) for each in bucket_statements(order(Allow.WRITE), WHOM, "aws", acls=False)
    )


def test_an_upload_must_give_the_bucket_owner_full_control_if_that_is_asked_for() -> None:
    grant = order(Allow.WRITE, owner_full_control=True)
    assert allows(grant, "s3:PutObject", "k", **{"s3_x-amz-acl": "bucket-owner-full-control"})
    assert not allows(grant, "s3:PutObject", "k")
    assert allows(grant, "s3:AbortMultipartUpload", "k")


def test_conditions_bound_every_statement_and_none_of_the_callers_own() -> None:
    grant = order(
        Allow.READ_WRITE,
        source_vpce=["vpce-1"],
        source_ip=["203.0.113.0/24", "198.51.100.0/24"],
        principal_org="o-a",
        secure_transport=True,
    )
    for each in bucket_statements(grant, WHOM, "aws", acls=True):
        assert each["Condition"]["StringEquals"] == {"aws:SourceVpce": "vpce-1", "aws:PrincipalOrgID": "o-a"}
        assert each["Condition"]["IpAddress"] == {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24"]}
        assert each["Condition"]["Bool"] == {"aws:SecureTransport": "true"}
    assert not any("Condition" in each for each in bucket_statements(grant, WHOM, "aws", acls=True, bare=True))


def test_sids_are_letters_and_digits_and_differ_by_grant() -> None:
    grants = [order(allow, prefix) for allow in Allow for prefix in ("", "video/", "vidéo/")]
    sids = [each["Sid"] for grant in grants for each in bucket_statements(grant, WHOM, "aws", acls=True)]
    assert len(set(sids)) == len(sids)
    assert all(sid.isalnum() for sid in sids)
    for grant in grants:
        assert {each["Sid"] for each in bucket_statements(grant, WHOM, "aws", acls=True)} <= set(own_sids(grant, WHOM))


def test_a_key_statement_only_where_keys_are_used() -> None:
    assert key_statement(order(Allow.READ), WHOM) is None
    keyed = GrantOrder(Way.POLICY, Allow.WRITE, Location("media"), "a", "b", kms_keys=["arn:aws:kms:x:1:key/k"])
    statement = key_statement(keyed, WHOM)
    assert statement
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]  # uploads in parts decrypt
    assert key_statement(GrantOrder(Way.POLICY, Allow.LIST, Location("m"), "a", "b", kms_keys=["k"]), WHOM) is None


def test_a_trust_asks_for_what_was_ordered() -> None:
    asked = GrantOrder(
        Way.ROLE, Allow.READ, Location("media"), "a", "b", external_id="x y", session_name="etl-*", mfa=True
    )
    statement = trust_statement(asked, WHOM, WHOM, {})
    assert "Resource" not in statement
    assert statement["Condition"] == {
        "StringEquals": {"sts:ExternalId": "x y"},
        "StringLike": {"sts:RoleSessionName": "etl-*"},
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
    }
