"""Sessions of roles: who gets one, and as whom it acts."""

import json
from datetime import UTC, datetime

import pytest

from tests.demo.conftest import Client, Connect
from tests.demo.refusals import refused
from tui.demo.cloud.iam.mfa import code_at
from tui.demo.profiles import ANALYTICS, MEDIA_PROD, ROLE_ARN
from tui.demo.world.people import ARCHIVE_ROLE_ARN, AUDIT_ROLE_ARN, EXTERNAL_ID, OPERATOR_ROLE_ARN

Keys = dict[str, str]


@pytest.fixture
def sts(connect: Connect) -> Client:
    return connect(ANALYTICS, "sts")


def keys_of(answer: dict[str, dict[str, str]]) -> Keys:
    credentials = answer["Credentials"]
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }


def test_a_session_is_of_the_roles_account(sts: Client, connect: Connect) -> None:
    keys = keys_of(sts.assume_role(RoleArn=ROLE_ARN, RoleSessionName="tester"))
    identity = connect(ANALYTICS, "sts", **keys).get_caller_identity()
    assert identity["Arn"] == "arn:aws:sts::111111111111:assumed-role/partner-read/tester"
    assert identity["Account"] == MEDIA_PROD.number
    s3 = connect(ANALYTICS, **keys)
    assert s3.list_buckets()["Owner"] == {"ID": MEDIA_PROD.canonical_id}


def test_a_session_may_what_its_role_may(sts: Client, connect: Connect) -> None:
    s3 = connect(ANALYTICS, **keys_of(sts.assume_role(RoleArn=ROLE_ARN, RoleSessionName="tester")))
    private = {"Bucket": "media-prod-private", "Key": "unreleased/cover.png"}
    assert s3.get_object(**private)["Body"].read().startswith(b"\x89PNG")
    with refused("AccessDenied") as refusal:
        s3.put_object(**private, Body=b"")
    assert "because no identity-based policy allows the s3:PutObject action" in refusal.message
    with refused("AccessDenied"):
        s3.list_objects_v2(Bucket="media-prod-archive")
    with refused("AccessDenied"):
        s3.list_objects_v2(Bucket="analytics-landing")


