"""Who asks, and how: HTTP, signatures, IAM, sessions of roles."""

import http.client
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.demo.conftest import Client, Connect, NewBucket, client_of
from tests.servers.buckets import refusal_of, refused
from tests.servers.policies import document
from tui.demo.cloud.content_bytes import decoded
from tui.demo.cloud.iam.iam_identities import DemoIdentities, DemoIdentity, Role, code_at
from tui.demo.cloud.iam.iam_policies import Policy
from tui.demo.cloud.iam.signatures import authenticate
from tui.demo.cloud.messages import CloudError, DemoRequest
from tui.demo.demo_profiles import ANALYTICS, MEDIA_PROD, ROLE_ARN
from tui.demo.demo_world import AUDIT_ROLE_ARN, EXTERNAL_ID, OPERATOR_ROLE_ARN
from tui.demo.launch import DemoServer

POLICY = Policy.parse('{"Statement": {"Effect": "Allow", "Action": "*"}}')
USER = DemoIdentity("1" * 12, "arn:aws:iam::111111111111:user/u", "AIDA", "AKIATEST", "secret")


def signed(identity: DemoIdentity, method: str = "GET", path: str = "/b/k", body: bytes = b"") -> DemoRequest:
    request = AWSRequest(method, f"http://127.0.0.1:1{path}", data=body)
    request.context["payload_signing_enabled"] = True
    credentials = Credentials(identity.access_key_id, identity.secret_access_key, identity.session_token or None)
    S3SigV4Auth(credentials, "s3", "us-east-1").add_auth(request)
    headers = {name.lower(): value for name, value in request.headers.items()} | {"host": "127.0.0.1:1"}
    raw_path, _, raw_query = path.partition("?")
    return DemoRequest(method, raw_path, raw_query, headers, body, "127.0.0.1")


def rejected(request: DemoRequest, identities: DemoIdentities, now: datetime | None = None) -> str:
    with pytest.raises(CloudError) as caught:
        authenticate(request, identities, now or datetime.now(UTC))
    return caught.value.code


PATHS = [
    "/b/plain",
    "/b//double//",
    "/b/%5Bmarkup%5D/%1B%0A%20",
    "/b/a%2Bb%252F",
    "/b/../dot",
    "/b/%F0%9F%8E%AC",
    "/b?list-type=2&prefix=a%20b%2Bc&delimiter=%2F",
    "/b?acl",
]


def test_every_path_and_query_is_understood_as_it_was_signed() -> None:
    for path in PATHS:
        assert authenticate(signed(USER, path=path), DemoIdentities([USER], []), datetime.now(UTC)) == USER, path


def test_what_was_tampered_with_is_refused() -> None:
    identities = DemoIdentities([USER], [])
    good = signed(USER, "PUT", body=b"body")
    other = DemoRequest("PUT", "/b/other", "", good.headers, b"body", good.peer)
    assert rejected(other, identities) == "SignatureDoesNotMatch"
    assert rejected(good.with_body(b"tampered", {}), identities) == "XAmzContentSHA256Mismatch"
    later = datetime.now(UTC) + timedelta(minutes=16)
    assert rejected(good, identities, later) == "RequestTimeTooSkewed"
    assert rejected(good, DemoIdentities([], [])) == "InvalidAccessKeyId"
    broken = good.with_body(b"body", {"authorization": "AWS AKIATEST:c2lnbmF0dXJl"})
    assert rejected(broken, identities) == "InvalidRequest"


def test_an_expired_session_is_refused() -> None:
    role = Role("arn:aws:iam::111111111111:role/r", POLICY, {"p": POLICY})
    identities = DemoIdentities([USER], [role])
    expires = datetime.now(UTC) + timedelta(minutes=1)
    session = identities.assume(role, "s", expires, None)
    request = signed(session)
    assert authenticate(request, identities, expires - timedelta(seconds=1)) == session
    assert rejected(request, identities, expires) == "ExpiredToken"


def test_keys_over_http(connect: Connect) -> None:
    refusal = refusal_of(connect(ANALYTICS, aws_secret_access_key="not-the-secret").list_buckets)
    assert (refusal.code, refusal.status) == ("SignatureDoesNotMatch", 403)
    unknown = {"aws_access_key_id": "AKIANOBODY0000000000"}
    assert refused(connect(ANALYTICS, **unknown).list_buckets) == "InvalidAccessKeyId"
    assert refused(connect(ANALYTICS, "sts", **unknown).get_caller_identity) == "InvalidClientTokenId"


