"""Which requests take the short way, and what it sends and makes of answers, compared with botocore's way."""

import asyncio
import base64
import hashlib
import string
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile.answers import ETAG, Answer, listing, row
from tests.hostile.conftest import hostile
from tests.hostile.server import HostileServer
from tests.stores.faults import decoded
from tests.stores.http.scripted import Scripted, always, scripted
from tui.aws.connection import ONE_ATTEMPT, Connection
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.core.identity import IdentitySpec
from tui.stores.http.replies import listen, prepared_by
from tui.stores.http.templates import NAMES, UNSIGNED, Moment, Template, operation_of, template_of
from tui.stores.s3.requests import SMALL_BODY, UNMODIFIED_SINCE, UploadBody
from tui.stores.s3.s3_store import S3Store

pytestmark = pytest.mark.usefixtures("keys")
BUCKET = "some-bucket"
TERRIBLE = [
    *("..", ".", "/", "//", "a/../b", "a//b/", "/a", "a/", " ", "a b", "a+b", "a%41", "%2F", "~", "a~b", "?x=1", "#f"),
    *("a&b=c", "\u00e9", "\U0001f600", "a\u00a0b", "\x00", "\n", "\r\n", "\x7f", "\u2028", "'\"<>&", "a;b,c:d@e!$*()"),
]
KEYS = st.sampled_from(TERRIBLE) | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
TEXTS = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=20)
NAMES_OF_METADATA = st.text(string.ascii_letters + string.digits + "-_.", min_size=1, max_size=10)
METADATA = st.dictionaries(NAMES_OF_METADATA.map(str.lower), TEXTS, max_size=4)
BODIES = st.binary(max_size=40) | st.sampled_from([b"x" * SMALL_BODY, b"x" * (SMALL_BODY + 1)])
ETAGS = st.sampled_from(['"e"', '"d41d8cd98f00b204e9800998ecf8427e-12"', "e"])
SOURCES = st.fixed_dictionaries({"Bucket": st.just("source"), "Key": KEYS}, optional={"VersionId": st.just("v.1-2_3")})
OWNED = {"ExpectedBucketOwner": st.just("111122223333")}
DESCRIBED = {
    "ContentType": TEXTS,
    "CacheControl": TEXTS,
    "Expires": TEXTS,
    "Metadata": METADATA,
    "Tagging": st.just("a=b%20c&d=%C3%A9"),
    "StorageClass": st.just("STANDARD_IA"),
    "ACL": st.just("bucket-owner-full-control"),
    "ServerSideEncryption": st.just("aws:kms"),
    "SSEKMSKeyId": st.just("alias/key"),
    "ObjectLockLegalHoldStatus": st.just("ON"),
}
CONDITIONS = {"IfNoneMatch": st.just("*"), "IfMatch": ETAGS}
SENT = {"Bucket": st.just(BUCKET), "Key": KEYS}

PARAMETERS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "get_object": st.fixed_dictionaries(
        {**SENT, "Range": st.just("bytes=5-9"), "IfMatch": ETAGS, "ChecksumMode": st.just("ENABLED")},
        optional={"VersionId": TEXTS, **OWNED},
    ),
    "head_object": st.fixed_dictionaries(
        {**SENT, "ChecksumMode": st.just("ENABLED")},
        optional={"VersionId": TEXTS, "PartNumber": st.integers(1, 10_000), **OWNED},
    ),
    "put_object": st.fixed_dictionaries(
        {**SENT, "Body": BODIES, "ChecksumCRC32": st.just("AAAAAA==")},
        optional={**DESCRIBED, **CONDITIONS, **OWNED, "ContentMD5": st.just("1B2M2Y8AsgTpgAmY7PhCfg==")},
    ),
    "upload_part": st.fixed_dictionaries(
        {**SENT, "UploadId": TEXTS, "PartNumber": st.integers(1, 10_000), "Body": BODIES}, optional=OWNED
    ).map(lambda given: {**given, "ChecksumCRC32": "AAAAAA=="}),
    "copy_object": st.fixed_dictionaries(
        {**SENT, "CopySource": SOURCES, "CopySourceIfMatch": ETAGS},
        optional={
            **DESCRIBED,
            **CONDITIONS,
            "MetadataDirective": st.just("REPLACE"),
            "TaggingDirective": st.just("REPLACE"),
            "ExpectedSourceBucketOwner": st.just("444455556666"),
        },
    ),
    "upload_part_copy": st.fixed_dictionaries(
        {**SENT, "UploadId": TEXTS, "PartNumber": st.integers(1, 10_000), "CopySource": SOURCES},
        optional={"CopySourceRange": st.just("bytes=0-9"), **OWNED},
    ),
    "delete_object": st.fixed_dictionaries(
        SENT, optional={"VersionId": TEXTS, "IfMatch": ETAGS, UNMODIFIED_SINCE: st.floats(0, 4e9), **OWNED}
    ),
    "list_objects_v2": st.fixed_dictionaries(
        {
            "Bucket": st.just(BUCKET),
            "Prefix": KEYS | st.just(""),
            "FetchOwner": st.booleans(),
            "EncodingType": st.just("url"),
        },
        optional={"Delimiter": st.just("/"), "StartAfter": KEYS},
    ),
    "get_object_tagging": st.fixed_dictionaries(SENT, optional={"VersionId": TEXTS, **OWNED}),
    "get_public_access_block": st.fixed_dictionaries({"Bucket": st.just(BUCKET)}, optional=OWNED),
}

