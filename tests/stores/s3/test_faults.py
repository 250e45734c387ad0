"""What a broken or strange server makes the store say."""

import pytest

from tests.stores.faults import answer, error
from tests.stores.faulty_store import ETAG, PLAIN, store_on
from tests.stores.refusals import problem_of
from tui import __version__
from tui.accounts.clients.retries import ATTEMPTS
from tui.accounts.connections import Connections
from tui.model.identity import Owner
from tui.model.listing import Bucket
from tui.model.problem import ProblemKind
from tui.stores.values import ObjectAttributes, Source

pytestmark = pytest.mark.usefixtures("keys")


def part(body: bytes, *, length: int | None = None) -> bytes:
    return answer("206 Partial Content", body, f"ETag: {ETAG}", length=length)


async def test_a_cut_body_is_asked_for_again(connections: Connections) -> None:
    async with store_on(connections, part(b"cut", length=7), part(b"content")) as (store, server):
        assert await store.read("bucket", "k", etag=ETAG, start=0, length=7) == b"content"
    assert server.requests == ["GET /bucket/k HTTP/1.1"] * 2


async def test_a_body_that_is_always_cut_is_a_problem(connections: Connections) -> None:
    async with store_on(connections, part(b"cut", length=7)) as (store, server):
        problem = await problem_of(store.read("bucket", "k", etag=ETAG, start=0, length=7))
    assert problem.kind is ProblemKind.SERVER  # it was reached
    assert "cut short" in problem.title
    assert problem.operation == "GetObject"
    assert len(server.requests) == ATTEMPTS


async def test_a_server_that_ignores_the_range_is_not_read(connections: Connections) -> None:
    async with store_on(connections, answer("200 OK", b"the whole object", f"ETag: {ETAG}")) as (store, _):
        problem = await problem_of(store.read("bucket", "k", etag=ETAG, start=4, length=5))
    assert problem.kind is ProblemKind.SERVER
    assert "range" in problem.title


async def test_a_damaged_body_is_never_returned(connections: Connections) -> None:
    damaged = answer("206 Partial Content", b"content", f"ETag: {ETAG}", "x-amz-checksum-crc32: AAAAAA==")
    async with store_on(connections, damaged) as (store, server):
        problem = await problem_of(store.read("bucket", "k", etag=ETAG, start=0, length=7))
    assert problem.kind is ProblemKind.MISMATCH
    assert len(server.requests) == ATTEMPTS


async def test_an_error_within_a_200_is_an_error(connections: Connections) -> None:
    inside = answer("200 OK", b"<Error><Code>InternalError</Code><Message>We encountered it</Message></Error>")
    done = answer("200 OK", f"<CopyObjectResult><ETag>{ETAG}</ETag></CopyObjectResult>".encode())
    async with store_on(connections, inside, done) as (store, server):
        assert (await store.copy(Source("bucket", "a", ETAG), "bucket", "b", PLAIN)).etag == ETAG
    assert len(server.requests) == 2
    async with store_on(connections, inside) as (store, server):
        problem = await problem_of(store.copy(Source("bucket", "a", ETAG), "bucket", "b", PLAIN))
        assert problem.kind is ProblemKind.SERVER
        assert problem.cause == "We encountered it"
        problem = await problem_of(anext(store.pages("bucket", "")))
        assert problem.kind is ProblemKind.SERVER


@pytest.mark.parametrize("status", ["403 Forbidden", "400 Bad Request", "405 Method Not Allowed"])
async def test_an_error_without_a_body(connections: Connections, status: str) -> None:
    async with store_on(connections, answer(status)) as (store, _):
        problem = await problem_of(store.settings.bucket_acl("bucket"))
    kinds = {"403": ProblemKind.DENIED, "400": ProblemKind.INVALID, "405": ProblemKind.UNSUPPORTED}
    assert problem.kind is kinds[status[:3]]
    assert (problem.operation, problem.status) == ("GetBucketAcl", int(status[:3]))


async def test_a_web_page_is_no_list(connections: Connections) -> None:
    async with store_on(connections, answer("200 OK", b"<html><body>Welcome</body></html>")) as (store, _):
        problem = await problem_of(anext(store.pages("bucket", "")))
    assert problem.kind is ProblemKind.SERVER
    assert problem.resource == "s3://bucket"


async def test_text_is_no_list(connections: Connections) -> None:
    async with store_on(connections, answer("200 OK", b"hello")) as (store, _):
        problem = await problem_of(anext(store.pages("bucket", "")))
    assert problem.kind is ProblemKind.SERVER


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("", "truncated but has no continuation token"),
        ("<NextContinuationToken>again</NextContinuationToken>", "continuation token repeats"),
    ],
)
async def test_a_list_without_end_ends(connections: Connections, token: str, said: str) -> None:
    body = f"<ListBucketResult><IsTruncated>true</IsTruncated>{token}</ListBucketResult>".encode()
    async with store_on(connections, answer("200 OK", body)) as (store, server):

        async def all_pages() -> None:
            async for _ in store.pages("bucket", ""):
                assert len(server.requests) < 3

        problem = await problem_of(all_pages())
    assert problem.kind is ProblemKind.SERVER
    assert said in problem.cause