def test_presigned_urls(b: Client) -> None:
    with closing(client_of(ANALYTICS, b.meta.endpoint_url, signature_version="s3v4")) as signer:
        for key in ("odd names/../dot-dot.txt", "odd names/plus+sign.txt"):
            asked = {"ClientMethod": "get_object", "Params": {"Bucket": "media-prod-assets", "Key": key}}
            url = signer.generate_presigned_url(**asked, ExpiresIn=60)
            with urlopen(url) as answer:
                assert answer.read() == key.encode()
            for bad in (url.replace("Expires=60", "Expires=61"), signer.generate_presigned_url(**asked, ExpiresIn=-1)):
                with pytest.raises(HTTPError) as caught:
                    urlopen(HttpRequest(bad))
                caught.value.close()
                assert caught.value.code == 403


DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::media-prod-assets*"}
TRUST = {"Effect": "Allow", "Principal": {"AWS": ANALYTICS.user_arn}, "Action": "sts:AssumeRole"}
READ = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::media-prod-private"}


def test_a_user_is_made_may_do_nothing_unless_allowed_and_is_deleted(connect: Connect) -> None:
    iam, name = connect(MEDIA_PROD, "iam"), {"UserName": "fresh"}
    arn = iam.create_user(**name)["User"]["Arn"]
    assert refused(iam.create_user, **name) == "EntityAlreadyExists"
    assert [user["UserName"] for user in iam.list_users()["Users"]] == [MEDIA_PROD.user, "fresh"]
    assert iam.list_attached_user_policies(**name)["AttachedPolicies"] == []
    key = iam.create_access_key(**name)["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    s3, own = connect(MEDIA_PROD, **keys), connect(MEDIA_PROD, "iam", **keys)
    assert connect(MEDIA_PROD, "sts", **keys).get_caller_identity()["Arn"] == arn
    assert refused(s3.list_objects_v2, Bucket="media-prod-private") == "AccessDenied"
    own_policies = {"Effect": "Allow", "Action": "iam:*", "Resource": arn}
    iam.put_user_policy(**name, PolicyName="read", PolicyDocument=document(READ, own_policies))
    s3.list_objects_v2(Bucket="media-prod-private")
    assert own.list_user_policies(**name)["PolicyNames"] == ["read"]
    assert refused(own.list_user_policies, UserName=MEDIA_PROD.user) == "AccessDenied"
    assert refused(iam.delete_user, **name) == "DeleteConflict"
    iam.delete_user_policy(**name, PolicyName="read")
    assert refused(iam.delete_user, **name) == "DeleteConflict"
    [listed] = iam.list_access_keys(**name)["AccessKeyMetadata"]
    assert (listed["UserName"], listed["AccessKeyId"], listed["Status"]) == ("fresh", key["AccessKeyId"], "Active")
    iam.delete_access_key(**name, AccessKeyId=key["AccessKeyId"])
    assert iam.list_access_keys(**name)["AccessKeyMetadata"] == []
    assert refused(iam.delete_access_key, **name, AccessKeyId=key["AccessKeyId"]) == "NoSuchEntity"
    assert refused(s3.list_objects_v2, Bucket="media-prod-private") == "InvalidAccessKeyId"
    iam.delete_user(**name)
    assert refused(iam.get_user, **name) == "NoSuchEntity"


def test_a_role_is_made_changed_assumed_and_deleted(connect: Connect) -> None:
    iam, sts = connect(MEDIA_PROD, "iam"), connect(ANALYTICS, "sts")
    name = {"RoleName": "fresh"}
    arn = iam.create_role(**name, AssumeRolePolicyDocument=document(TRUST))["Role"]["Arn"]
    assert refused(iam.create_role, **name, AssumeRolePolicyDocument=document(TRUST)) == "EntityAlreadyExists"
    s3 = connect(ANALYTICS, **keys_of(sts.assume_role(RoleArn=arn, RoleSessionName="session")))
    assert refused(s3.list_objects_v2, Bucket="media-prod-private") == "AccessDenied"
    assert "fresh" in [role["RoleName"] for role in iam.list_roles()["Roles"]]
    iam.put_role_policy(**name, PolicyName="read", PolicyDocument=document(READ))
    s3.list_objects_v2(Bucket="media-prod-private")  # the session has what the role has now
    assert refused(iam.delete_role, **name) == "DeleteConflict"
    iam.delete_role_policy(**name, PolicyName="read")
    iam.update_assume_role_policy(**name, PolicyDocument=document({**TRUST, "Effect": "Deny"}))
    assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="session") == "AccessDenied"
    iam.delete_role(**name)
    assert refused(iam.get_role, **name) == "NoSuchEntity"