CALLS = st.one_of([st.tuples(st.just(method), parameters) for method, parameters in PARAMETERS.items()])

SAMPLE: dict[str, Any] = {"Key": "k", "Metadata": {}, "Body": b"", "CopySource": {"Bucket": "source", "Key": "k"}}
"""Values that no example has to have, for the template."""


@dataclass(frozen=True)
class Setting:
    """What the user may have set that shows in a request."""

    endpoint: str | None = None
    path_style: bool = False
    paid: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


SETTINGS = {
    "plain": Setting("http://127.0.0.1:9000"),
    "a path in the endpoint": Setting("http://127.0.0.1:9000/s3", path_style=True),
    "TLS, virtual hosts": Setting("https://objects.example.com"),
    "TLS, path style": Setting("https://objects.example.com:8443", path_style=True),
    "AWS": Setting(environment=(("AWS_SESSION_TOKEN", "t0k/en=="),)),
    "requester pays": Setting(paid=(BUCKET,)),
    "dual stack": Setting(environment=(("AWS_USE_DUALSTACK_ENDPOINT", "true"),)),
    "FIPS": Setting(environment=(("AWS_USE_FIPS_ENDPOINT", "true"),)),
    "required checksums": Setting(environment=(("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required"),)),
}


@pytest.mark.thorough
@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_each_request_is_the_one_that_botocore_makes(
    monkeypatch: pytest.MonkeyPatch, surroundings: object, setting: Setting
) -> None:
    for name, value in (("AWS_ACCESS_KEY_ID", "AKIAX"), ("AWS_SECRET_ACCESS_KEY", "s/ecret"), *setting.environment):
        monkeypatch.setenv(name, value)
    with asyncio.Runner() as runner:
        connections = Connections()
        spec = IdentitySpec(
            endpoint=setting.endpoint, path_style=setting.path_style, requester_pays=setting.paid, region="us-west-2"
        )
        connection = runner.run(_ready(connections, spec))

        @given(call=CALLS)
        def compare(call: tuple[str, dict[str, Any]]) -> None:
            method, parameters = call
            runner.run(_compare(connection, method, parameters, paid=bool(setting.paid)))

        compare()
        runner.run(connections.close())


async def _ready(connections: Connections, spec: IdentitySpec) -> Connection:
    connection = await connections.get(connection_id(spec))
    S3Store(connection)  # adapts the requests of the client
    listen(connection.client)
    return connection


async def _compare(connection: Connection, method: str, parameters: dict[str, Any], *, paid: bool) -> None:
    if paid and method != "get_public_access_block":  # which nobody pays for
        parameters["RequestPayer"] = "requester"
    sample = {name: SAMPLE.get(name, value) for name, value in parameters.items()}
    template, secrets = await _template(connection, method, sample)
    assert template is not None, "the short way is taken"
    prepared = await _prepared(connection, method, parameters)
    theirs = {name.lower(): decoded(value) for name, value in prepared.headers.items()}
    payload = hashlib.sha256(parameters.get("Body", b"")).hexdigest() if template.signs_payload else UNSIGNED
    moment = Moment(theirs["x-amz-date"], theirs["amz-sdk-invocation-id"], payload)
    ours = template.request(parameters, secrets, moment)
    assert (ours.method, ours.url) == (prepared.method, prepared.url)
    assert ours.headers() == {**theirs, "host": template.host, "accept": "*/*", "accept-encoding": "identity"}
    assert ours.body == parameters.get("Body", b"")
    assert ours.waits == ("expect" in theirs)


