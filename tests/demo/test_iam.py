"""IAM of the demo: inline policies of users, roles with their trust, and what they decide at once."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.demo.conftest import Connect
from tests.demo.refusals import refused
from tui.demo.profiles import ANALYTICS, MEDIA_PROD

DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::media-prod-assets*"}
TRUST = {"Effect": "Allow", "Principal": {"AWS": ANALYTICS.user_arn}, "Action": "sts:AssumeRole"}
READ = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::media-prod-private"}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def test_an_inline_policy_of_a_user_counts_at_once(connect: Connect) -> None:
    iam, s3 = connect(MEDIA_PROD, "iam"), connect(MEDIA_PROD)
    user = {"UserName": MEDIA_PROD.user}
    iam.put_user_policy(**user, PolicyName="shut", PolicyDocument=policy(DENY))
    try:
        with refused("AccessDenied"):
            s3.list_objects_v2(Bucket="media-prod-assets")
        assert iam.list_user_policies(**user)["PolicyNames"] == ["shut"]
        assert iam.get_user_policy(**user, PolicyName="shut")["PolicyDocument"]["Statement"] == [DENY]
    finally:
        iam.delete_user_policy(**user, PolicyName="shut")
    s3.list_objects_v2(Bucket="media-prod-assets")
    with refused("NoSuchEntity"):
        iam.get_user_policy(**user, PolicyName="shut")


def test_a_role_is_made_changed_assumed_and_deleted(connect: Connect) -> None:
    iam, sts = connect(MEDIA_PROD, "iam"), connect(ANALYTICS, "sts")
    name = {"RoleName": "fresh"}
    arn = iam.create_role(**name, AssumeRolePolicyDocument=policy(TRUST))["Role"]["Arn"]
    with refused("EntityAlreadyExists"):
        iam.create_role(**name, AssumeRolePolicyDocument=policy(TRUST))
    session = sts.assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    keys = {
        "aws_access_key_id": session["AccessKeyId"],
        "aws_secret_access_key": session["SecretAccessKey"],
        "aws_session_token": session["SessionToken"],
    }
    s3 = connect(ANALYTICS, **keys)
    with refused("AccessDenied"):
        s3.list_objects_v2(Bucket="media-prod-private")
    iam.put_role_policy(**name, PolicyName="read", PolicyDocument=policy(READ))
    s3.list_objects_v2(Bucket="media-prod-private")  # the session has what the role has now
    with refused("DeleteConflict"):
        iam.delete_role(**name)
    iam.delete_role_policy(**name, PolicyName="read")
    iam.update_assume_role_policy(**name, PolicyDocument=policy({**TRUST, "Effect": "Deny"}))
    with refused("AccessDenied"):
        sts.assume_role(RoleArn=arn, RoleSessionName="session")
    iam.delete_role(**name)
    with refused("NoSuchEntity"):
        iam.get_role(**name)


@pytest.mark.parametrize(
    ("code", "request_of"),
    [
        ("NoSuchEntity", lambda iam: iam.get_user(UserName="nobody")),
        ("MalformedPolicyDocument", lambda iam: put(iam, "{}")),
        ("LimitExceeded", lambda iam: put(iam, policy(*[DENY] * 40))),
        ("NoSuchEntity", lambda iam: iam.get_policy(PolicyArn="arn:aws:iam::aws:policy/None")),
        ("MalformedPolicyDocument", lambda iam: iam.create_role(RoleName="r", AssumeRolePolicyDocument=policy(DENY))),
        ("InvalidAction", lambda iam: iam.list_users()),
    ],
)
def test_it_refuses_as_iam_does(connect: Connect, code: str, request_of: Callable[[Any], object]) -> None:
    iam = connect(MEDIA_PROD, "iam")
    with refused(code):
        request_of(iam)


def put(iam: Any, document: str) -> object:
    return iam.put_user_policy(UserName=MEDIA_PROD.user, PolicyName="p", PolicyDocument=document)


def test_an_administrator_has_the_managed_policy(connect: Connect) -> None:
    iam = connect(MEDIA_PROD, "iam")
    [attached] = iam.list_attached_user_policies(UserName=MEDIA_PROD.user)["AttachedPolicies"]
    version = iam.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]["DefaultVersionId"]
    found = iam.get_policy_version(PolicyArn=attached["PolicyArn"], VersionId=version)
    assert found["PolicyVersion"]["Document"]["Statement"][0]["Action"] == "*"
    assert iam.list_groups_for_user(UserName=MEDIA_PROD.user)["Groups"] == []