def test_it_refuses_as_iam_does(connect: Connect) -> None:
    iam = connect(MEDIA_PROD, "iam")

    def put(document: str) -> object:
        return iam.put_user_policy(UserName=MEDIA_PROD.user, PolicyName="p", PolicyDocument=document)

    requests: list[tuple[str, Callable[[], object]]] = [
        ("NoSuchEntity", lambda: iam.get_user(UserName="nobody")),
        ("MalformedPolicyDocument", lambda: put("{}")),
        ("LimitExceeded", lambda: put(document(*[DENY] * 40))),
        ("NoSuchEntity", lambda: iam.get_policy(PolicyArn="arn:aws:iam::aws:policy/None")),
        ("MalformedPolicyDocument", lambda: iam.create_role(RoleName="r", AssumeRolePolicyDocument=document(DENY))),
        ("InvalidAction", iam.list_groups),
    ]
    for code, request in requests:
        assert refused(request) == code


@pytest.fixture
def sts(connect: Connect) -> Client:
    return connect(ANALYTICS, "sts")


def keys_of(answer: dict[str, dict[str, str]]) -> dict[str, str]:
    credentials = answer["Credentials"]
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }


def test_a_session_needs_its_token(sts: Client, connect: Connect) -> None:
    keys = keys_of(sts.assume_role(RoleArn=ROLE_ARN, RoleSessionName="tester"))
    known = {name: keys[name] for name in ("aws_access_key_id", "aws_secret_access_key")}
    assert refused(connect(ANALYTICS, **known).list_buckets) == "InvalidAccessKeyId"
    assert refused(connect(ANALYTICS, **known, aws_session_token="forged").list_buckets) == "InvalidToken"


def test_a_role_that_may_neither_list_nor_make_buckets(sts: Client, connect: Connect) -> None:
    answer = sts.assume_role(RoleArn=AUDIT_ROLE_ARN, RoleSessionName="tester", ExternalId=EXTERNAL_ID)
    s3 = connect(ANALYTICS, **keys_of(answer))
    said = refusal_of(s3.list_buckets).message
    assert "because no identity-based policy allows the s3:ListAllMyBuckets action" in said
    assert refused(s3.create_bucket, Bucket="never-made") == "AccessDenied"
    assert s3.get_bucket_policy(Bucket="media-prod-assets")["Policy"]


def test_a_code_of_mfa_needs_its_device(sts: Client) -> None:
    asked = {"RoleArn": OPERATOR_ROLE_ARN, "RoleSessionName": "tester"}
    refusal = refusal_of(sts.assume_role, **asked, SerialNumber=ANALYTICS.mfa_serial)
    assert refusal.code == "AccessDenied"
    assert "must provide both" in refusal.message


def test_codes_are_those_of_the_standard() -> None:
    """RFC 6238, Appendix B, cut to six digits."""
    codes = {59: "287082", 1111111109: "081804", 20000000000: "353130"}
    assert {each: code_at(b"12345678901234567890", datetime.fromtimestamp(each, UTC)) for each in codes} == codes


@pytest.fixture
def public(a: Client, new_bucket: NewBucket) -> str:
    """A bucket that anybody may read and write, so that these tests need not sign."""
    bucket = new_bucket()
    a.delete_public_access_block(Bucket=bucket)
    a.put_bucket_policy(
        Bucket=bucket,
        Policy='{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:PutObject"],'
        f' "Resource": "arn:aws:s3:::{bucket}/*"}}]}}',
    )
    return bucket


@pytest.fixture
def connection(demo: DemoServer) -> Iterator[http.client.HTTPConnection]:
    with closing(http.client.HTTPConnection("127.0.0.1", demo.port, timeout=20)) as connection:
        yield connection


def answered(connection: http.client.HTTPConnection, method: str, path: str, **more: Any) -> tuple[int, bytes]:
    connection.request(method, path, **more)
    with connection.getresponse() as answer:
        return answer.status, answer.read()


def test_a_connection_serves_any_number_of_requests(connection: http.client.HTTPConnection, public: str) -> None:
    assert answered(connection, "PUT", f"/{public}/k", body=b"x" * 300_000) == (200, b"")
    first = connection.sock
    for method, status, size in (("GET", 200, 300_000), ("HEAD", 200, 0), ("DELETE", 403, None), ("GET", 200, 300_000)):
        found, body = answered(connection, method, f"/{public}/k")
        assert (found, len(body)) == (status, len(body) if size is None else size)
        assert connection.sock is first


