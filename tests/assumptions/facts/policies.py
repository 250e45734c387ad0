"""Policies: of buckets, of users and roles, and what refuses a request."""

import json
from typing import Any, Final

from tests.assumptions.registry import assumption, iam_api, iam_guide, s3_api, s3_guide
from tests.assumptions.scene import Need, Scene, answer, one_of, same
from tests.servers.buckets import refusal_of
from tests.servers.policies import document

LOGIC: Final = iam_guide("reference_policies_evaluation-logic")
CROSS: Final = iam_guide("reference_policies_evaluation-logic-cross-account")
KEYS: Final = iam_guide("reference_policies_condition-keys")
S3_KEYS: Final = "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html"
BLOCK: Final = s3_guide("access-control-block-public-access")
MESSAGES: Final = s3_guide("troubleshoot-403-errors")
VPC: Final = s3_guide("example-bucket-policies-vpc-endpoint")
DENIED: Final = "403 AccessDenied"
ALL_OF_S3: Final = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}


def granted(scene: Scene, *actions: str, **conditions: Any) -> str:
    """A bucket of a with the object `there` whose policy allows b these actions."""
    bucket = scene.bucket()
    scene.put(bucket, Key="there")
    scene.policy(bucket, scene.allow(bucket, scene.b, *actions, **conditions))
    return bucket


@assumption(source=CROSS, used="tui/policies/evaluation/verdict.py")
def without_a_grant_another_account_is_denied(scene: Scene) -> None:
    """Without a policy or an ACL for it another account may neither list nor read nor write."""
    named = {"Bucket": scene.shared(), "Key": scene.put(scene.shared())}
    b = scene.s3("b")
    got = [
        answer(b.list_objects_v2, Bucket=scene.shared()),
        answer(b.get_object, **named),
        answer(b.put_object, **named),
    ]
    same(got, [DENIED] * 3)


@assumption(source=s3_guide("bucket-policies"), used="tui/policies/bucket_policy.py")
def without_a_grant_nobody_anonymous_reads(scene: Scene) -> None:
    """Without a grant a request without a signature is refused with AccessDenied."""
    key = scene.put(scene.shared())
    same(answer(scene.anonymous().get_object, Bucket=scene.shared(), Key=key), DENIED)


@assumption(source=CROSS, used="tui/features/access/access_statements.py")
def a_bucket_policy_grants_another_account(scene: Scene) -> None:
    """A bucket policy that names another account lets it read, without anything else in the bucket's account."""
    bucket = granted(scene, "s3:GetObject")
    scene.answers("OK", scene.s3("b").get_object, Bucket=bucket, Key="there")


@assumption(source=S3_KEYS, used="tui/features/access/access_statements.py")
def list_is_granted_on_the_bucket(scene: Scene) -> None:
    """s3:ListBucket is an action on the bucket: a statement about its objects alone does not grant it."""
    bucket = scene.bucket()
    key = scene.put(bucket)
    statement = scene.allow(bucket, scene.b, "s3:GetObject", "s3:GetBucketPolicy")
    scene.policy(bucket, {**statement, "Resource": [f"arn:aws:s3:::{bucket}/*"], "Action": "s3:*"})
    scene.answers("OK", scene.s3("b").get_object, Bucket=bucket, Key=key)
    same(answer(scene.s3("b").list_objects_v2, Bucket=bucket), DENIED)


@assumption(source=LOGIC, used="tui/policies/evaluation/verdict.py")
def what_is_not_granted_is_denied(scene: Scene) -> None:
    """An action that no statement names is refused, beside others that are granted."""
    bucket = granted(scene, "s3:GetObject")
    scene.answers("OK", scene.s3("b").get_object, Bucket=bucket, Key="there")
    same(answer(scene.s3("b").delete_object, Bucket=bucket, Key="there"), DENIED)


