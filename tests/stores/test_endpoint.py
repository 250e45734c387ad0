"""Where requests go and what they say: access points, regions, checksums, TLS, and the endpoint as it was used."""

import base64
import hashlib
import ssl
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.servers.buckets import BucketPair
from tests.servers.proxy.faults import DamageRequest, Rule
from tests.servers.proxy.proxy import fault_proxy
from tests.servers.proxy.tunnel import tunnel
from tests.servers.server import S3Server
from tests.stores.conftest import BOTH_WAYS
from tests.stores.faults import PLAIN, answer, certificate, faulty_server, sent_by
from tests.stores.refusals import problem_of
from tui.aws.connection import ONE_ATTEMPT, Connection
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.aws.refusals import ErrorResponse
from tui.aws.transport import subject_of
from tui.core.identity import EndpointSource, IdentitySpec
from tui.core.network import Addressing, AddressScope
from tui.core.problem import ProblemKind
from tui.stores.digests import digests_of, hashed
from tui.stores.s3.bucket_facts import addressing_of, options_of, reach_of
from tui.stores.s3.calls import attempt_on, s3_problem
from tui.stores.s3.s3_store import S3Store
from tui.stores.store_values import CopySource, ObjectAttributes

pytestmark = pytest.mark.usefixtures("keys")
POINT = "arn:aws:s3:eu-west-1:111111111111:accesspoint/readers"
ALIAS = "readers-metadata12345678-s3alias"
MULTI_REGION = "arn:aws:s3::111111111111:accesspoint/mfzwi23gnjvgw.mrap"
HOST = "https://readers-111111111111.s3-accesspoint.eu-west-1.amazonaws.com"


@pytest.fixture
async def connection(connections: Connections) -> Connection:
    return await connections.get(connection_id(IdentitySpec(region="eu-central-1")))


async def test_an_arn_leads_to_the_access_point_in_its_region_and_an_alias_is_a_name(connection: Connection) -> None:
    store = S3Store(connection)
    for asking, url, region in (
        (store.head(POINT, "video/x"), f"{HOST}/video/x", "eu-west-1"),
        (store.copy(CopySource("source", "x", '"e"'), POINT, "k", PLAIN), f"{HOST}/k", "eu-west-1"),
        (store.head(ALIAS, "x"), f"https://{ALIAS}.s3.eu-central-1.amazonaws.com/x", "eu-central-1"),
    ):
        sent = await sent_by(connection, asking)
        assert (sent.url, sent.signing_region) == (url, region)


async def test_a_copy_from_an_access_point_names_the_object_by_its_arn(connection: Connection) -> None:
    store, source = S3Store(connection), CopySource(POINT, "a b/x", '"e"')
    whole = await sent_by(connection, store.copy(source, "target", "k", PLAIN))
    part = await sent_by(connection, store.copy_part(source, 0, 1, "target", "k", "u", 1))
    for sent in (whole, part):
        assert unquote(sent.headers["x-amz-copy-source"]) == f"{POINT}/object/a b/x"


async def test_a_multi_region_access_point_is_refused_before_a_request(connection: Connection) -> None:
    problem = await problem_of(S3Store(connection).head(MULTI_REGION, "x"))
    assert problem.kind is ProblemKind.UNSUPPORTED
    assert "SigV4A" in problem.cause
    assert "regional access point" in problem.remedy


async def test_policies_of_an_access_point_stay_unknown(connection: Connection) -> None:
    for bucket in (POINT, ALIAS):
        assert (await problem_of(S3Store(connection).settings.policy(bucket))).kind is ProblemKind.UNSUPPORTED


def test_a_missing_access_point_is_named_whole() -> None:
    refusal = ErrorResponse("NoSuchBucket", "", 404, "", "HeadObject")
    assert s3_problem(refusal, attempt_on("HeadObject", POINT, "x")).title == f"bucket {POINT} does not exist"


async def test_what_cannot_be_a_name_is_said_without_regular_expressions(connection: Connection) -> None:
    for bucket in ("a bucket", POINT.replace("111111111111", "1")):
        problem = await problem_of(S3Store(connection).head(bucket, "k"))
        assert (problem.kind, problem.title) == (ProblemKind.INVALID, f"{bucket} is not a valid bucket name")
        assert "regex" not in problem.sentence()


PAID, FREE = "paid-for", "free"
PAYER = "x-amz-request-payer"


async def first_page(store: S3Store, bucket: str) -> None:
    async for _ in store.pages(bucket, ""):
        return


