"""The store over TLS: nothing of the way there is kept with an object, and a bad certificate is said to be one."""

import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.servers.buckets import BucketPair
from tests.servers.policies import grant_read
from tests.servers.proxy.faults import DamageRequest, Rule
from tests.servers.proxy.proxy import FaultProxy, fault_proxy
from tests.servers.server import S3Server
from tests.stores.faults import answer, certificate, faulty_server
from tests.stores.refusals import problem_of
from tui.accounts import connection_id
from tui.accounts.connections import Connections
from tui.model.identity import IdentitySpec
from tui.model.problem import ProblemKind
from tui.model.s3_limits import MIN_PART_SIZE
from tui.stores.digests import digests_of
from tui.stores.s3 import S3Store
from tui.stores.values import ObjectAttributes, Source


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, ssl.SSLContext]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    return certificate(tmp_path)


async def test_a_checksum_is_a_header_and_never_a_trailer(
    connections: Connections, tls: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tls[0]))
    async with faulty_server(answer("200 OK"), tls=tls[1]) as server:
        store = S3Store(await connections.get(connection_id(IdentitySpec(endpoint=server.endpoint))))
        await store.put("bucket", "k", b"hello", ObjectAttributes())
    headers = server.headers[0].lower()
    assert "x-amz-checksum-crc32: nhcmhg==" in headers
    assert "trailer" not in headers
    assert "content-encoding" not in headers


@pytest.mark.parametrize(
    ("address", "until", "known", "cause", "remedy"),
    [
        ("127.0.0.1", timedelta(days=1), False, "not signed by a trusted CA", "AWS_CA_BUNDLE"),
        ("127.0.0.1", timedelta(minutes=-1), True, "has expired", "clock"),
        ("127.0.0.2", timedelta(days=1), True, "for another name", "use the host name"),
    ],
    ids=["unknown authority", "expired", "another name"],
)
async def test_a_certificate_that_is_refused(
    connections: Connections,
    tls: tuple[Path, ssl.SSLContext],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    until: timedelta,
    known: bool,
    cause: str,
    remedy: str,
) -> None:
    file, context = certificate(tmp_path, address, until)
    if known:
        monkeypatch.setenv("AWS_CA_BUNDLE", str(file))
    async with faulty_server(answer("200 OK"), tls=context) as server:
        store = S3Store(await connections.get(connection_id(IdentitySpec(endpoint=server.endpoint))))
        problem = await problem_of(store.settings.bucket_acl("bucket"))
    assert problem.kind is ProblemKind.UNREACHABLE
    assert cause in problem.cause
    assert remedy in problem.remedy
    assert server.requests == []


@pytest.fixture
async def over_tls(
    connections: Connections, server_environment: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[FaultProxy, S3Store, S3Store]]:
    """The stores of both accounts, by TLS as far as a proxy before the server."""
    file, context = certificate(tmp_path)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(file))
    async with fault_proxy(server_environment.endpoint, context) as proxy:
        accounts = (server_environment.a, server_environment.b)
        specs = [IdentitySpec(profile=account.profile, endpoint=proxy.endpoint) for account in accounts]
        a, b = [S3Store(await connections.get(connection_id(spec))) for spec in specs]
        yield proxy, a, b


async def test_objects_are_written_read_and_copied(
    over_tls: tuple[FaultProxy, S3Store, S3Store], bucket_pair: BucketPair
) -> None:
    proxy, a, b = over_tls
    assert proxy.endpoint.startswith("https://")
    body, key = b"content" * 10_000, "dir//a+b [\u00e9]"
    given = ObjectAttributes(headers={"ContentType": "text/csv"}, metadata={"m": "1"}, tags=[("t", "a b")])
    etag = (await a.put(bucket_pair.a, key, body, given)).etag
    head = await a.head(bucket_pair.a, key)
    assert (head.etag, head.size, head.headers, head.metadata) == (etag, len(body), given.headers, given.metadata)
    assert await a.read(bucket_pair.a, key, etag=etag, start=0, length=len(body)) == body
    listed = [entry.key async for page in a.pages(bucket_pair.a, "", recursive=True) for entry in page.objects()]
    assert listed == [key]
    bucket_pair.set_policy_of_a(*grant_read(bucket_pair.a, bucket_pair.server.b.principal))
    await b.copy(Source(bucket_pair.a, key, etag), bucket_pair.b, key, ObjectAttributes())
    assert await b.read(bucket_pair.b, key, etag=etag, start=0, length=len(body)) == body
    assert await a.delete_many(bucket_pair.a, [key]) == {}
    assert [page async for page in a.pages(bucket_pair.a, "") if list(page.objects())] == []


async def test_parts_are_written_and_completed(
    over_tls: tuple[FaultProxy, S3Store, S3Store], bucket_pair: BucketPair
) -> None:
    _, a, _ = over_tls
    first = bytes(range(256)) * (MIN_PART_SIZE // 256)
    upload = await a.create_upload(bucket_pair.a, "k", ObjectAttributes())
    parts = [
        await a.upload_part(bucket_pair.a, "k", upload, number, body, start=0)
        for number, body in ((1, first), (2, b"tail"))
    ]
    etag = (await a.complete_upload(bucket_pair.a, "k", upload, parts)).etag
    assert await a.read(bucket_pair.a, "k", etag=etag, start=0, length=len(first) + 4) == first + b"tail"
    given_up = await a.create_upload(bucket_pair.a, "k", ObjectAttributes())
    await a.abort_upload(bucket_pair.a, "k", given_up)
    assert await a.uploads(bucket_pair.a) == []


async def test_a_body_damaged_before_tls_is_refused(
    over_tls: tuple[FaultProxy, S3Store, S3Store], bucket_pair: BucketPair
) -> None:
    """Payloads are not signed over TLS: the checksum alone tells the server, or the MD5 where it knows no other."""
    proxy, a, _ = over_tls
    proxy.rules.append(Rule(DamageRequest(), ("PutObject",)))
    problem = await problem_of(
        a.put(bucket_pair.a, "k", b"content", ObjectAttributes(), digests=digests_of(b"content", "CRC32"))
    )
    assert problem.status == 400
    assert problem.code in ("BadDigest", "XAmzContentSHA256Mismatch", "InvalidDigest", "XAmzContentChecksumMismatch")
    proxy.rules.clear()
    assert (await problem_of(a.head(bucket_pair.a, "k"))).status == 404