@assumption(source=LOGIC, used="tui/policies/evaluation/verdict.py")
def an_explicit_deny_wins(scene: Scene) -> None:
    """A Deny wins over an Allow of the same policy."""
    bucket = granted(scene, "s3:GetObject")
    scene.answers("OK", scene.s3("b").get_object, Bucket=bucket, Key="there")
    deny = scene.allow(bucket, scene.b, "s3:GetObject", effect="Deny")
    scene.policy(bucket, scene.allow(bucket, scene.b, "s3:*"), deny)
    scene.answers(DENIED, scene.s3("b").get_object, Bucket=bucket, Key="there")


@assumption(source=LOGIC, used="tui/policies/evaluation/verdict.py")
def a_deny_reaches_the_bucket_owner(scene: Scene) -> None:
    """A Deny for everyone in the bucket's policy denies users of the bucket's own account, too."""
    bucket = scene.bucket()
    key = scene.put(bucket)
    scene.policy(bucket, scene.allow(bucket, "*", "s3:GetObject", effect="Deny"))
    scene.answers(DENIED, scene.s3("a").get_object, Bucket=bucket, Key=key)


@assumption(source=s3_api("GetObject"), used="tui/policies/head_facts.py")
def a_missing_key_is_denied_without_list(scene: Scene) -> None:
    """A key that does not exist is refused with AccessDenied to who may not list the bucket."""
    bucket = granted(scene, "s3:GetObject")
    scene.answers("OK", scene.s3("b").get_object, Bucket=bucket, Key="there")
    same(answer(scene.s3("b").get_object, Bucket=bucket, Key="missing"), DENIED)


@assumption(source=s3_api("HeadObject"), used="tui/policies/head_facts.py")
def a_missing_key_is_missing_with_list(scene: Scene) -> None:
    """A key that does not exist is NoSuchKey, and 404 for HeadObject, to who may list the bucket."""
    bucket = granted(scene, "s3:GetObject", "s3:ListBucket")
    b = scene.s3("b")
    scene.answers("404 NoSuchKey", b.get_object, Bucket=bucket, Key="missing")
    same(answer(b.head_object, Bucket=bucket, Key="missing"), "404")


@assumption(source=S3_KEYS, used="tui/policies/conditions.py")
def the_condition_key_of_acls_is_compared(scene: Scene) -> None:
    """A condition on s3:x-amz-acl lets an upload with that ACL pass, and none without."""
    bucket = granted(
        scene, "s3:PutObject", "s3:PutObjectAcl", StringEquals={"s3:x-amz-acl": "bucket-owner-full-control"}
    )
    b = scene.s3("b")
    asked = {"Bucket": bucket, "Key": "new", "Body": b"1"}
    scene.answers("OK", b.put_object, ACL="bucket-owner-full-control", **asked)
    same(answer(b.put_object, **asked), DENIED)


@assumption(source=S3_KEYS, used="tui/policies/conditions.py")
def the_condition_key_of_prefixes_is_compared(scene: Scene) -> None:
    """A condition on s3:prefix lets a listing below that prefix pass, and none of all."""
    bucket = granted(scene, "s3:ListBucket", StringLike={"s3:prefix": "shared/*"})
    b = scene.s3("b")
    scene.answers("OK", b.list_objects_v2, Bucket=bucket, Prefix="shared/x")
    same(answer(b.list_objects_v2, Bucket=bucket), DENIED)


@assumption(source=KEYS, used="tui/policies/request_context.py", needs={Need.STS})
def the_condition_key_of_the_callers_account_is_compared(scene: Scene) -> None:
    """A condition on aws:PrincipalAccount has the account number of the caller."""
    bucket = granted(scene, "s3:GetObject", StringEquals={"aws:PrincipalAccount": scene.b.account})
    scene.answers("OK", scene.s3("b").get_object, Bucket=bucket, Key="there")


@assumption(source=KEYS, used="tui/policies/request_context.py")
def a_request_on_the_public_path_has_a_source_address(scene: Scene) -> None:
    """A request that passes no VPC endpoint has the condition key aws:SourceIp."""
    bucket = granted(scene, "s3:GetObject", IpAddress={"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1", "::/0"]})
    scene.answers("OK", scene.s3("b").get_object, Bucket=bucket, Key="there")


