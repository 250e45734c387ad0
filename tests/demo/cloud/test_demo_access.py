"""Who may what: policies and their conditions, owners and grants, and the words of a refusal."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.demo.conftest import Client, NewBucket
from tests.servers.buckets import begun, completed, refusal_of, refused
from tui.demo.cloud.iam.iam_policies import CallerPrincipals, DemoVerdict, Policy, PolicyError, hold, matches
from tui.demo.demo_profiles import ANALYTICS, MEDIA_PROD

BOB = ANALYTICS.user_arn


def statement(bucket: str, effect: str = "Allow", **changes: Any) -> dict[str, Any]:
    return {
        "Effect": effect,
        "Principal": {"AWS": BOB},
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    } | changes


def put_policy(client: Client, bucket: str, *statements: dict[str, Any]) -> None:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))


def test_refusals_are_worded_as_awss(a: Client, b: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket()
    a.put_object(Bucket=bucket, Key="k", Body=b"")
    refusal = refusal_of(b.get_object, Bucket=bucket, Key="k")
    assert (refusal.code, refusal.status) == ("AccessDenied", 403)
    assert refusal.message == (
        f'User: {BOB} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::{bucket}/k" '
        "because no resource-based policy allows the s3:GetObject action"
    )
    put_policy(a, bucket, statement(bucket), statement(bucket, "Deny", Action="s3:GetObject"))
    message = refusal_of(b.get_object, Bucket=bucket, Key="k").message
    assert message.endswith("with an explicit deny in a resource-based policy")
    b.put_object(Bucket=bucket, Key="k", Body=b"")
    put_policy(a, bucket, statement(bucket, "Deny", Principal="*", Action="s3:PutObject"))
    assert refused(a.put_object, Bucket=bucket, Key="k", Body=b"") == "AccessDenied", "the owner, too"
    put_policy(a, bucket, statement(bucket, Action="s3:PutObject"))
    assert "s3:PutObjectTagging" in refusal_of(b.put_object, Bucket=bucket, Key="k", Body=b"", Tagging="t=1").message


def test_conditions(a: Client, b: Client, new_bucket: NewBucket) -> None:
    """What is known of each request; the operators are tested below."""
    bucket = new_bucket()
    for condition, allowed in (
        ({"IpAddress": {"aws:SourceIp": "127.0.0.1/32"}}, True),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
        ({"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c"}}, False),
        ({"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c"}}, True),
        ({"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}, True),
        ({"StringEquals": {"s3:x-amz-acl": "private"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, False),
        ({"StringEquals": {"aws:PrincipalAccount": "222222222222"}}, True),
    ):
        put_policy(a, bucket, statement(bucket, Condition=condition))
        said = refused(b.put_object, Bucket=bucket, Key="k", Body=b"", ACL="bucket-owner-full-control")
        assert said == ("" if allowed else "AccessDenied"), condition


FACTS = [
    "get_bucket_acl",
    "get_bucket_ownership_controls",
    "get_bucket_policy",
    "get_bucket_policy_status",
    "get_bucket_location",
    "get_public_access_block",
    "get_bucket_encryption",
    "get_bucket_versioning",
]


def test_facts_of_a_bucket_are_its_owners(a: Client, b: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket()
    put_policy(a, bucket, statement(bucket, Action="s3:GetObject"))
    for operation in FACTS:
        getattr(a, operation)(Bucket=bucket)
        assert refused(getattr(b, operation), Bucket=bucket) == "AccessDenied"
    put_policy(a, bucket, statement(bucket))
    for operation in FACTS:
        said = refused(getattr(b, operation), Bucket=bucket)
        assert said == ("MethodNotAllowed" if operation == "get_bucket_policy" else "")


def test_each_action_is_its_own(a: Client, b: Client, new_bucket: NewBucket) -> None:
    place = {"Bucket": new_bucket(), "Key": "k"}
    a.put_object(**place, Body=b"")
    calls: dict[str, Callable[[], object]] = {
        "s3:GetObjectTagging": lambda: b.get_object_tagging(**place),
        "s3:PutObjectTagging": lambda: b.put_object_tagging(**place, Tagging={"TagSet": []}),
        "s3:DeleteObjectTagging": lambda: b.delete_object_tagging(**place),
        "s3:GetObject": lambda: b.head_object(**place),
        "s3:DeleteObject": lambda: b.delete_object(**place),
    }
    for action, call in calls.items():
        put_policy(a, place["Bucket"], statement(place["Bucket"], Action=[each for each in calls if each != action]))
        assert refused(call) == ("403" if action == "s3:GetObject" else "AccessDenied")
        put_policy(a, place["Bucket"], statement(place["Bucket"], Action=action))
        call()


def test_policies_are_checked_when_they_are_put(a: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket()
    for text in ("{", '{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'):
        assert refused(a.put_bucket_policy, Bucket=bucket, Policy=text) == "MalformedPolicy"
    assert "BlockPublicPolicy" in refusal_of(put_policy, a, bucket, statement(bucket, Principal="*")).message
    assert refused(a.get_bucket_policy, Bucket=bucket) == "NoSuchBucketPolicy"


def test_the_expected_owner_is_checked(a: Client, new_bucket: NewBucket) -> None:
    """Here in what the store does not send it with; the rest is tested by the store."""
    place, own, other = {"Bucket": new_bucket(), "Key": "k"}, MEDIA_PROD.number, ANALYTICS.number
    a.put_object(**place, Body=b"", ExpectedBucketOwner=own)
    assert refused(a.delete_object, **place, ExpectedBucketOwner=other) == "AccessDenied"
    copy = {**place, "Key": "k2", "CopySource": place}
    assert refused(a.copy_object, **copy, ExpectedSourceBucketOwner=other) == "AccessDenied"
    a.copy_object(**copy, ExpectedSourceBucketOwner=own)


def test_buckets_of_any_region_answer(a: Client, b: Client) -> None:
    assert a.get_bucket_location(Bucket="media-prod-assets")["LocationConstraint"] == "ap-northeast-1"
    assert b.head_bucket(Bucket="media-prod-assets")["BucketRegion"] == "ap-northeast-1"
    assert b.get_bucket_location(Bucket="analytics-landing").get("LocationConstraint") is None
    assert b.head_bucket(Bucket="analytics-reports")["BucketRegion"] == "eu-central-1"
    refusal = refusal_of(b.head_bucket, Bucket="media-prod-private")
    assert (refusal.code, refusal.headers["x-amz-bucket-region"]) == ("403", "ap-northeast-1")


CONTEXT = {
    "aws:sourceip": "127.0.0.1",
    "aws:securetransport": "false",
    "s3:x-amz-acl": "bucket-owner-full-control",
    "aws:principalarn": "arn:aws:iam::222222222222:user/bob",
}


OPERATORS: list[tuple[str, str, object, bool]] = [
    ("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control", True),
    ("StringEquals", "s3:x-amz-acl", ["private", "bucket-owner-full-control"], True),
    ("StringEquals", "s3:x-amz-acl", "private", False),
    ("StringEquals", "aws:SourceVpce", "vpce-1", False),
    ("StringEqualsIfExists", "aws:SourceVpce", "vpce-1", True),
    ("StringNotEquals", "aws:SourceVpce", "vpce-1", True),
    ("StringNotEquals", "s3:x-amz-acl", ["private", "bucket-owner-full-control"], False),
    ("StringEqualsIgnoreCase", "s3:x-amz-acl", "Bucket-Owner-Full-Control", True),
    ("StringLike", "aws:PrincipalArn", "arn:aws:iam::*:user/b?b", True),
    ("StringNotLike", "aws:PrincipalArn", "*:user/*", False),
    ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::222222222222:*", True),
    ("ArnNotEquals", "aws:PrincipalArn", "arn:aws:iam::1:user/x", True),
    ("IpAddress", "aws:SourceIp", ["203.0.113.0/24", "127.0.0.0/8"], True),
    ("IpAddress", "aws:SourceIp", "203.0.113.0/24", False),
    ("NotIpAddress", "aws:SourceIp", "203.0.113.0/24", True),
    ("Bool", "aws:SecureTransport", False, True),
    ("Bool", "aws:SecureTransport", "true", False),
    ("Null", "aws:SourceVpce", True, True),
    ("Null", "aws:SourceIp", "true", False),
]


def test_operators() -> None:
    assert [(*case[:3], hold({case[0]: {case[1]: case[2]}}, CONTEXT)) for case in OPERATORS] == OPERATORS
    both = {"IpAddress": {"aws:SourceIp": "127.0.0.1"}, "Null": {"aws:SourceVpce": "false"}}
    assert not hold(both, CONTEXT), "every operator and key must hold"


def test_only_stars_and_question_marks_are_special() -> None:
    texts = [("a[b]*", "a[b]c"), ("a?c", "abc"), ("a*", "a\nb"), ("[ab]", "a"), ("a", "ab")]
    assert [matches(pattern, text) for pattern, text in texts] == [True, True, True, False, False]


BOBS = CallerPrincipals(
    frozenset({"222222222222", "arn:aws:iam::222222222222:root", "arn:aws:iam::222222222222:user/bob"}), "c" * 64
)
PRINCIPALS = {
    '"*"': DemoVerdict.ALLOW,
    '{"AWS": "*"}': DemoVerdict.ALLOW,
    '{"AWS": "arn:aws:iam::222222222222:root"}': DemoVerdict.ALLOW,
    '{"AWS": "222222222222"}': DemoVerdict.ALLOW,
    '{"AWS": ["arn:aws:iam::1:root", "arn:aws:iam::222222222222:user/bob"]}': DemoVerdict.ALLOW,
    '{"AWS": "arn:aws:iam::222222222222:user/eve"}': DemoVerdict.SILENT,
    f'{{"CanonicalUser": "{"c" * 64}"}}': DemoVerdict.ALLOW,
    '{"Service": "logging.s3.amazonaws.com"}': DemoVerdict.SILENT,
}


def test_principals() -> None:
    text = '{"Statement": {"Effect": "Allow", "Principal": %s, "Action": "s3:*", "Resource": "*"}}'
    policies = {each: Policy.parse(text % each) for each in PRINCIPALS}
    found = {
        each: policy.verdict(BOBS, "s3:GetObject", "arn:aws:s3:::b/k", CONTEXT) for each, policy in policies.items()
    }
    assert found == PRINCIPALS


def test_deny_wins_and_not_forms_are_the_rest() -> None:
    policy = Policy.parse(
        """{"Statement": [
            {"Effect": "Allow", "Principal": "*", "NotAction": "s3:DeleteObject", "Resource": "*"},
            {"Effect": "Deny", "NotPrincipal": {"AWS": "222222222222"}, "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Principal": "*", "Action": "s3:Put*", "NotResource": "arn:aws:s3:::b/in/*"}
        ]}"""
    )
    verdicts = {
        (action, key): policy.verdict(BOBS, action, f"arn:aws:s3:::b/{key}", CONTEXT)
        for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
        for key in ("in/x", "out/x")
    }
    assert verdicts["s3:GetObject", "out/x"] is DemoVerdict.ALLOW
    assert verdicts["s3:PutObject", "in/x"] is DemoVerdict.ALLOW
    assert verdicts["s3:PutObject", "out/x"] is DemoVerdict.DENY
    assert verdicts["s3:DeleteObject", "in/x"] is DemoVerdict.SILENT
    assert policy.verdict(CallerPrincipals(), "s3:GetObject", "arn:aws:s3:::b/k", CONTEXT) is DemoVerdict.DENY


NO_POLICIES = [
    "{",
    "[]",
    "{}",
    '{"Statement": [{"Action": "s3:*"}]}',
    '{"Statement": [{"Effect": "Allow"}]}',
    '{"Statement": [{"Effect": "Allow", "Action": "*", "Condition": {"DateLessThan": {"a": "b"}}}]}',
    '{"Statement": [{"Effect": "Allow", "Action": "*", "Principal": 3}]}',
]


def test_what_is_no_policy_is_refused() -> None:
    for text in NO_POLICIES:
        with pytest.raises(PolicyError):
            Policy.parse(text)


A_ID, B_ID = MEDIA_PROD.canonical_id, ANALYTICS.canonical_id
FULL = "bucket-owner-full-control"
ENFORCED = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def open_to_b(a: Client, bucket: str) -> None:
    put_policy(a, bucket, statement(bucket))


UPLOADS: list[tuple[str, str | None, str, bool]] = [
    ("ObjectWriter", None, B_ID, False),
    ("ObjectWriter", FULL, B_ID, True),
    ("ObjectWriter", "bucket-owner-read", B_ID, True),
    ("ObjectWriter", "public-read", B_ID, True),
    ("BucketOwnerPreferred", None, B_ID, False),
    ("BucketOwnerPreferred", "bucket-owner-read", B_ID, True),
    ("BucketOwnerPreferred", FULL, A_ID, True),
    ("BucketOwnerEnforced", None, A_ID, True),
    ("BucketOwnerEnforced", FULL, A_ID, True),
]
"""Of B into a bucket of A: its ownership, the ACL that is sent, who owns the object then, and whether A may read it."""


@pytest.mark.parametrize("multipart", [False, True], ids=["one request", "multipart"])
def test_owner_of_an_upload_from_outside(a: Client, b: Client, new_bucket: NewBucket, multipart: bool) -> None:
    buckets = {ownership: new_bucket(ownership) for ownership in dict.fromkeys(case[0] for case in UPLOADS)}
    for bucket in buckets.values():
        open_to_b(a, bucket)
        a.delete_public_access_block(Bucket=bucket)
    for ownership, acl, owner, a_reads in UPLOADS:
        place = {"Bucket": buckets[ownership], "Key": "k"}
        acls = {"ACL": acl} if acl else {}
        if multipart:
            upload = begun(b, place, **acls)
            completed(b, upload, b.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"])
        else:
            b.put_object(**place, **acls, Body=b"x")
        listed = a.list_objects_v2(Bucket=place["Bucket"], FetchOwner=True)["Contents"]
        assert [item["Owner"] for item in listed] == [{"ID": owner}], (ownership, acl)
        assert b.get_object(**place)["Body"].read() == b"x"
        assert refused(a.head_object, **place) == ("" if a_reads else "403"), (ownership, acl)


def test_an_object_that_is_copied_onto_itself_changes_its_owner_and_must_change_more(
    a: Client, b: Client, new_bucket: NewBucket
) -> None:
    place = {"Bucket": new_bucket("ObjectWriter"), "Key": "k"}
    open_to_b(a, place["Bucket"])
    b.put_object(**place, Body=b"x", ContentType="text/plain", Metadata={"m": "1"}, ACL=FULL)
    assert refused(a.copy_object, **place, CopySource=place) == "InvalidRequest"
    a.copy_object(**place, CopySource=place, MetadataDirective="REPLACE", Metadata={"m": "2"})
    assert a.get_object_acl(**place)["Owner"] == {"ID": A_ID}
    assert a.head_object(**place)["Metadata"] == {"m": "2"}


def test_switching_acls_off_makes_everything_the_bucket_owners(a: Client, b: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket("ObjectWriter")
    open_to_b(a, bucket)
    b.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert refused(a.get_object, Bucket=bucket, Key="k") == "AccessDenied"
    a.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=ENFORCED)
    assert a.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"] == ENFORCED
    assert a.get_object_acl(Bucket=bucket, Key="k")["Owner"] == {"ID": A_ID}
    assert a.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    a.delete_bucket_ownership_controls(Bucket=bucket)
    assert refused(a.get_bucket_ownership_controls, Bucket=bucket) == "OwnershipControlsNotFoundError"
    assert refused(a.get_object, Bucket=bucket, Key="k") == "AccessDenied"
    a.delete_object(Bucket=bucket, Key="k")  # though it may not read it
    assert a.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_bucket_grants_to_others_keep_acls_on(a: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket("ObjectWriter")
    a.put_bucket_acl(Bucket=bucket, GrantRead=f'id="{B_ID}"', GrantFullControl=f'id="{A_ID}"')
    said = refused(a.put_bucket_ownership_controls, Bucket=bucket, OwnershipControls=ENFORCED)
    assert said == "InvalidBucketAclWithObjectOwnership"


def test_enforced_buckets_take_no_acl(a: Client, new_bucket: NewBucket) -> None:
    place = {"Bucket": new_bucket("BucketOwnerEnforced"), "Key": "k"}
    a.put_object(**place, Body=b"")
    for acl in ({"ACL": "private"}, {"ACL": "public-read"}, {"GrantRead": f'id="{B_ID}"'}):
        copied = {**place, "Key": "k2", "CopySource": place}
        assert refused(a.copy_object, **copied, **acl) == "AccessControlListNotSupported"
        for call in (a.put_object, a.create_multipart_upload, a.put_object_acl):
            refusal = refusal_of(call, **place, **acl)
            assert (refusal.code, refusal.status) == ("AccessControlListNotSupported", 400)


def test_object_grants(a: Client, b: Client, new_bucket: NewBucket) -> None:
    place = {"Bucket": new_bucket("ObjectWriter"), "Key": "k"}
    a.delete_public_access_block(Bucket=place["Bucket"])
    for grant, reads, reads_acl in (
        ({"GrantRead": f'id="{B_ID}"'}, True, False),
        ({"GrantReadACP": f'id="{B_ID}"'}, False, True),
        ({"GrantFullControl": f'id="{B_ID}", id="{A_ID}"'}, True, True),
        ({"ACL": "authenticated-read"}, True, False),
        ({"ACL": "private"}, False, False),
    ):
        a.put_object(**place, Body=b"x", **grant)
        assert refused(b.head_object, **place) == ("" if reads else "403"), grant
        assert refused(b.get_object_acl, **place) == ("" if reads_acl else "AccessDenied"), grant


def test_bucket_grants_let_others_list_and_write(a: Client, b: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket("ObjectWriter")
    assert refused(b.list_objects_v2, Bucket=bucket) == "AccessDenied"
    a.put_bucket_acl(
        Bucket=bucket, GrantFullControl=f'id="{A_ID}"', GrantRead=f'id="{B_ID}"', GrantWrite=f'id="{B_ID}"'
    )
    b.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert b.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    assert refused(b.get_bucket_acl, Bucket=bucket) == "AccessDenied"
    assert len(a.get_bucket_acl(Bucket=bucket)["Grants"]) == 3


def test_canned_acl_and_grants_together_are_refused(a: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket("ObjectWriter")
    assert refused(a.put_object, Bucket=bucket, Key="k", ACL="private", GrantRead=f'id="{B_ID}"') == "InvalidRequest"
    assert refused(a.put_object, Bucket=bucket, Key="k", ACL="no-such-acl") == "InvalidArgument"