def test_a_body_in_chunks_of_http(connection: http.client.HTTPConnection, public: str) -> None:
    chunks = iter([b"ab", b"cd"])
    assert answered(connection, "PUT", f"/{public}/k", body=chunks, encode_chunked=True) == (200, b"")
    assert answered(connection, "GET", f"/{public}/k") == (200, b"abcd")


AWS_CHUNKED = b"3\r\nabc\r\n2\r\nde\r\n0\r\nx-amz-checksum-crc32:%b\r\n\r\n"


@pytest.mark.parametrize(("checksum", "status"), [(b"hYfYZQ==", 200), (b"AAAAAA==", 400)])
def test_a_body_in_chunks_of_aws_with_a_trailer(
    a: Client, connection: http.client.HTTPConnection, public: str, checksum: bytes, status: int
) -> None:
    headers = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": "5",
        "x-amz-trailer": "x-amz-checksum-crc32",
        "content-encoding": "gzip,aws-chunked",
    }
    found, body = answered(connection, "PUT", f"/{public}/k", body=AWS_CHUNKED % checksum, headers=headers)
    assert found == status, body
    if status == 200:
        head = a.get_object(Bucket=public, Key="k", ChecksumMode="ENABLED")
        assert (head["Body"].read(), head["ContentEncoding"]) == (b"abcde", "gzip")
        assert head["ChecksumCRC32"] == checksum.decode()
    else:
        assert b"<Code>BadDigest</Code>" in body


def streaming(body: bytes, **headers: str) -> DemoRequest:
    kind = {"x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}
    return DemoRequest("PUT", "/b/k", "", kind | headers, body, "127.0.0.1")


def test_signed_chunks_are_joined() -> None:
    body = b"2;chunk-signature=00ff\r\nab\r\n1;chunk-signature=0\r\nc\r\n0;chunk-signature=1\r\n\r\n"
    assert decoded(streaming(body)).body == b"abc"


def test_malformed_chunks() -> None:
    short = streaming(b"0\r\n\r\n", **{"x-amz-decoded-content-length": "1"})
    for request in (streaming(b"5\r\nab"), streaming(b"zz\r\n"), short):
        with pytest.raises(CloudError, match="InvalidRequest"):
            decoded(request)


def test_errors_carry_their_code_and_request_id(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/no-such-bucket/k?acl")
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 404
    assert b"<Code>NoSuchBucket</Code>" in body
    assert f"<RequestId>{answer.headers['x-amz-request-id']}</RequestId>".encode() in body


def test_requests_that_are_not_served(connection: http.client.HTTPConnection) -> None:
    for method, path, status in (("PATCH", "/b/k", 501), ("POST", "/", 405), ("PUT", "/b?website", 404)):
        assert answered(connection, method, path)[0] == status


def test_header_values_cannot_break_out(b: Client) -> None:
    arguments = {"Bucket": "media-prod-assets", "Key": "README.md"}
    answer = b.get_object(**arguments, ResponseContentDisposition="x\r\nx-injected: yes")
    answer["Body"].read()
    assert "x-injected" not in answer["ResponseMetadata"]["HTTPHeaders"]


def test_requests_are_served_side_by_side(a: Client) -> None:
    """More readers than any queue holds, each in the middle of a large body while the next one asks."""
    place = {"Bucket": "media-prod-assets", "Key": "video/2026/raw/master-2026.mov"}
    open_bodies = [a.get_object(**place)["Body"] for _ in range(8)]
    try:
        with ThreadPoolExecutor(4) as pool:
            heads = [pool.submit(a.head_object, Bucket=place["Bucket"], Key="video.mp4") for _ in range(20)]
        assert len({each.result()["ContentLength"] for each in heads}) == 1
        assert [len(body.read(1 << 20)) for body in open_bodies] == [1 << 20] * 8
    finally:
        for body in open_bodies:
            body.close()


def test_metadata_beyond_ascii_is_mail_safe(a: Client, connection: http.client.HTTPConnection, public: str) -> None:
    """The example of the user guide, "Working with object metadata"."""
    shown = "=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?="
    answered(connection, "PUT", f"/{public}/k", body=b"", headers={"x-amz-meta-name": "ÄMÄZÕÑ S3".encode()})
    assert a.head_object(Bucket=public, Key="k")["Metadata"] == {"name": shown}
    a.put_object(Bucket=public, Key="l", Metadata={"name": shown})
    a.copy_object(Bucket=public, Key="m", CopySource={"Bucket": public, "Key": "l"})
    assert a.head_object(Bucket=public, Key="m")["Metadata"] == {"name": shown}