@assumption(source=VPC, used="tui/policies/deciding_conditions.py")
def a_request_on_the_public_path_has_no_endpoint(scene: Scene) -> None:
    """A request that passes no VPC endpoint has no condition key aws:SourceVpce."""
    bucket = granted(scene, "s3:GetObject", Null={"aws:SourceVpce": "true"})
    scene.answers("OK", scene.s3("b").get_object, Bucket=bucket, Key="there")


@assumption(source=VPC, used="tui/policies/deciding_conditions.py")
def a_deny_for_other_endpoints_denies_the_public_path(scene: Scene) -> None:
    """A Deny with StringNotEquals on aws:SourceVpce matches a request that has no such key."""
    bucket = granted(scene, "s3:GetObject")
    scene.answers("OK", scene.s3("b").get_object, Bucket=bucket, Key="there")
    condition = {"aws:SourceVpce": "vpce-0123456789abcdef0"}
    deny = scene.allow(bucket, scene.b, "s3:GetObject", effect="Deny", StringNotEquals=condition)
    scene.policy(bucket, scene.allow(bucket, scene.b, "s3:GetObject"), deny)
    scene.answers(DENIED, scene.s3("b").get_object, Bucket=bucket, Key="there")


@assumption(source=iam_guide("reference_policies_elements_condition_operators"), used="tui/policies/conditions.py")
def an_allow_with_an_absent_key_does_not_match(scene: Scene) -> None:
    """An Allow with StringEquals on a key that the request does not have allows nothing; with IfExists it does."""
    without = granted(scene, "s3:GetObject", StringEquals={"aws:SourceVpce": "vpce-0123456789abcdef0"})
    given = granted(scene, "s3:GetObject", StringEqualsIfExists={"aws:SourceVpce": "vpce-0123456789abcdef0"})
    scene.answers("OK", scene.s3("b").get_object, Bucket=given, Key="there")
    same(answer(scene.s3("b").get_object, Bucket=without, Key="there"), DENIED)


@assumption(source=KEYS, used="tui/policies/request_context.py")
def the_condition_key_of_tls_is_known(scene: Scene) -> None:
    """The condition key aws:SecureTransport is true for https and false for http."""
    endpoint = str(scene.s3("b").meta.endpoint_url)
    condition = {"aws:SecureTransport": "true" if endpoint.startswith("https") else "false"}
    bucket = granted(scene, "s3:GetObject", Bool=condition)
    scene.answers("OK", scene.s3("b").get_object, Bucket=bucket, Key="there")


@assumption(source=s3_api("GetBucketPolicy"), used="tui/stores/s3/bucket_facts.py")
def a_bucket_without_a_policy_has_a_code(scene: Scene) -> None:
    """GetBucketPolicy of a bucket without one is refused with NoSuchBucketPolicy."""
    same(answer(scene.s3("a").get_bucket_policy, Bucket=scene.shared()), "404 NoSuchBucketPolicy")