ASKING: dict[str, Callable[[S3Store, str], Awaitable[object]]] = {
    "list": first_page,
    "head": lambda store, bucket: store.head(bucket, "k"),
    "read": lambda store, bucket: store.read(bucket, "k", etag='"e"', start=0, length=1),
    "tags": lambda store, bucket: store.tags(bucket, "k"),
    "acl": lambda store, bucket: store.object_acl(bucket, "k"),
    "put": lambda store, bucket: store.put(bucket, "k", b"x", PLAIN),
    "copy into it": lambda store, bucket: store.copy(CopySource(FREE, "s", '"e"'), bucket, "k", PLAIN),
    "copy from it": lambda store, bucket: store.copy(CopySource(bucket, "s", '"e"'), FREE, "k", PLAIN),
    "create upload": lambda store, bucket: store.create_upload(bucket, "k", PLAIN),
    "upload part": lambda store, bucket: store.upload_part(bucket, "k", "u", 1, b"x", start=0),
    "copy part from it": lambda store, bucket: store.copy_part(CopySource(bucket, "s", '"e"'), 0, 1, FREE, "k", "u", 1),
    "complete upload": lambda store, bucket: store.complete_upload(bucket, "k", "u", []),
    "abort upload": lambda store, bucket: store.abort_upload(bucket, "k", "u"),
    "uploads": lambda store, bucket: store.uploads(bucket),
    "parts": lambda store, bucket: store.parts(bucket, "k", "u"),
    "delete": lambda store, bucket: store.delete(bucket, "k"),
    "delete many": lambda store, bucket: store.delete_many(bucket, ["k", "l"]),
}


async def test_it_is_said_for_such_a_bucket_only(connections: Connections) -> None:
    connection = await connections.get(connection_id(IdentitySpec(requester_pays=(PAID,))))
    store = S3Store(connection)
    for name, asking in ASKING.items():
        assert (await sent_by(connection, asking(store, PAID))).headers[PAYER] == "requester", name
        assert PAYER not in (await sent_by(connection, asking(store, FREE))).headers, name
    assert PAYER not in (await sent_by(connection, store.settings.bucket_acl(PAID))).headers


async def test_annotations_are_asked_for_as_the_model_says(connections: Connections) -> None:
    connection = await connections.get(connection_id(IdentitySpec(endpoint="http://127.0.0.1:9")))
    store = S3Store(connection)
    sent = await sent_by(connection, store.annotations("bucket", "k", "v1"))
    assert sent.method == "GET"
    assert set(sent.url.partition("?")[2].split("&")) == {"annotation", "max-annotation-results=1000", "versionId=v1"}
    sent = await sent_by(connection, store.annotation("bucket", "k", "a/b&c"))
    assert set(sent.url.partition("?")[2].split("&")) == {"annotation", "annotationName=a%2Fb%26c"}
    assert sent.headers["x-amz-checksum-mode"] == "ENABLED"
    connection.support.annotations["bucket"] = True
    sent = await sent_by(connection, store.annotate("bucket", "k", "n", b"payload", etag='"e"'))
    assert (sent.method, sent.headers["x-amz-object-if-match"]) == ("PUT", '"e"')
    assert set(sent.url.partition("?")[2].split("&")) == {"annotation", "annotationName=n"}
    source = CopySource("from", "k", '"e"')
    sent = await sent_by(connection, store.copy(source, "bucket", "k", ObjectAttributes()))
    assert "x-amz-object-annotation-directive" not in sent.headers  # COPY is the default
    sent = await sent_by(connection, store.copy(source, "bucket", "k", ObjectAttributes(annotations=False)))
    assert sent.headers["x-amz-object-annotation-directive"] == "EXCLUDE"


async def test_a_bucket_is_made_in_a_region_where_that_is_not_the_first(connections: Connections) -> None:
    connection = await connections.get(connection_id(IdentitySpec(region="us-east-1")))
    for region, named in (("eu-central-1", b"<LocationConstraint>eu-central-1<"), ("us-east-1", b""), ("", b"")):
        body = (await sent_by(connection, S3Store(connection).create_bucket("bucket", region))).body
        assert named in body, region
        assert bool(body) is bool(named), region


BODY = b"content"


