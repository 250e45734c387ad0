"""Who signs: credentials, sessions of roles, and what refuses them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from unittest.mock import patch

from tests.assumptions.registry import assumption, iam_api, iam_guide, s3_api, sts_api
from tests.assumptions.scene import Need, Scene, answer, one_of, same
from tests.servers.policies import document

ERRORS: Final = "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"
SIGNING: Final = "https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html"
EVENTUAL: Final = iam_guide("troubleshoot_general")
DENIED: Final = "403 AccessDenied"
ALL_OF_S3: Final = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}


@assumption(source=ERRORS, used="tui/aws/refusals.py")
def a_wrong_secret_does_not_match(scene: Scene) -> None:
    """A request that is signed with a wrong secret is refused with SignatureDoesNotMatch."""
    key = scene.clients(scene.a, "s3")._request_signer._credentials.access_key
    session = scene.clients(scene.a, "s3")._request_signer._credentials.token or ""
    wrong = replace(scene.a, keys=(key, "x" * 40, session))
    same(answer(scene.s3(wrong).list_buckets), "403 SignatureDoesNotMatch")


@assumption(source=ERRORS, used="tui/aws/refusals.py")
def an_unknown_access_key_has_a_code(scene: Scene) -> None:
    """A request with an access key that does not exist is refused with InvalidAccessKeyId."""
    nobody = replace(scene.a, keys=("AKIAIOSFODNN7EXAMPLE", "x" * 40, ""))
    same(answer(scene.s3(nobody).list_buckets), "403 InvalidAccessKeyId")


@assumption(source=SIGNING, used="tui/aws/refusals.py")
def a_skewed_clock_has_a_code(scene: Scene) -> None:
    """A request that was signed more than 15 minutes ago is refused with RequestTimeTooSkewed."""
    before = datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=20)
    with patch("botocore.auth.get_current_datetime", lambda **_: before):
        same(answer(scene.s3("a").list_buckets), "403 RequestTimeTooSkewed")


@assumption(source=SIGNING, used="tui/features/cluster/worker_checks.py")
def a_clock_may_be_a_few_minutes_off(scene: Scene) -> None:
    """A request that was signed 10 minutes ago is accepted."""
    before = datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=10)
    with patch("botocore.auth.get_current_datetime", lambda **_: before):
        same(answer(scene.s3("a").list_buckets), "OK")


@assumption(source=s3_api("ListBuckets"), used="tui/stores/s3/buckets.py")
def nobody_anonymous_lists_buckets(scene: Scene) -> None:
    """ListBuckets without a signature is refused."""
    one_of(answer(scene.anonymous().list_buckets), DENIED, "307 TemporaryRedirect")


@assumption(source=sts_api("GetCallerIdentity"), used="tui/aws/ids.py", needs={Need.STS})
def the_caller_has_account_and_arn(scene: Scene) -> None:
    """GetCallerIdentity answers with the account number and an ARN of that account."""
    got = scene.client("a", "sts").get_caller_identity()
    same((got["Account"], got["Arn"].split(":")[4], len(got["Account"])), (scene.a.account, scene.a.account, 12))


@assumption(source=sts_api("GetCallerIdentity"), used="tui/aws/ids.py", needs={Need.IAM, Need.STS})
def who_one_is_needs_no_permission(scene: Scene) -> None:
    """GetCallerIdentity answers a user without any policy."""
    user = scene.user("a")
    sts = scene.client(user, "sts")
    scene.answers("OK", sts.get_caller_identity)
    same(sts.get_caller_identity()["Arn"], user.principal)


@assumption(source=sts_api("AssumeRole"), used="tui/aws/roles.py", needs={Need.IAM, Need.STS})
def a_role_is_assumed_from_another_account(scene: Scene) -> None:
    """A role whose trust policy names another account is assumed by an administrator of that account."""
    session = scene.assume("b", scene.role("a", scene.b.principal, ALL_OF_S3))
    same(answer(scene.s3(session).list_buckets), "OK")


@assumption(source=sts_api("AssumeRole"), used="tui/aws/roles.py", needs={Need.IAM, Need.STS})
def a_session_has_the_arn_of_an_assumed_role(scene: Scene) -> None:
    """GetCallerIdentity of a session answers with arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION."""
    role = scene.role("a", scene.b.principal, ALL_OF_S3)
    got = scene.client(scene.assume("b", role), "sts").get_caller_identity()["Arn"]
    same(got, f"arn:aws:sts::{scene.a.account}:assumed-role/{role.rpartition('/')[2]}/{scene.name}")


@assumption(source=iam_guide("id_roles"), used="tui/transfers/bucket_owner.py", needs={Need.IAM, Need.STS})
def what_a_session_uploads_belongs_to_the_roles_account(scene: Scene) -> None:
    """An object that a session uploads belongs to the account of the role, not to who assumed it."""
    session = scene.assume("b", scene.role("a", scene.b.principal, ALL_OF_S3))
    bucket = scene.shared()
    scene.answers("OK", scene.s3(session).head_bucket, Bucket=bucket)
    same(scene.owner(bucket, scene.put(bucket, session)), "a")


@assumption(source=sts_api("AssumeRole"), used="tui/aws/sign_ins.py", needs={Need.IAM, Need.STS})
def a_role_that_does_not_trust_is_denied(scene: Scene) -> None:
    """AssumeRole of a role that trusts somebody else is refused with AccessDenied."""
    role = scene.role("a", scene.a.principal, ALL_OF_S3)
    sts = scene.client("b", "sts")
    scene.answers(DENIED, sts.assume_role, RoleArn=role, RoleSessionName=scene.name)


@assumption(source=sts_api("AssumeRole"), used="tui/aws/sign_ins.py", needs={Need.IAM, Need.STS})
def a_missing_role_is_denied(scene: Scene) -> None:
    """AssumeRole of a role that does not exist is refused with AccessDenied, as one that does not trust."""
    role = f"arn:aws:iam::{scene.a.account}:role/{scene.name}-none"
    same(answer(scene.client("b", "sts").assume_role, RoleArn=role, RoleSessionName=scene.name), DENIED)


@assumption(
    source=iam_guide("id_roles_common-scenarios_third-party"),
    used="tui/features/access/access_statements.py",
    needs={Need.IAM, Need.STS},
)
def an_external_id_is_compared(scene: Scene) -> None:
    """A role whose trust policy has a condition on sts:ExternalId is assumed with that ID, and not without."""
    role = scene.role("a", scene.b.principal, ALL_OF_S3, conditions={"StringEquals": {"sts:ExternalId": "e-1"}})
    scene.assume("b", role, ExternalId="e-1")
    got = answer(scene.client("b", "sts").assume_role, RoleArn=role, RoleSessionName=scene.name)
    same(got, DENIED)


@assumption(source=sts_api("AssumeRole"), used="tui/settings/checks.py", needs={Need.IAM, Need.STS})
def a_session_lasts_at_least_900_seconds(scene: Scene) -> None:
    """AssumeRole for less than 900 seconds is refused with ValidationError."""
    role = scene.role("a", scene.b.principal, ALL_OF_S3)
    scene.assume("b", role)
    asked = {"RoleArn": role, "RoleSessionName": scene.name, "DurationSeconds": 60}
    sts = scene.client("b", "sts", parameter_validation=False)  # botocore knows the limit, too
    same(answer(sts.assume_role, **asked), "400 ValidationError")


@assumption(source=sts_api("AssumeRole"), used="tui/aws/roles.py", needs={Need.IAM, Need.STS})
def a_session_lasts_no_longer_than_the_role_allows(scene: Scene) -> None:
    """AssumeRole for more than the role's maximum, 3,600 seconds, is refused with ValidationError."""
    role = scene.role("a", scene.b.principal, ALL_OF_S3)
    scene.assume("b", role)
    asked = {"RoleArn": role, "RoleSessionName": scene.name, "DurationSeconds": 7200}
    same(answer(scene.client("b", "sts").assume_role, **asked), "400 ValidationError")