@assumption(source=s3_api("GetBucketPolicy"), used="tui/documents/bucket_documents.py")
def a_policy_comes_back_with_the_same_meaning(scene: Scene) -> None:
    """GetBucketPolicy returns the statements that were written."""
    bucket = scene.bucket()
    statement = {"Sid": "Kept", **scene.allow(bucket, "*", "s3:GetObject", effect="Deny")}
    scene.policy(bucket, {**statement, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/x"})
    [got] = json.loads(scene.s3("a").get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    same((got["Sid"], got["Effect"], got["Action"]), ("Kept", "Deny", "s3:GetObject"))


@assumption(source=s3_api("PutBucketPolicy"), used="tui/documents/bucket_documents.py")
def an_unknown_action_is_malformed(scene: Scene) -> None:
    """A policy with an action that S3 does not have is refused with MalformedPolicy."""
    bucket = scene.bucket()
    policy = document(scene.allow(bucket, scene.b, "s3:NoSuchAction"))
    same(answer(scene.s3("a").put_bucket_policy, Bucket=bucket, Policy=policy), "400 MalformedPolicy")


@assumption(source=s3_api("PutBucketPolicy"), used="tui/documents/bucket_documents.py")
def a_policy_about_another_bucket_is_malformed(scene: Scene) -> None:
    """A policy whose resource is another bucket is refused with MalformedPolicy."""
    policy = document(scene.allow(f"{scene.name}-other", scene.b, "s3:GetObject"))
    same(answer(scene.s3("a").put_bucket_policy, Bucket=scene.bucket(), Policy=policy), "400 MalformedPolicy")


@assumption(source=s3_guide("s3-bucket-user-policy-specifying-principal-intro"), used="tui/policies/principals.py")
def an_unknown_principal_is_malformed(scene: Scene) -> None:
    """A bucket policy that names a user who does not exist is refused with MalformedPolicy."""
    bucket = scene.bucket()
    nobody = f"arn:aws:iam::{scene.a.account}:user/{scene.name}-nobody"
    policy = document({**scene.allow(bucket, "*", "s3:GetObject"), "Principal": {"AWS": nobody}})
    same(answer(scene.s3("a").put_bucket_policy, Bucket=bucket, Policy=policy), "400 MalformedPolicy")


@assumption(source=s3_guide("bucket-policies"), used="tui/documents/bucket_documents.py")
def a_bucket_policy_has_at_most_20_kb(scene: Scene) -> None:
    """A bucket policy of more than 20 KB (20,480 bytes) is refused, one of less is accepted."""
    bucket = scene.bucket()

    def sized(size: int) -> str:
        statement = scene.allow(bucket, "*", "s3:GetObject", effect="Deny")
        resources = [f"arn:aws:s3:::{bucket}/{at:03}{'x' * 200}" for at in range(100)]
        resources = resources[: size // (len(resources[0]) + 3) - 1]
        return json.dumps(
            {"Version": "2012-10-17", "Statement": [{**statement, "Resource": resources}]}, separators=(",", ":")
        )

    put = scene.s3("a").put_bucket_policy
    got = [answer(put, Bucket=bucket, Policy=sized(size)) for size in (20_000, 21_500)]
    same((got[0], got[1].partition(" ")[0]), ("OK", "400"))


@assumption(source=BLOCK, used="tui/policies/access.py")
def block_public_policy_refuses_a_public_policy(scene: Scene) -> None:
    """With BlockPublicPolicy a policy that is public is refused with AccessDenied."""
    bucket, a = scene.bucket(), scene.s3("a")
    a.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicPolicy": True})
    policy = document(scene.allow(bucket, "*", "s3:GetObject"))
    scene.answers(DENIED, a.put_bucket_policy, Bucket=bucket, Policy=policy)


@assumption(source=BLOCK, used="tui/policies/access.py")
def a_grant_to_an_account_is_not_public(scene: Scene) -> None:
    """With BlockPublicPolicy a policy that names another account is accepted."""
    bucket, a = scene.bucket(), scene.s3("a")
    a.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicPolicy": True})
    policy = document(scene.allow(bucket, scene.b, "s3:GetObject"))
    same(answer(a.put_bucket_policy, Bucket=bucket, Policy=policy), "OK")


@assumption(source=BLOCK, used="tui/policies/access.py")
def restrict_public_buckets_takes_named_accounts_away(scene: Scene) -> None:
    """With RestrictPublicBuckets a public policy allows other accounts nothing, even those that it names."""
    bucket, a = scene.bucket(), scene.s3("a")
    key = scene.put(bucket)
    scene.policy(bucket, scene.allow(bucket, "*", "s3:GetObject"), scene.allow(bucket, scene.b, "s3:GetObject"))
    scene.answers("OK", scene.s3("b").get_object, Bucket=bucket, Key=key)
    a.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
    scene.answers(DENIED, scene.s3("b").get_object, Bucket=bucket, Key=key)


@assumption(source=s3_api("GetBucketPolicyStatus"), used="tui/stores/s3/bucket_facts.py")
def the_policy_status_says_public(scene: Scene) -> None:
    """GetBucketPolicyStatus says IsPublic of a policy for everyone, and not of one for an account."""
    public, private = scene.bucket(), granted(scene, "s3:GetObject")
    scene.policy(public, scene.allow(public, "*", "s3:GetObject"))
    a = scene.s3("a")
    got = [a.get_bucket_policy_status(Bucket=each)["PolicyStatus"]["IsPublic"] for each in (public, private)]
    same(got, [True, False])


@assumption(source=BLOCK, used="tui/policies/bucket_policy.py")
def a_fixed_source_address_is_not_public(scene: Scene) -> None:
    """A policy for everyone from one range of addresses is not public."""
    bucket = scene.bucket()
    scene.policy(bucket, scene.allow(bucket, "*", "s3:GetObject", IpAddress={"aws:SourceIp": "203.0.113.0/24"}))
    same(scene.s3("a").get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"], False)


@assumption(source=s3_api("GetBucketPolicyStatus"), used="tui/stores/s3/bucket_facts.py")
def without_a_policy_there_is_no_status(scene: Scene) -> None:
    """GetBucketPolicyStatus of a bucket without a policy is refused with NoSuchBucketPolicy."""
    same(answer(scene.s3("a").get_bucket_policy_status, Bucket=scene.shared()), "404 NoSuchBucketPolicy")


@assumption(source=s3_guide("bucket-owner-condition"), used="tui/stores/s3/calls.py")
def another_expected_bucket_owner_is_denied(scene: Scene) -> None:
    """A request whose x-amz-expected-bucket-owner is another account is refused with AccessDenied."""
    got = answer(scene.s3("a").list_objects_v2, Bucket=scene.shared(), ExpectedBucketOwner="999999999999")
    same(got, DENIED)


@assumption(source=s3_guide("bucket-owner-condition"), used="tui/stores/s3/objects.py", needs={Need.STS})
def the_expected_owner_of_a_copys_source_is_checked(scene: Scene) -> None:
    """CopyObject with another account as expected owner of the source is refused, with the right one it is not."""
    source = {"Bucket": scene.shared(), "Key": scene.put(scene.shared())}
    copy = {"Bucket": scene.shared(), "Key": scene.fresh(), "CopySource": source}
    call = scene.s3("a").copy_object
    got = [answer(call, ExpectedSourceBucketOwner=owner, **copy) for owner in ("999999999999", scene.a.account)]
    same(got, [DENIED, "OK"])


@assumption(source=MESSAGES, used="tui/aws/refusals.py", needs={Need.IAM})
def a_denial_in_the_account_names_what_is_missing(scene: Scene) -> None:
    """Within one account the message names the principal, the action and that no identity-based policy allows it."""
    user = scene.user("a")
    bucket = scene.shared()
    scene.answers(DENIED, scene.s3(user).list_objects_v2, Bucket=bucket)
    message = refusal_of(scene.s3(user).list_objects_v2, Bucket=bucket).message
    wanted = f"User: {user.principal} is not authorized to perform: s3:ListBucket on resource"
    same((message.startswith(wanted), "no identity-based policy allows" in message), (True, True))


@assumption(source=MESSAGES, used="tui/aws/refusals.py", needs={Need.IAM})
def a_denial_in_the_account_names_the_explicit_deny(scene: Scene) -> None:
    """Within one account the message of an explicit deny says so, and in which kind of policy."""
    user = scene.user("a", ALL_OF_S3, {"Effect": "Deny", "Action": "s3:ListBucket", "Resource": "*"})
    bucket = scene.shared()
    scene.answers(DENIED, scene.s3(user).list_objects_v2, Bucket=bucket)
    message = refusal_of(scene.s3(user).list_objects_v2, Bucket=bucket).message
    same("with an explicit deny in an identity-based policy" in message, True)


@assumption(source=CROSS, used="tui/policies/evaluation/verdict.py", needs={Need.IAM})
def across_accounts_both_sides_must_allow(scene: Scene) -> None:
    """A bucket policy for another account is not enough for a user of it whose own policies allow nothing."""
    bucket = granted(scene, "s3:GetObject")
    user, able = scene.user("b"), scene.user("b", ALL_OF_S3)
    scene.answers("OK", scene.s3(able).get_object, Bucket=bucket, Key="there")
    scene.answers(DENIED, scene.s3(user).get_object, Bucket=bucket, Key="there")


@assumption(source=LOGIC, used="tui/policies/evaluation/verdict.py", needs={Need.IAM})
def in_one_account_either_side_allows(scene: Scene) -> None:
    """A bucket policy that names a user of its own account is enough without any policy of the user."""
    user, bucket = scene.user("a"), scene.bucket()
    key = scene.put(bucket)
    policy = document(scene.allow(bucket, user, "s3:GetObject"))
    scene.answers("OK", scene.s3("a").put_bucket_policy, Bucket=bucket, Policy=policy)
    scene.answers("OK", scene.s3(user).get_object, Bucket=bucket, Key=key)


@assumption(source=S3_KEYS, used="tui/transfers/copy/annotations.py")
def tags_of_an_upload_need_their_permission(scene: Scene) -> None:
    """An upload with tags is refused to who has s3:PutObject alone."""
    bucket = granted(scene, "s3:PutObject")
    scene.answers("OK", scene.s3("b").put_object, Bucket=bucket, Key="plain", Body=b"1")
    same(answer(scene.s3("b").put_object, Bucket=bucket, Key="tagged", Body=b"1", Tagging="a=b"), DENIED)


@assumption(source=S3_KEYS, used="tui/features/access/copy_needs.py")
def a_copy_needs_both_halves(scene: Scene) -> None:
    """CopyObject is refused to who may write the target and not read the source."""
    bucket = granted(scene, "s3:PutObject")
    source = {"Bucket": scene.shared(), "Key": scene.put(scene.shared())}
    scene.answers("OK", scene.s3("b").put_object, Bucket=bucket, Key="plain", Body=b"1")
    same(answer(scene.s3("b").copy_object, Bucket=bucket, Key="copy", CopySource=source), DENIED)


@assumption(source=S3_KEYS, used="tui/features/access/copy_needs.py")
def a_copy_of_a_tagged_object_needs_its_tags(scene: Scene) -> None:
    """CopyObject of a tagged object is refused to who may not read its tags, and not with TaggingDirective=REPLACE."""
    bucket = scene.bucket()
    scene.put(bucket, Key="tagged", Tagging="a=b")
    scene.policy(bucket, scene.allow(bucket, scene.b, "s3:GetObject"))
    copy = {"Bucket": scene.shared("b"), "Key": scene.fresh(), "CopySource": {"Bucket": bucket, "Key": "tagged"}}
    scene.answers("OK", scene.s3("b").copy_object, TaggingDirective="REPLACE", **copy)
    same(answer(scene.s3("b").copy_object, **copy), DENIED)


@assumption(source=S3_KEYS, used="tui/stores/s3/deletes.py")
def delete_objects_says_what_was_denied(scene: Scene) -> None:
    """DeleteObjects answers 200 with an error AccessDenied for each key that may not be deleted."""
    bucket = granted(scene, "s3:GetObject", "s3:ListBucket")
    scene.answers("OK", scene.s3("b").list_objects_v2, Bucket=bucket)
    got = scene.s3("b").delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "there"}]})
    same([(each["Key"], each["Code"]) for each in got.get("Errors", [])], [("there", "AccessDenied")])


@assumption(source=iam_api("PutUserPolicy"), used="tui/documents/iam_documents.py", needs={Need.IAM})
def the_policies_of_a_user_have_at_most_2048_characters(scene: Scene) -> None:
    """An inline policy of a user of more than 2,048 characters is refused with LimitExceeded."""
    user = scene.user("a")
    long = document({**ALL_OF_S3, "Resource": [f"arn:aws:s3:::{'x' * 50}-{at}" for at in range(40)]})
    named = {"UserName": user.principal.rpartition("/")[2], "PolicyName": scene.name}
    got = answer(scene.client("a", "iam").put_user_policy, PolicyDocument=long, **named)
    same(got, "409 LimitExceeded")


@assumption(source=iam_api("GetUserPolicy"), used="tui/policies/evaluation/reading_iam.py", needs={Need.IAM})
def a_users_inline_policies_are_listed_and_read(scene: Scene) -> None:
    """ListUserPolicies names the inline policies, and GetUserPolicy returns the document."""
    name = scene.user("a", ALL_OF_S3).principal.rpartition("/")[2]
    iam = scene.client("a", "iam")
    [policy] = iam.list_user_policies(UserName=name)["PolicyNames"]
    got = iam.get_user_policy(UserName=name, PolicyName=policy)["PolicyDocument"]
    same(got["Statement"], [ALL_OF_S3])


@assumption(source=iam_api("GetUser"), used="tui/policies/evaluation/reading_iam.py", needs={Need.IAM})
def a_missing_user_has_a_code(scene: Scene) -> None:
    """GetUser of a user who does not exist is refused with NoSuchEntity."""
    got = answer(scene.client("a", "iam").get_user, UserName=f"{scene.name}-nobody")
    same(got, "404 NoSuchEntity")


@assumption(
    source=iam_api("SimulatePrincipalPolicy"),
    used="tui/policies/evaluation/gather_documents.py",
    needs={Need.IAM, Need.SIMULATOR},
)
def the_simulator_decides_by_the_policies_of_a_user(scene: Scene) -> None:
    """SimulatePrincipalPolicy answers allowed, explicitDeny or implicitDeny."""
    deny = {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}
    user = scene.user("a", {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}, deny)
    asked = {"PolicySourceArn": user.principal, "ActionNames": ["s3:GetObject", "s3:DeleteObject", "s3:PutObject"]}
    iam = scene.client("a", "iam")
    scene.answers("OK", iam.simulate_principal_policy, **asked)
    got = iam.simulate_principal_policy(**asked)["EvaluationResults"]
    same([each["EvalDecision"] for each in got], ["allowed", "explicitDeny", "implicitDeny"])


@assumption(
    source="https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ValidatePolicy.html",
    used="tui/documents/changing.py",
    needs={Need.ANALYZER},
)
def access_analyzer_finds_an_error(scene: Scene) -> None:
    """ValidatePolicy finds an ERROR in a bucket policy with an action that does not exist."""
    policy = document(scene.allow("bucket", scene.b, "s3:NoSuchAction"))
    asked = {"policyDocument": policy, "policyType": "RESOURCE_POLICY", "validatePolicyResourceType": "AWS::S3::Bucket"}
    found = scene.client("a", "accessanalyzer").validate_policy(**asked)["findings"]
    same("ERROR" in [each["findingType"] for each in found], True)


@assumption(
    source="https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ValidatePolicy.html",
    used="tui/documents/changing.py",
    needs={Need.ANALYZER},
)
def access_analyzer_has_nothing_against_a_plain_grant(scene: Scene) -> None:
    """ValidatePolicy finds nothing grave in a bucket policy that lets another account read."""
    policy = document(scene.allow("bucket", scene.b, "s3:GetObject", "s3:ListBucket"))
    asked = {"policyDocument": policy, "policyType": "RESOURCE_POLICY", "validatePolicyResourceType": "AWS::S3::Bucket"}
    found = scene.client("a", "accessanalyzer").validate_policy(**asked)["findings"]
    same([each["findingType"] for each in found if each["findingType"] in ("ERROR", "SECURITY_WARNING")], [])


@assumption(
    source="https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_GetPublicAccessBlock.html",
    used="tui/features/inspect/fact_requests.py",
    needs={Need.ACCOUNT_SETTINGS},
)
def the_block_of_the_account_is_read_by_its_number(scene: Scene) -> None:
    """GetPublicAccessBlock of the account answers the block, or NoSuchPublicAccessBlockConfiguration."""
    control = scene.client("a", "s3control")
    got = answer(control.get_public_access_block, AccountId=scene.a.account)
    one_of(got, "OK", "404 NoSuchPublicAccessBlockConfiguration")


@assumption(
    source="https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_GetPublicAccessBlock.html",
    used="tui/features/inspect/fact_requests.py",
    needs={Need.ACCOUNT_SETTINGS},
)
def the_block_of_another_account_is_denied(scene: Scene) -> None:
    """GetPublicAccessBlock of another account is refused with AccessDenied."""
    control = scene.client("b", "s3control")
    same(answer(control.get_public_access_block, AccountId=scene.a.account), DENIED)