async def test_only_aws_is_sent_newer_checksums(connections: Connections) -> None:
    aws = await connections.get(connection_id(IdentitySpec()))
    other = await connections.get(connection_id(IdentitySpec(endpoint="http://127.0.0.1:9")))
    assert S3Store(aws).capabilities.newer_checksums
    assert not S3Store(other).capabilities.newer_checksums
    digests = await hashed(BODY, "SHA512")
    sent = await sent_by(aws, S3Store(aws).put("bucket", "k", BODY, ObjectAttributes(), digests=digests))
    assert sent.headers["x-amz-checksum-sha512"] == base64.b64encode(hashlib.sha512(BODY).digest()).decode()
    assert [name for name in sent.headers if name.startswith("x-amz-checksum")] == ["x-amz-checksum-sha512"]


async def test_on_aws_the_host_of_the_region_is_asked() -> None:
    connections = Connections(short_way=False)  # which would send the first one
    connection = await connections.get(connection_id(IdentitySpec(region="us-east-1")), attempts=ONE_ATTEMPT)
    request = await sent_by(connection, S3Store(connection).head("bucket", "k"), moved_to="eu-south-2")
    await connections.close()
    assert request.url == "https://bucket.s3.eu-south-2.amazonaws.com/k"
    assert request.signing_region == "eu-south-2"


async def test_the_endpoint_as_it_was_used(a: S3Store, b: S3Store, bucket_pair: BucketPair) -> None:
    server = bucket_pair.server
    own = await a.settings.effective_endpoint(bucket_pair.a)
    assert own.url == f"{server.endpoint}/{bucket_pair.a}"
    assert own.signing_region == server.a.region
    assert own.source is EndpointSource.PROFILE
    assert f"http://{own.address}" == server.endpoint
    assert own.reach is AddressScope.LOOPBACK
    assert (own.signing_name, own.addressing, own.options) == ("s3", Addressing.PATH, [])
    assert (own.proxy, own.tls, own.certificate, own.no_bucket) == ("", "", "", False)
    denied = await b.settings.effective_endpoint(bucket_pair.a)
    assert (denied.url, denied.address) == (own.url, own.address)


REACHES = {
    "127.0.0.1": AddressScope.LOOPBACK,
    "::1": AddressScope.LOOPBACK,
    "10.1.2.3": AddressScope.PRIVATE,
    "172.31.0.9": AddressScope.PRIVATE,
    "100.64.0.1": AddressScope.PRIVATE,
    "fd00::1": AddressScope.PRIVATE,
    "fe80::1%eth0": AddressScope.PRIVATE,
    "::ffff:10.0.0.1": AddressScope.PRIVATE,
    "52.219.0.1": AddressScope.PUBLIC,
    "2600:1fa0::1": AddressScope.PUBLIC,
    "": AddressScope.UNKNOWN,
    "proxy": AddressScope.UNKNOWN,
}


def test_what_an_address_says() -> None:
    assert {host: reach_of(host) for host in REACHES} == REACHES


async def test_a_bucket_that_is_not_there_has_a_way(a: S3Store, bucket_pair: BucketPair) -> None:
    seen = await a.settings.effective_endpoint(f"{bucket_pair.a}-none")
    assert seen.no_bucket
    assert seen.reach is AddressScope.LOOPBACK


REFUSED = answer("403 Forbidden", b"", "x-amz-bucket-region: eu-south-2")


@BOTH_WAYS
@pytest.mark.parametrize("by_proxy", [False, True])
async def test_tls_the_certificate_and_the_proxy(
    connections: Connections, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, by_proxy: bool
) -> None:
    """A refusal names the bucket's region, too; the proxy's password is not kept."""
    async with faulty_server(REFUSED, tls=tls) as server, tunnel() as proxy:
        if by_proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.endpoint.replace("//", "//user:password@"))
        store = S3Store(await connections.get(connection_id(IdentitySpec(endpoint=server.endpoint))))
        seen = await store.settings.effective_endpoint("bucket")
    assert (seen.tls, seen.certificate) == ("TLSv1.3", "127.0.0.1")
    assert (seen.bucket_region, seen.listed) == ("eu-south-2", False)
    assert seen.proxy.rstrip("/") == (proxy.endpoint if by_proxy else "")
    assert f"http://{seen.address}" == (proxy.endpoint if by_proxy else server.endpoint.replace("https", "http"))


