"""Every denial names operation, identity and missing permission, on every server."""

from collections.abc import Awaitable, Callable

import pytest

from tests.servers.buckets import BucketPair
from tests.servers.daemon import free_ports
from tests.servers.policies import allow_on_bucket, deny_on_objects, grant_read
from tests.servers.server import S3Server
from tests.stores.refusals import problem_of
from tui.accounts import connection_id
from tui.accounts.connections import Connections
from tui.model.identity import IdentitySpec
from tui.model.problem import Problem, ProblemKind
from tui.stores.s3 import S3Store
from tui.stores.values import ObjectAttributes, Source

PLAIN = ObjectAttributes()
Request = Callable[[S3Store, str], Awaitable[object]]

REQUESTS: dict[str, tuple[str, Request]] = {
    "ListObjectsV2": ("s3:ListBucket", lambda store, bucket: anext(store.pages(bucket, ""))),
    "HeadObject": ("s3:GetObject", lambda store, bucket: store.head(bucket, "k")),
    "GetObject": ("s3:GetObject", lambda store, bucket: store.read(bucket, "k", etag='"x"', start=0, length=1)),
    "GetObjectTagging": ("s3:GetObjectTagging", lambda store, bucket: store.tags(bucket, "k")),
    "GetObjectAcl": ("s3:GetObjectAcl", lambda store, bucket: store.object_acl(bucket, "k")),
    "GetBucketAcl": ("s3:GetBucketAcl", lambda store, bucket: store.settings.bucket_acl(bucket)),
    "GetBucketPolicy": ("s3:GetBucketPolicy", lambda store, bucket: store.settings.policy(bucket)),
    "GetPublicAccessBlock": (
        "s3:GetBucketPublicAccessBlock",
        lambda store, bucket: store.settings.public_access_block(bucket),
    ),
    "PutObject": ("s3:PutObject", lambda store, bucket: store.put(bucket, "n", b"x", PLAIN)),
    "CreateMultipartUpload": ("s3:PutObject", lambda store, bucket: store.create_upload(bucket, "n", PLAIN)),
    "ListMultipartUploads": ("s3:ListBucketMultipartUploads", lambda store, bucket: store.uploads(bucket)),
}


@pytest.mark.parametrize("operation", REQUESTS)
async def test_denied(a: S3Store, b: S3Store, bucket_pair: BucketPair, operation: str) -> None:
    permission, request = REQUESTS[operation]
    await a.put(bucket_pair.a, "k", b"content", PLAIN)
    problem = await problem_of(request(b, bucket_pair.a))
    assert problem.kind is ProblemKind.DENIED
    assert (problem.operation, problem.permission) == (operation, permission)
    assert problem.identity == bucket_pair.server.b.profile
    assert problem.resource.startswith(f"s3://{bucket_pair.a}")
    assert permission in problem.title
    assert problem.status == 403
    assert problem.remedy


async def test_ownership_denied_is_not_taken_for_none(a: S3Store, b: S3Store, bucket_pair: BucketPair) -> None:
    problem = await problem_of(b.settings.ownership(bucket_pair.a))
    assert (problem.kind, problem.permission) == (ProblemKind.DENIED, "s3:GetBucketOwnershipControls")


async def test_an_explicit_deny(b: S3Store, a: S3Store, bucket_pair: BucketPair) -> None:
    principal = bucket_pair.server.b.principal
    etag = (await a.put(bucket_pair.a, "k", b"content", PLAIN)).etag
    bucket_pair.set_policy_of_a(
        *grant_read(bucket_pair.a, principal), deny_on_objects(bucket_pair.a, principal, "s3:GetObject")
    )
    problem = await problem_of(b.read(bucket_pair.a, "k", etag=etag, start=0, length=7))
    assert (problem.kind, problem.permission) == (ProblemKind.DENIED, "s3:GetObject")


async def test_a_denied_copy_says_that_it_may_be_either_half(a: S3Store, b: S3Store, bucket_pair: BucketPair) -> None:
    etag = (await a.put(bucket_pair.a, "k", b"content", PLAIN)).etag
    problem = await problem_of(b.copy(Source(bucket_pair.a, "k", etag), bucket_pair.b, "k", PLAIN))
    assert problem.kind is ProblemKind.DENIED
    assert "s3:GetObject" in problem.remedy