async def test_throttling_is_waited_out(connections: Connections) -> None:
    empty = answer("200 OK", b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")
    async with store_on(connections, error("503 Slow Down", "SlowDown"), empty) as (store, server):
        assert (await anext(store.pages("bucket", ""))).last
    assert len(server.requests) == 2


async def test_an_expired_token(connections: Connections) -> None:
    async with store_on(connections, error("400 Bad Request", "ExpiredToken", "The token has expired")) as (store, _):
        problem = await problem_of(store.settings.bucket_acl("bucket"))
    assert problem.kind is ProblemKind.EXPIRED
    assert problem.cause == "The token has expired"


async def test_what_aws_writes_into_a_denial_is_read(connections: Connections) -> None:
    message = (
        "User: arn:aws:iam::222222222222:user/bob is not authorized to perform: s3:GetObjectTagging on resource: "
        "&quot;arn:aws:s3:::media/a b.mp4&quot; because no resource-based policy allows the s3:GetObjectTagging action"
    )
    async with store_on(connections, error("403 Forbidden", "AccessDenied", message)) as (store, _):
        problem = await problem_of(store.tags("media", "a b.mp4"))
    assert (problem.permission, problem.resource) == ("s3:GetObjectTagging", "s3://media/a b.mp4")
    assert "no resource-based policy allows" in problem.cause


async def test_an_archived_object(connections: Connections) -> None:
    async with store_on(connections, error("403 Forbidden", "InvalidObjectState")) as (store, _):
        problem = await problem_of(store.read("bucket", "k", etag=ETAG, start=0, length=1))
    assert problem.kind is ProblemKind.ARCHIVED


async def test_an_unknown_ownership_setting_is_not_taken_for_none(connections: Connections) -> None:
    body = b"<OwnershipControls><Rule><ObjectOwnership>Nobody</ObjectOwnership></Rule></OwnershipControls>"
    async with store_on(connections, answer("200 OK", body)) as (store, _):
        problem = await problem_of(store.settings.ownership("bucket"))
    assert "Nobody" in problem.title


async def test_requests_say_which_program_they_come_from(connections: Connections) -> None:
    async with store_on(connections, answer("200 OK")) as (store, server):
        await store.put("bucket", "k", b"content", PLAIN)
    [headers] = server.headers
    assert f"xs3-tui/{__version__}" in headers
    assert "x-amz-checksum-crc32" in headers.lower()
    assert "aws-chunked" not in headers


async def test_checksums_that_are_not_required_can_be_turned_off(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
    async with store_on(connections, answer("200 OK")) as (store, server):
        await store.put("bucket", "k", b"content", PLAIN)
    [headers] = server.headers
    assert "x-amz-checksum" not in headers.lower()


async def test_a_bucket_of_another_region_is_followed_once(connections: Connections) -> None:
    elsewhere = answer(
        "301 Moved Permanently",
        b"<Error><Code>PermanentRedirect</Code></Error>",
        "x-amz-bucket-region: eu-south-2",
    )
    acl = answer("200 OK", b"<AccessControlPolicy><Owner><ID>me</ID></Owner></AccessControlPolicy>")
    async with store_on(connections, elsewhere, acl, acl, answer("200 OK")) as (store, server):
        assert (await store.settings.bucket_acl("bucket")).owner.id == "me"
        assert (await store.settings.bucket_acl("bucket")).owner.id == "me"
        assert (await store.settings.effective_endpoint("bucket")).signing_region == "eu-south-2"
    regions = [headers.partition("Credential=")[2].split("/")[2] for headers in server.headers]
    assert regions == ["us-east-1", "eu-south-2", "eu-south-2", "eu-south-2"]


async def test_another_version_is_never_read_for_the_pinned_one(connections: Connections) -> None:
    other = answer("206 Partial Content", b"content", 'ETag: "00000000000000000000000000000000"')
    async with store_on(connections, other) as (store, _):
        problem = await problem_of(store.read("bucket", "k", etag=ETAG, start=0, length=7))
    assert problem.kind is ProblemKind.CHANGED


@pytest.mark.parametrize("header", ["Last-Modified: yesterday", "Content-Length: many"])
async def test_a_head_that_cannot_be_read(connections: Connections, header: str) -> None:
    async with store_on(connections, answer("200 OK", b"", f"ETag: {ETAG}", header)) as (store, _):
        problem = await problem_of(store.head("bucket", "k"))
    assert problem.kind in (ProblemKind.SERVER, ProblemKind.UNREACHABLE)
    assert "settings" not in problem.title


async def test_answers_that_lack_what_they_must_hold(connections: Connections) -> None:
    async with store_on(connections, answer("200 OK", b"<X/>")) as (store, _):
        source = Source("bucket", "a", ETAG)
        for request in (
            store.create_upload("bucket", "k", PLAIN),
            store.upload_part("bucket", "k", "upload", 1, b"x", start=0),
            store.copy_part(source, 0, 1, "bucket", "k", "upload", 1),
        ):
            problem = await problem_of(request)
            assert problem.kind is ProblemKind.SERVER
            assert problem.title == "the server's response cannot be read"


async def test_expired_credentials_are_named_though_a_head_has_no_words(connections: Connections) -> None:
    expired = error("400 Bad Request", "ExpiredToken", "The provided token has expired.")
    bare = answer("400 Bad Request")
    async with store_on(connections, bare, bare, expired) as (store, server):
        problem = await problem_of(store.head("bucket", "k"))
    # botocore asks for the bucket's region after a bare 400
    assert [line.split()[0] for line in server.requests] == ["HEAD", "HEAD", "GET"]
    assert (problem.kind, problem.cause) == (ProblemKind.EXPIRED, "The provided token has expired.")
    assert (problem.operation, problem.resource) == ("GetObject", "s3://bucket/k")


async def test_tokens_that_go_round_in_a_circle_end(connections: Connections) -> None:
    pages = [
        answer(
            "200 OK",
            "<ListBucketResult><IsTruncated>true</IsTruncated>"
            f"<NextContinuationToken>{number}</NextContinuationToken></ListBucketResult>".encode(),
        )
        for number in (1, 2, 3)
    ]
    async with store_on(connections, *pages * 10) as (store, server):

        async def all_pages() -> None:
            async for _ in store.pages("bucket", ""):
                assert len(server.requests) < 12

        problem = await problem_of(all_pages())
    assert "continuation token repeats" in problem.cause


async def test_headers_that_are_no_utf8_are_text_all_the_same(connections: Connections) -> None:
    head = answer("200 OK", b"", f"ETag: {ETAG}", "x-amz-meta-who: WHO", "Content-Disposition: inline; filename=WHO")
    latin = head.replace(b"WHO", "Grüße".encode("latin-1"))
    async with store_on(connections, latin, answer("200 OK", b"", f"ETag: {ETAG}")) as (store, _):
        found = await store.head("bucket", "k")
        assert found.metadata == {"who": "Grüße"}
        assert found.headers["ContentDisposition"] == "inline; filename=Grüße"
        await store.put("bucket", "copy", b"", ObjectAttributes(headers=found.headers, metadata=found.metadata))


async def test_what_is_no_http_is_not_taken_for_no_answer(connections: Connections) -> None:
    """Ceph 18 sometimes sends the body of a GetPublicAccessBlock that has nothing to say without any status line."""
    async with store_on(connections, b"<?xml version='1.0'?><Error/>\r\n\r\n") as (store, _):
        problem = await problem_of(store.settings.public_access_block("bucket"))
    assert (problem.kind, problem.title) == (ProblemKind.SERVER, "the server's response cannot be read")


async def test_a_bucket_says_what_the_server_says_of_it_and_no_more(connections: Connections) -> None:
    listed = (
        b"<ListAllMyBucketsResult><Owner><ID>me</ID></Owner><Buckets>"
        b"<Bucket><Name>bare</Name></Bucket>"
        b"<Bucket><Name>full</Name><CreationDate>1970-01-01T00:01:00Z</CreationDate>"
        b"<BucketRegion>eu-west-1</BucketRegion></Bucket></Buckets></ListAllMyBucketsResult>"
    )
    async with store_on(connections, answer("200 OK", listed)) as (store, _):
        found = await store.buckets()
    assert found.buckets == [Bucket("bare", 0.0, ""), Bucket("full", 60.0, "eu-west-1")]
    assert found.owner == Owner("me")


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("DisabledException", "enable the KMS key, or choose another one"),
        (
            "KMSInvalidStateException",
            "check the state of the KMS key (it may be pending deletion), or choose another one",
        ),
        ("InvalidStateException", "check the state of the KMS key (it may be pending deletion), or choose another one"),
        ("InvalidKeyUsageException", "choose a symmetric KMS key for encryption"),
        ("NotFoundException", "use a KMS key in the bucket's region; for a key of another account use its ARN"),
        (
            "KeyUnavailableException",
            "the key store of the KMS key is unavailable: try again later, or choose another key",
        ),
        ("NewException", "check the KMS key of the object or bucket"),
    ],
)
async def test_what_is_wrong_with_a_kms_key_and_what_to_do(connections: Connections, code: str, remedy: str) -> None:
    async with store_on(connections, error("400 Bad Request", f"KMS.{code}", "as KMS says it")) as (store, _):
        problem = await problem_of(store.put("bucket", "k", b"", PLAIN))
    assert (problem.code, problem.remedy) == (f"KMS.{code}", remedy)
    assert problem.title == f"the KMS key cannot be used (KMS.{code})"