def test_a_session_policy_only_narrows(sts: Client, connect: Connect) -> None:
    policy = {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::media-prod-private/c*"}}
    answer = sts.assume_role(RoleArn=ROLE_ARN, RoleSessionName="tester", Policy=json.dumps(policy))
    s3 = connect(ANALYTICS, **keys_of(answer))
    assert s3.get_object(Bucket="media-prod-private", Key="contracts/2026/partner.txt")["Body"].read()
    with refused("AccessDenied") as refusal:
        s3.get_object(Bucket="media-prod-private", Key="unreleased/cover.png")
    assert "no session policy allows" in refusal.message
    with refused("AccessDenied"):
        s3.put_object(Bucket="media-prod-private", Key="contracts/x", Body=b"")


@pytest.mark.parametrize(
    ("role", "external_id", "trusted"),
    [
        (AUDIT_ROLE_ARN, EXTERNAL_ID, True),
        (AUDIT_ROLE_ARN, "wrong", False),
        (AUDIT_ROLE_ARN, None, False),
        (ROLE_ARN, "not-asked-for", True),
        ("arn:aws:iam::111111111111:role/no-such-role", None, False),
    ],
)
def test_trust(sts: Client, role: str, external_id: str | None, trusted: bool) -> None:
    options = {"ExternalId": external_id} if external_id else {}
    if trusted:
        session = sts.assume_role(RoleArn=role, RoleSessionName="tester", **options)
        assert session["AssumedRoleUser"]["Arn"].endswith(f"/{role.rpartition('/')[2]}/tester")
    else:
        with refused("AccessDenied") as refusal:
            sts.assume_role(RoleArn=role, RoleSessionName="tester", **options)
        assert f"is not authorized to perform: sts:AssumeRole on resource: {role}" in refusal.message


def test_an_account_that_is_not_trusted(connect: Connect) -> None:
    with refused("AccessDenied"):
        connect(MEDIA_PROD, "sts").assume_role(RoleArn=ROLE_ARN, RoleSessionName="tester")


def test_limits_of_a_session(sts: Client) -> None:
    with refused("ValidationError"):
        sts.assume_role(RoleArn=ROLE_ARN, RoleSessionName="tester", DurationSeconds=43_201)
    with refused("MalformedPolicyDocument"):
        sts.assume_role(RoleArn=ROLE_ARN, RoleSessionName="tester", Policy="{")


def test_a_session_needs_its_token(sts: Client, connect: Connect) -> None:
    keys = keys_of(sts.assume_role(RoleArn=ROLE_ARN, RoleSessionName="tester"))
    for token in ("forged", None):
        broken = {**keys, "aws_session_token": token} if token else {**keys}
        if token is None:
            del broken["aws_session_token"]
        with refused("InvalidToken"):
            connect(ANALYTICS, **broken).list_buckets()


def test_a_role_that_may_neither_list_nor_make_buckets(sts: Client, connect: Connect) -> None:
    answer = sts.assume_role(RoleArn=AUDIT_ROLE_ARN, RoleSessionName="tester", ExternalId=EXTERNAL_ID)
    s3 = connect(ANALYTICS, **keys_of(answer))
    with refused("AccessDenied") as refusal:
        s3.list_buckets()
    assert "because no identity-based policy allows the s3:ListAllMyBuckets action" in refusal.message
    with refused("AccessDenied"):
        s3.create_bucket(Bucket="never-made")
    assert s3.get_bucket_policy(Bucket="media-prod-assets")["Policy"]


def test_a_role_that_asks_for_mfa(sts: Client) -> None:
    asked = {"RoleArn": OPERATOR_ROLE_ARN, "RoleSessionName": "tester"}
    secret, now = ANALYTICS.secret_access_key.encode(), datetime.now(UTC)
    with refused("AccessDenied") as refusal:
        sts.assume_role(**asked)
    assert "is not authorized to perform: sts:AssumeRole" in refusal.message
    wrong = f"{(int(code_at(secret, now)) + 500_000) % 1_000_000:06}"
    with refused("AccessDenied") as refusal:
        sts.assume_role(**asked, SerialNumber=ANALYTICS.mfa_serial, TokenCode=wrong)
    assert "invalid MFA one time pass code" in refusal.message
    with refused("AccessDenied") as refusal:
        sts.assume_role(**asked, SerialNumber=MEDIA_PROD.mfa_serial, TokenCode=code_at(secret, now))
    assert "verify your MFA serial number" in refusal.message
    with refused("AccessDenied") as refusal:
        sts.assume_role(**asked, SerialNumber=ANALYTICS.mfa_serial)
    assert "must provide both" in refusal.message
    sts.assume_role(**asked, SerialNumber=ANALYTICS.mfa_serial, TokenCode=code_at(secret, now))


def test_a_chain_of_roles_has_an_hour(sts: Client, connect: Connect) -> None:
    code = code_at(ANALYTICS.secret_access_key.encode(), datetime.now(UTC))
    operator = {"RoleArn": OPERATOR_ROLE_ARN, "SerialNumber": ANALYTICS.mfa_serial, "TokenCode": code}
    first = connect(ANALYTICS, "sts", **keys_of(sts.assume_role(**operator, RoleSessionName="tester")))
    archive = {"RoleArn": ARCHIVE_ROLE_ARN, "RoleSessionName": "tester"}
    with refused("ValidationError") as refusal:
        first.assume_role(**archive, DurationSeconds=3601)
    assert "roles assumed by role chaining" in refusal.message
    first.assume_role(**archive, DurationSeconds=3600)
    with refused("AccessDenied"):
        sts.assume_role(**archive)  # whoever is no session of the first role


@pytest.mark.parametrize(("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")])
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """RFC 6238, Appendix B, cut to six digits."""
    assert code_at(b"12345678901234567890", datetime.fromtimestamp(seconds, UTC)) == code
