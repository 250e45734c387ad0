"""Signatures: made by botocore, checked by the demo."""

from datetime import UTC, datetime, timedelta
from urllib.error import HTTPError
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.demo.conftest import Client, Connect
from tests.demo.refusals import refused
from tui.demo.cloud.errors import CloudError
from tui.demo.cloud.iam.identities import Identities, Identity, Role
from tui.demo.cloud.iam.policies import Policy
from tui.demo.cloud.iam.signatures import authenticate
from tui.demo.cloud.messages import Request
from tui.demo.profiles import ANALYTICS

POLICY = Policy.parse('{"Statement": {"Effect": "Allow", "Action": "*"}}')
USER = Identity("1" * 12, "arn:aws:iam::111111111111:user/u", "AIDA", "AKIATEST", "secret")


def signed(identity: Identity, method: str = "GET", path: str = "/b/k", body: bytes = b"") -> Request:
    request = AWSRequest(method, f"http://127.0.0.1:1{path}", data=body)
    request.context["payload_signing_enabled"] = True
    credentials = Credentials(identity.access_key_id, identity.secret_access_key, identity.session_token or None)
    S3SigV4Auth(credentials, "s3", "us-east-1").add_auth(request)
    headers = {name.lower(): value for name, value in request.headers.items()} | {"host": "127.0.0.1:1"}
    raw_path, _, raw_query = path.partition("?")
    return Request(method, raw_path, raw_query, headers, body, "127.0.0.1")


def rejected(request: Request, identities: Identities, now: datetime | None = None) -> str:
    with pytest.raises(CloudError) as caught:
        authenticate(request, identities, now or datetime.now(UTC))
    return caught.value.code


@pytest.mark.parametrize(
    "path",
    [
        "/b/plain",
        "/b//double//",
        "/b/%5Bmarkup%5D/%1B%0A%20",
        "/b/a%2Bb%252F",
        "/b/../dot",
        "/b/%F0%9F%8E%AC",
        "/b?list-type=2&prefix=a%20b%2Bc&delimiter=%2F",
        "/b?acl",
    ],
)
def test_every_path_and_query_is_understood_as_it_was_signed(path: str) -> None:
    request = signed(USER, path=path)
    assert authenticate(request, Identities([USER], []), datetime.now(UTC)) == USER


def test_what_was_tampered_with_is_refused() -> None:
    identities = Identities([USER], [])
    good = signed(USER, "PUT", body=b"body")
    other = Request("PUT", "/b/other", "", good.headers, b"body", good.peer)
    assert rejected(other, identities) == "SignatureDoesNotMatch"
    assert rejected(good.with_body(b"tampered", {}), identities) == "XAmzContentSHA256Mismatch"
    later = datetime.now(UTC) + timedelta(minutes=16)
    assert rejected(good, identities, later) == "RequestTimeTooSkewed"
    assert rejected(good, Identities([], [])) == "InvalidAccessKeyId"
    broken = good.with_body(b"body", {"authorization": "AWS AKIATEST:c2lnbmF0dXJl"})
    assert rejected(broken, identities) == "InvalidRequest"


def test_an_expired_session_is_refused() -> None:
    role = Role("arn:aws:iam::111111111111:role/r", POLICY, {"p": POLICY})
    identities = Identities([USER], [role])
    expires = datetime.now(UTC) + timedelta(minutes=1)
    session = identities.assume(role, "s", expires, None)
    request = signed(session)
    assert authenticate(request, identities, expires - timedelta(seconds=1)) == session
    assert rejected(request, identities, expires) == "ExpiredToken"


def test_keys_over_http(connect: Connect) -> None:
    wrong = connect(ANALYTICS, aws_secret_access_key="not-the-secret")
    with refused("SignatureDoesNotMatch") as refusal:
        wrong.list_buckets()
    assert refusal.status == 403
    unknown = connect(ANALYTICS, aws_access_key_id="AKIANOBODY0000000000")
    with refused("InvalidAccessKeyId"):
        unknown.list_buckets()
    with refused("InvalidClientTokenId"):
        connect(ANALYTICS, "sts", aws_access_key_id="AKIANOBODY0000000000").get_caller_identity()


@pytest.mark.parametrize("key", ["video.mp4", "odd names/../dot-dot.txt", "odd names/plus+sign.txt"])
def test_presigned_urls(b: Client, key: str) -> None:
    import boto3
    from botocore.config import Config

    signer = boto3.Session().client(
        "s3",
        endpoint_url=b.meta.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=ANALYTICS.access_key_id,
        aws_secret_access_key=ANALYTICS.secret_access_key,
        config=Config(signature_version="s3v4"),
    )
    arguments = {"Bucket": "media-prod-assets", "Key": key}
    url = signer.generate_presigned_url("get_object", Params=arguments, ExpiresIn=60)
    with urlopen(url) as answer:
        assert answer.read() == b.get_object(**arguments)["Body"].read()
    for bad in (
        url.replace("Expires=60", "Expires=61"),
        signer.generate_presigned_url("get_object", Params=arguments, ExpiresIn=-1),
    ):
        with pytest.raises(HTTPError) as caught:
            urlopen(HttpRequest(bad))
        caught.value.close()
        assert caught.value.code == 403