@pytest.mark.parametrize("operation", [name for name in REQUESTS if name != "HeadObject"])
async def test_a_bucket_that_does_not_exist(a: S3Store, operation: str) -> None:
    _, request = REQUESTS[operation]
    problem = await problem_of(request(a, "no-such-bucket-0f3e"))
    assert problem.kind is ProblemKind.NO_SUCH_BUCKET
    assert "no-such-bucket-0f3e" in problem.title


async def test_a_bucket_name_that_cannot_be(a: S3Store) -> None:
    problem = await problem_of(anext(a.pages("No Bucket/{resource}", "")))
    assert problem.kind is ProblemKind.INVALID


async def test_a_key_that_does_not_exist(a: S3Store, bucket_pair: BucketPair) -> None:
    key = "{resource} [x]"
    for request in (
        a.head(bucket_pair.a, key),
        a.read(bucket_pair.a, key, etag='"x"', start=0, length=1),
        a.copy(Source(bucket_pair.a, key, '"x"'), bucket_pair.a, "to", PLAIN),
    ):
        problem = await problem_of(request)
        assert problem.kind is ProblemKind.NO_SUCH_KEY, problem


async def test_who_may_not_list_learns_no_more_than_denied(b: S3Store, bucket_pair: BucketPair) -> None:
    bucket_pair.set_policy_of_a(allow_on_bucket(bucket_pair.a, bucket_pair.server.b.principal, "s3:GetBucketLocation"))
    problem = await problem_of(b.head(bucket_pair.a, "missing"))
    assert problem.kind is ProblemKind.DENIED
    assert "s3:ListBucket" in problem.cause


async def test_a_wrong_secret(
    connections: Connections, server_environment: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server_environment.a.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
    spec = IdentitySpec(endpoint=server_environment.endpoint)
    store = S3Store(await connections.get(connection_id(spec)))
    problem = await problem_of(store.buckets())
    assert_credentials_refused(problem, server_environment)
    assert "not-the-secret" not in repr(problem)


async def test_a_key_nobody_knows(
    connections: Connections, server_environment: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIANOBODYKNOWSTHIS0")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    spec = IdentitySpec(endpoint=server_environment.endpoint)
    store = S3Store(await connections.get(connection_id(spec)))
    assert_credentials_refused(await problem_of(store.buckets()), server_environment)


def assert_credentials_refused(problem: Problem, server: S3Server) -> None:
    if server.name == "ceph":  # which does not tell them from credentials that may not
        assert problem.kind is ProblemKind.DENIED
        assert "access key" in problem.cause
    else:
        assert problem.kind is ProblemKind.BAD_CREDENTIALS


async def test_anonymous(connections: Connections, a: S3Store, bucket_pair: BucketPair) -> None:
    etag = (await a.put(bucket_pair.a, "public", b"content", ObjectAttributes(acl="public-read"))).etag
    await a.put(bucket_pair.a, "private", b"content", PLAIN)
    spec = IdentitySpec(endpoint=bucket_pair.server.endpoint, anonymous=True)
    nobody = S3Store(await connections.get(connection_id(spec)))
    assert await nobody.read(bucket_pair.a, "public", etag=etag, start=0, length=7) == b"content"
    problem = await problem_of(nobody.head(bucket_pair.a, "private"))
    assert (problem.kind, problem.identity) == (ProblemKind.DENIED, "anonymous")


async def test_nobody_listens(connections: Connections, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    [port] = free_ports(1)
    spec = IdentitySpec(endpoint=f"http://127.0.0.1:{port}")
    store = S3Store(await connections.get(connection_id(spec)))
    problem = await problem_of(anext(store.pages("bucket", "")))
    assert problem.kind is ProblemKind.UNREACHABLE
    assert f"127.0.0.1:{port}" in problem.title
    assert problem.cause == "Connection refused"
    assert problem.operation == "ListObjectsV2"