@assumption(source=iam_guide("access_policies"), used="tui/policies/evaluation/verdict.py", needs={Need.IAM, Need.STS})
def a_session_policy_narrows(scene: Scene) -> None:
    """A session may do what both the role's policies and its session policy allow."""
    role, bucket = scene.role("a", scene.b.principal, ALL_OF_S3), scene.shared()
    key = scene.put(bucket)
    listing = document({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"})
    session = scene.s3(scene.assume("b", role, Policy=listing))
    scene.answers("OK", session.list_objects_v2, Bucket=bucket)
    same(answer(session.get_object, Bucket=bucket, Key=key), DENIED)


@assumption(source=iam_guide("access_policies"), used="tui/policies/evaluation/verdict.py", needs={Need.IAM, Need.STS})
def a_role_without_policies_may_nothing(scene: Scene) -> None:
    """A session of a role without policies is denied."""
    session = scene.assume("b", scene.role("a", scene.b.principal))
    same(answer(scene.s3(session).list_objects_v2, Bucket=scene.shared()), DENIED)


@assumption(source=ERRORS, used="tui/aws/refusals.py", needs={Need.IAM, Need.STS})
def keys_of_a_session_without_its_token_are_unknown(scene: Scene) -> None:
    """The keys of a session without its token are refused with InvalidAccessKeyId."""
    session = scene.assume("b", scene.role("a", scene.b.principal, ALL_OF_S3))
    assert session.keys
    without = replace(session, keys=(*session.keys[:2], ""))
    same(answer(scene.s3(without).list_buckets), "403 InvalidAccessKeyId")


@assumption(source=ERRORS, used="tui/aws/refusals.py", needs={Need.IAM, Need.STS})
def a_wrong_token_has_a_code(scene: Scene) -> None:
    """The keys of a session with a wrong token are refused with InvalidToken."""
    session = scene.assume("b", scene.role("a", scene.b.principal, ALL_OF_S3))
    assert session.keys
    wrong = replace(session, keys=(*session.keys[:2], "AAAA"))
    same(answer(scene.s3(wrong).list_buckets), "400 InvalidToken")


@assumption(source=EVENTUAL, used="tui/features/access/access_proof.py", needs={Need.IAM, Need.STS})
def a_new_role_can_be_assumed_after_a_while(scene: Scene) -> None:
    """IAM is eventually consistent: a new role, and a change of its policies, works within a minute."""
    role, bucket = scene.role("a", scene.b.principal), scene.shared()
    session = scene.s3(scene.assume("b", role))
    named = {"RoleName": role.rpartition("/")[2], "PolicyName": scene.name}
    iam = scene.client("a", "iam")
    iam.put_role_policy(PolicyDocument=document(ALL_OF_S3), **named)
    scene.answers("OK", session.list_objects_v2, Bucket=bucket)
    iam.delete_role_policy(**named)
    scene.answers(DENIED, session.list_objects_v2, Bucket=bucket)


@assumption(source=iam_api("GetRole"), used="tui/features/access/plan_access.py", needs={Need.IAM})
def a_missing_role_has_a_code(scene: Scene) -> None:
    """GetRole of a role that does not exist is refused with NoSuchEntity."""
    got = answer(scene.client("a", "iam").get_role, RoleName=f"{scene.name}-none")
    same(got, "404 NoSuchEntity")


@assumption(source=iam_api("GetRole"), used="tui/documents/iam_documents.py", needs={Need.IAM})
def a_trust_policy_comes_back_as_written(scene: Scene) -> None:
    """GetRole returns the trust policy with the same principal, action and condition."""
    condition = {"StringEquals": {"sts:ExternalId": "e-1"}}
    name = scene.role("a", scene.b.principal, conditions=condition).rpartition("/")[2]
    [got] = scene.client("a", "iam").get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    same((got["Action"], got["Principal"], got["Condition"]), ("sts:AssumeRole", {"AWS": scene.b.principal}, condition))


@assumption(source=iam_api("CreateRole"), used="tui/documents/iam_documents.py", needs={Need.IAM})
def a_trust_policy_for_nobody_is_malformed(scene: Scene) -> None:
    """A trust policy that names a user who does not exist is refused with MalformedPolicyDocument."""
    name = scene.role("a", scene.b.principal).rpartition("/")[2]
    nobody = {"AWS": f"arn:aws:iam::{scene.a.account}:user/{scene.name}-nobody"}
    trust = document({"Effect": "Allow", "Principal": nobody, "Action": "sts:AssumeRole"})
    got = answer(scene.client("a", "iam").update_assume_role_policy, RoleName=name, PolicyDocument=trust)
    same(got, "400 MalformedPolicyDocument")


@assumption(source=iam_api("PutRolePolicy"), used="tui/documents/iam_documents.py", needs={Need.IAM})
def the_policies_of_a_role_have_at_most_10240_characters(scene: Scene) -> None:
    """An inline policy of a role of more than 10,240 characters is refused with LimitExceeded."""
    name = scene.role("a", scene.b.principal).rpartition("/")[2]
    long = document({**ALL_OF_S3, "Resource": [f"arn:aws:s3:::{'x' * 50}-{at}" for at in range(200)]})
    call = scene.client("a", "iam").put_role_policy
    same(answer(call, RoleName=name, PolicyName=scene.name, PolicyDocument=long), "409 LimitExceeded")


@assumption(source=iam_api("DeleteRole"), used="tui/features/access/plan_access.py", needs={Need.IAM})
def a_role_with_policies_is_not_deleted(scene: Scene) -> None:
    """DeleteRole of a role that still has inline policies is refused with DeleteConflict."""
    name = scene.role("a", scene.b.principal, ALL_OF_S3).rpartition("/")[2]
    same(answer(scene.client("a", "iam").delete_role, RoleName=name), "409 DeleteConflict")