async def test_unsigned_requests_are_signed_for_nothing(
    connections: Connections, demo_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = IdentitySpec(endpoint=demo_server.endpoint, anonymous=True)
    seen = await S3Store(await connections.get(connection_id(spec))).settings.effective_endpoint("media-prod-assets")
    assert seen.signing_name == ""


ADDRESSED = {
    "https://my-bucket.s3.eu-west-1.amazonaws.com/": Addressing.VIRTUAL,
    "https://s3.eu-west-1.amazonaws.com/my-bucket": Addressing.PATH,
    "https://s3.eu-west-1.amazonaws.com/my%2Dbucket/": Addressing.PATH,
    "https://point-111111111111.s3-accesspoint.eu-west-1.amazonaws.com": None,
    "https://my-bucket-2.s3.eu-west-1.amazonaws.com": None,
}
OPTIONS = {
    "https://b.s3.eu-west-1.amazonaws.com": [],
    "https://b.s3-fips.us-east-1.amazonaws.com": ["FIPS"],
    "https://b.s3-fips.dualstack.us-east-1.amazonaws.com": ["FIPS", "dual-stack"],
    "https://p-1.s3-accesspoint-fips.us-east-1.amazonaws.com": ["FIPS"],
    "https://b.s3-accelerate.dualstack.amazonaws.com": ["dual-stack", "accelerate"],
    "https://dualstack.s3-fips.example.org": [],
}


def test_where_the_bucket_stands_in_a_url_and_its_options() -> None:
    assert {url: addressing_of(url, "my-bucket") for url in ADDRESSED} == ADDRESSED
    assert {url: options_of(url) for url in OPTIONS} == OPTIONS


def test_the_subject_of_a_certificate() -> None:
    common = {"subject": ((("countryName", "US"),), (("commonName", "*.s3.amazonaws.com"),))}
    another = {"subject": (), "subjectAltName": (("IP Address", "127.0.0.1"), ("DNS", "s3.example.org"))}
    assert (subject_of(common), subject_of(another)) == ("*.s3.amazonaws.com", "s3.example.org")
    assert (subject_of({}), subject_of(None)) == ("", "")


@BOTH_WAYS
async def test_a_checksum_is_a_header_and_never_a_trailer(connections: Connections, tls: ssl.SSLContext) -> None:
    async with faulty_server(answer("200 OK"), tls=tls) as server:
        store = S3Store(await connections.get(connection_id(IdentitySpec(endpoint=server.endpoint))))
        await store.put("bucket", "k", b"hello", ObjectAttributes())
    headers = server.headers[0].lower()
    assert "x-amz-checksum-crc32: nhcmhg==" in headers
    assert "trailer" not in headers
    assert "content-encoding" not in headers


@BOTH_WAYS
async def test_a_certificate_that_is_refused(
    connections: Connections, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for address, until, known, cause, remedy in (
        ("127.0.0.1", timedelta(days=1), False, "not signed by a trusted CA", "AWS_CA_BUNDLE"),
        ("127.0.0.1", timedelta(minutes=-1), True, "has expired", "clock"),
        ("127.0.0.2", timedelta(days=1), True, "for another name", "use the host name"),
    ):
        file, context = certificate(tmp_path, address, until)
        if known:
            monkeypatch.setenv("AWS_CA_BUNDLE", str(file))
        async with faulty_server(answer("200 OK"), tls=context) as server:
            name = connection_id(IdentitySpec(endpoint=server.endpoint, name=cause))
            problem = await problem_of(S3Store(await connections.get(name)).head("bucket", "k"))
        assert problem.kind is ProblemKind.UNREACHABLE
        assert cause in problem.cause
        assert remedy in problem.remedy
        assert server.requests == []


@BOTH_WAYS
async def test_a_body_damaged_before_tls_is_refused(
    connections: Connections, bucket_pair: BucketPair, server_environment: S3Server, tls: ssl.SSLContext
) -> None:
    """Payloads are not signed over TLS: the checksum alone tells the server, or the MD5 where it knows no other."""
    async with fault_proxy(server_environment.endpoint, tls) as proxy:
        spec = IdentitySpec(server_environment.a.profile, endpoint=proxy.endpoint)
        store = S3Store(await connections.get(connection_id(spec)))
        proxy.rules.append(Rule(DamageRequest(), ("PutObject",)))
        writing = store.put(bucket_pair.a, "k", b"content", PLAIN, digests=digests_of(b"content", "CRC32"))
        problem = await problem_of(writing)
        assert problem.status == 400
        assert problem.code in (
            "BadDigest",
            "XAmzContentSHA256Mismatch",
            "InvalidDigest",
            "XAmzContentChecksumMismatch",
        )
        proxy.rules.clear()
        assert (await problem_of(store.head(bucket_pair.a, "k"))).status == 404