async def _template(connection: Connection, method: str, sample: Mapping[str, Any]) -> tuple[Template | None, Any]:
    operation = operation_of(NAMES[method], connection.client.meta.service_model)
    prepared = await _prepared(connection, method, sample)
    secrets = await connection.credentials.get_frozen_credentials()
    payload = hashlib.sha256(sample.get("Body", b"")).hexdigest()
    return template_of(operation, sample, prepared, secrets, payload), secrets


async def _prepared(connection: Connection, method: str, parameters: Mapping[str, Any]) -> Any:
    return await prepared_by(getattr(connection.client, method), _as_given(parameters))


def _as_given(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: UploadBody(value) if name == "Body" else value for name, value in parameters.items()}


async def test_what_the_short_way_cannot_know_is_left_to_botocore(connections: Connections) -> None:
    """Here the key of an encryption, which botocore writes otherwise, and a checksum that it computes."""
    connection = await _ready(connections, IdentitySpec(endpoint="http://127.0.0.1:9000"))
    key = base64.b64encode(b"k" * 32).decode()
    for unknown in (
        {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": key, "ChecksumCRC32": "AAAAAA=="},
        {"ChecksumAlgorithm": "SHA1"},
        {},
    ):
        parameters = {"Bucket": BUCKET, "Key": "k", "Body": b"x", **unknown}
        assert (await _template(connection, "put_object", parameters))[0] is None, unknown


__all__ = ["hostile"]

HEADERS = (
    ("ETag", ETAG),
    ("Last-Modified", "Tue, 24 Nov 2026 10:11:12 GMT"),
    ("Content-Type", "text/plain"),
    ("Expires", "never"),
    ("x-amz-meta-One", "caf\u00e9"),
    ("x-amz-meta-two", "2"),
    ("x-amz-request-id", "R1"),
    ("x-amz-id-2", "H1"),
    ("x-amz-tagging-count", "3"),
    ("x-amz-mp-parts-count", "2"),
    ("x-amz-server-side-encryption-bucket-key-enabled", "true"),
    ("x-amz-delete-marker", "false"),
    ("x-amz-object-lock-retain-until-date", "2027-01-01T00:00:00Z"),
    ("x-amz-checksum-crc64nvme", "AAAAAAAAAAA="),
    ("x-amz-version-id", "v1"),
    ("x-unknown", "x"),
)
PLACE = {"Bucket": "b", "Key": "k"}
PART = {**PLACE, "UploadId": "u", "PartNumber": 1}
COPY = {"CopySource": {"Bucket": "s", "Key": "k"}}
COPIED = (
    b'<?xml version="1.0"?>\n<CopyObjectResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    b"<ETag>&quot;e&quot;</ETag><LastModified>2026-11-24T10:11:12.000Z</LastModified>"
    b"<ChecksumCRC32>AAAAAA==</ChecksumCRC32></CopyObjectResult>"
)
ODDLY = b"<x:R xmlns:x='y'><x:ETag a='b'>e</x:ETag></x:R>"
COPIED_PART = b"   <CopyPartResult>\n<LastModified>2026-11-24T10:11:12Z</LastModified><ETag>e</ETag>\n</CopyPartResult>"
BLOCKED = (
    b'<PublicAccessBlockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><BlockPublicAcls>true'
    b"</BlockPublicAcls><IgnorePublicAcls>false</IgnorePublicAcls></PublicAccessBlockConfiguration>"
)
TAGGED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet>'
    b"<Tag><Key>a</Key><Value></Value></Tag>\n<Tag><Key>caf\xc3\xa9 b</Key><Value> 1 </Value></Tag></TagSet></Tagging>"
)
TAGGED_ODDLY = b"<Tagging><TagSet><Tag><Value>a&amp;b</Value><Key>k</Key></Tag><Tag><Key/></Tag></TagSet></Tagging>"
CASES: dict[str, tuple[str, str, dict[str, Any], Answer]] = {
    "get": ("get_object", "GetObject", PLACE, Answer(206, b"content", (*HEADERS, ("Content-Range", "bytes 0-6/9")))),
    "head": ("head_object", "HeadObject", {**PLACE, "ChecksumMode": "ENABLED"}, Answer(200, b"", HEADERS)),
    "put": ("put_object", "PutObject", {**PLACE, "Body": b"x", "ChecksumCRC32": "x"}, Answer(200, b"", HEADERS)),
    "put, with a body": ("put_object", "PutObject", {**PLACE, "Body": b"", "ChecksumCRC32": "x"}, Answer(200, b"<x/>")),
    "part": ("upload_part", "UploadPart", {**PART, "Body": b"x", "ChecksumCRC32": "x"}, Answer(200, b"", HEADERS)),
    "copy": ("copy_object", "CopyObject", {**PLACE, **COPY}, Answer(200, COPIED, HEADERS)),
    "copy, oddly": ("copy_object", "CopyObject", {**PLACE, **COPY}, Answer(200, ODDLY)),
    "copy of a part": ("upload_part_copy", "UploadPartCopy", {**PART, **COPY}, Answer(200, COPIED_PART)),
    "delete": ("delete_object", "DeleteObject", PLACE, Answer(204, b"", HEADERS)),
    "list": ("list_objects_v2", "ListObjectsV2", {"Bucket": "b", "Prefix": "", "EncodingType": "url"}, listing(row())),
    "tags": ("get_object_tagging", "GetObjectTagging", PLACE, Answer(200, TAGGED, HEADERS[2:])),
    "tags, none": ("get_object_tagging", "GetObjectTagging", PLACE, Answer(200, b"<Tagging><TagSet/></Tagging>")),
    "tags, oddly": ("get_object_tagging", "GetObjectTagging", PLACE, Answer(200, TAGGED_ODDLY)),
    "tags, of another kind": ("get_object_tagging", "GetObjectTagging", PLACE, Answer(200, ODDLY)),
    "public access block": (
        "get_public_access_block",
        "GetPublicAccessBlock",
        {"Bucket": "b"},
        Answer(200, BLOCKED, HEADERS[2:]),  # with an ETag and a date it would be an object
    ),
}
REFUSALS = {
    "in words": Answer(403, b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>", HEADERS),
    "without": Answer(404, b"", HEADERS),
    "no XML": Answer(502, b"<html>Bad gateway", ()),
    "not modified": Answer(304, b"", HEADERS),
}


@pytest_asyncio.fixture
async def both(hostile: HostileServer) -> AsyncIterator[tuple[Any, Any]]:
    ways = [Connections(short_way=short) for short in (True, False)]
    clients = [S3Store(await way.get(connection_id(IdentitySpec()), attempts=1))._calls.client for way in ways]
    yield clients[0], clients[1]
    for way in ways:
        await way.close()


async def _outcome(client: Any, method: str, parameters: Mapping[str, Any]) -> Any:
    try:
        answer = await getattr(client, method)(**_as_given(parameters))
    except ClientError as error:
        words = str(error).replace(" (reached max retries: 0)", "")  # said by botocore where nothing is retried
        answer = {"class": type(error).__name__, "words": words, **error.response}
        answer.pop("ExpiresString", None)  # a header that no error has, which botocore's handler copies all the same
    if "Body" in answer:
        async with answer["Body"] as body:
            answer["Body"] = await body.read()
    answer["ResponseMetadata"].pop("MaxAttemptsReached", None)  # botocore's note to itself
    headers = dict(answer["ResponseMetadata"]["HTTPHeaders"])
    headers.pop("expires", None)  # taken away by botocore where it is no date; it is in the answer
    answer["ResponseMetadata"]["HTTPHeaders"] = headers
    return answer


async def test_an_answer_is_what_botocore_makes_of_it(hostile: HostileServer, both: tuple[Any, Any]) -> None:
    for name, (method, operation, parameters, answer) in CASES.items():
        hostile.lie("b", operation, answer)
        ours, theirs = [await _outcome(client, method, parameters) for client in both]
        assert ours == theirs, name
        assert ours["ResponseMetadata"]["HTTPStatusCode"] == answer.status


@pytest.mark.thorough
@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
async def test_a_refusal_is_what_botocore_makes_of_it(
    hostile: HostileServer, both: tuple[Any, Any], refusal: Answer
) -> None:
    for number, (name, (method, operation, parameters, _)) in enumerate(CASES.items(), start=1):
        hostile.lie("b", operation, refusal)
        ours, theirs = [await _outcome(client, method, parameters) for client in both]
        assert ours == theirs, name
        assert ours["class"]
        assert len(hostile.asked) == 2 * number, "it is not sent again to be read"


@pytest.mark.parametrize("size", [1, SMALL_BODY + 1])
async def test_the_same_bytes_are_sent(hostile: HostileServer, both: tuple[Any, Any], size: int) -> None:
    for name, (method, operation, parameters, answer) in CASES.items():
        hostile.lie("b", operation, answer)
        more = {"Body": b"x" * size, "Metadata": {"m": "\u00e9"}} if method == "put_object" else {}
        for client in both:
            await _outcome(client, method, {**parameters, **more})
        ours, theirs = [_comparable(raw) for raw in hostile.received[-2:]]
        assert ours == theirs, name


def _comparable(raw: bytes) -> tuple[bytes, set[bytes], bytes]:
    """Request line, headers without those that are different each time, and body."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    different = (b"x-amz-date:", b"authorization:", b"amz-sdk-invocation-id:")
    return first, {line for line in lines if not line.lower().startswith(different)}, body


FOUND = b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: "e"\r\n\r\n'


async def test_a_proxy_is_spoken_to_by_botocore(connections: Connections, monkeypatch: pytest.MonkeyPatch) -> None:
    async with scripted(always(FOUND)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        spec = IdentitySpec(endpoint="http://objects.invalid", path_style=True)
        store = S3Store(await connections.get(connection_id(spec)))
        for _ in range(2):
            assert (await store.head("b", "k")).etag == '"e"'
    assert [head.split(b"\r\n")[0] for head in proxy.heads] == [b"HEAD http://objects.invalid/b/k HTTP/1.1"] * 2


async def test_who_signs_nothing_asks_by_botocore(connections: Connections) -> None:
    async with scripted(always(FOUND)) as server:
        spec = IdentitySpec(endpoint=f"http://127.0.0.1:{server.port}", anonymous=True)
        connection = await connections.get(connection_id(spec))
        store = S3Store(connection)
        assert store._calls.client is connection.client
        assert (await store.head("b", "k")).etag == '"e"'
    assert b"authorization" not in server.heads[0].lower()


async def test_who_wants_the_rate_limited_asks_by_botocore(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_RETRY_MODE", "adaptive")
    name = connection_id(IdentitySpec(endpoint="http://127.0.0.1:9"))
    seen, counted = await connections.get(name), await connections.get(name, attempts=ONE_ATTEMPT)
    assert S3Store(seen)._calls.client is seen.client
    assert S3Store(counted)._calls.client is not counted.client, "who counts its attempts limits its rate, too"


async def test_the_stores_of_a_connection_share_the_short_way_and_it_is_closed_with_it(
    connections: Connections,
) -> None:
    async with scripted(always(FOUND)) as server:
        connection = await connections.get(connection_id(IdentitySpec(endpoint=f"http://127.0.0.1:{server.port}")))
        for _ in range(3):
            assert (await S3Store(connection).head("b", "k")).etag == '"e"'
        assert S3Store(connection)._calls.client is not connection.client
        assert server.connections == 1
        await connections.close()
        await server.all_closed()


async def test_after_a_retry_botocore_sends_some_requests_to_fill_its_quota_of_retries(
    connections: Connections,
) -> None:
    asked: list[int] = []

    async def serve(told: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = told.connections
        while await told.head(reader):
            asked.append(number)
            writer.write(FOUND if len(asked) != 2 else b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")

    async with scripted(serve) as server:
        store = S3Store(await connections.get(connection_id(IdentitySpec(endpoint=f"http://127.0.0.1:{server.port}"))))
        for _ in range(2 + 15 + 1):
            await store.head("b", "k")
    assert asked == [1, 1, *[2] * (1 + 15), 1], "the connections of the short way and of botocore"


MISSING = b"<Error><Code>NoSuchPublicAccessBlockConfiguration</Code></Error>"


async def test_an_answer_that_is_longer_than_it_says_ends_where_it_says(connections: Connections) -> None:
    """Ceph 18 sends two documents where a bucket has no public access block."""
    answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\n\r\n" % len(MISSING) + 2 * MISSING
    async with scripted(always(answer)) as server:
        store = S3Store(await connections.get(connection_id(IdentitySpec(endpoint=f"http://127.0.0.1:{server.port}"))))
        for _ in range(2):
            assert await store.settings.public_access_block("bucket") is None
