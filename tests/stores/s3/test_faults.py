"""What a broken or strange server makes the store say, and how it comes to what it wanted all the same."""

import base64
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import product

import pytest

from tests.stores.conftest import BOTH_WAYS
from tests.stores.faults import ETAG, PLAIN, FaultyServer, answer, error, store_on
from tests.stores.refusals import problem_of, whole_list
from tests.stores.test_endpoint import ASKING
from tui import __version__
from tui.aws.connection import ATTEMPTS, ONE_ATTEMPT
from tui.core.identity import Owner
from tui.core.listing import Bucket
from tui.core.problem import ProblemError, ProblemKind
from tui.stores.digests import KNOWN, checksum_of, hashed
from tui.stores.s3.multipart import ABORT_ATTEMPTS, multipart_etag
from tui.stores.s3.s3_store import S3Store
from tui.stores.store_values import ONLY_NEW, Checksum, CompletedPart, CopySource, ObjectAttributes, WriteCondition

pytestmark = pytest.mark.usefixtures("keys")


async def read(store: S3Store) -> bytes:
    return await store.read("bucket", "k", etag=ETAG, start=0, length=7)


async def fetched(store: S3Store) -> bytes:
    return (await store.fetch("bucket", "k", etag=ETAG, size=7)).content


@BOTH_WAYS
@pytest.mark.parametrize(("status", "reading"), [("206 Partial Content", read), ("200 OK", fetched)])
async def test_a_body_that_was_cut_or_damaged_is_asked_for_again(
    short_way: bool, status: str, reading: Callable[[S3Store], Awaitable[bytes]]
) -> None:
    cut = answer(status, b"cut", f"ETag: {ETAG}", length=7)
    damaged = answer(status, b"content", f"ETag: {ETAG}", "x-amz-checksum-crc32: AAAAAA==")
    whole = answer(status, b"content", f"ETag: {ETAG}")
    for fault, kind, words in (  # the server was reached
        (cut, ProblemKind.SERVER, "cut short"),
        (damaged, ProblemKind.MISMATCH, "its CRC32 differs"),
    ):
        async with store_on(fault, whole, short_way=short_way) as (store, server):
            assert await reading(store) == b"content"
        assert server.requests == ["GET /bucket/k HTTP/1.1"] * 2
        assert all("if-match" in headers.lower() for headers in server.headers)
        async with store_on(fault, short_way=short_way) as (store, server):
            problem = await problem_of(reading(store))
        assert (problem.kind, problem.operation) == (kind, "GetObject")
        assert words in problem.sentence()
        assert len(server.requests) == ATTEMPTS


def bucket_acl(store: S3Store) -> Awaitable[object]:
    return store.settings.bucket_acl("bucket")


def listed(store: S3Store) -> Awaitable[object]:
    return anext(store.pages("bucket", ""))


Request = Callable[[S3Store], Awaitable[object]]
NOBODY = b"<OwnershipControls><Rule><ObjectOwnership>Nobody</ObjectOwnership></Rule></OwnershipControls>"
UNREADABLE = "the server's response cannot be read"
ANSWERS: dict[str, tuple[bytes, Request, ProblemKind, str]] = {
    "the range was ignored": (
        answer("200 OK", b"the whole object", f"ETag: {ETAG}"),
        lambda store: store.read("bucket", "k", etag=ETAG, start=4, length=5),
        ProblemKind.SERVER,
        "range",
    ),
    "another version than the pinned one": (
        answer("206 Partial Content", b"content", 'ETag: "00000000000000000000000000000000"'),
        read,
        ProblemKind.CHANGED,
        "",
    ),
    "archived": (error("403 Forbidden", "InvalidObjectState"), read, ProblemKind.ARCHIVED, ""),
    "a web page": (answer("200 OK", b"<html><body>Welcome</body></html>"), listed, ProblemKind.SERVER, ""),
    "text": (answer("200 OK", b"hello"), listed, ProblemKind.SERVER, ""),
    "no list of versions": (
        answer("200 OK", b"<html/>"),
        lambda store: store.versions_page("bucket", ""),
        ProblemKind.SERVER,
        "expected a list of versions",
    ),
    # Ceph 18 sometimes sends the body of a GetPublicAccessBlock that has nothing to say without any status line
    "no HTTP": (
        b"<?xml version='1.0'?><Error/>\r\n\r\n",
        lambda store: store.settings.public_access_block("bucket"),
        ProblemKind.SERVER,
        UNREADABLE,
    ),
    "403 and no words": (answer("403 Forbidden"), bucket_acl, ProblemKind.DENIED, ""),
    "400 and no words": (answer("400 Bad Request"), bucket_acl, ProblemKind.INVALID, ""),
    "405 and no words": (answer("405 Method Not Allowed"), bucket_acl, ProblemKind.UNSUPPORTED, ""),
    "an expired token": (
        error("400 Bad Request", "ExpiredToken", "It is over"),
        bucket_acl,
        ProblemKind.EXPIRED,
        "It is over",
    ),
    "more tags than it may have": (
        answer("200 OK", b"<Tagging><TagSet>%b</TagSet></Tagging>" % (b"<Tag><Key>k</Key><Value/></Tag>" * 1001)),
        lambda store: store.tags("bucket", "k"),
        ProblemKind.UNSUPPORTED,
        "too many tags",
    ),
    "an unknown setting": (
        answer("200 OK", NOBODY),
        lambda store: store.settings.ownership("bucket"),
        ProblemKind.UNSUPPORTED,
        "Nobody",
    ),
}


@BOTH_WAYS
async def test_what_an_answer_makes_a_request_say(short_way: bool) -> None:
    for name, (said, request, kind, words) in ANSWERS.items():
        async with store_on(said, short_way=short_way) as (store, _):
            problem = await problem_of(request(store))
        assert problem.kind is kind, name
        assert problem.resource.startswith("s3://bucket"), name
        assert words in problem.sentence(), name


@BOTH_WAYS
async def test_an_error_within_a_200_is_an_error(short_way: bool) -> None:
    inside = answer("200 OK", b"<Error><Code>InternalError</Code><Message>We encountered it</Message></Error>")
    async with store_on(inside, answer("200 OK", COPIED), short_way=short_way) as (store, server):
        assert (await store.copy(CopySource("bucket", "a", ETAG), "bucket", "b", PLAIN)).etag == ETAG
    assert len(server.requests) == 2
    async with store_on(inside, short_way=short_way) as (store, server):
        problem = await problem_of(store.copy(CopySource("bucket", "a", ETAG), "bucket", "b", PLAIN))
        assert problem.kind is ProblemKind.SERVER
        assert problem.cause == "We encountered it"
        assert (await problem_of(anext(store.pages("bucket", "")))).kind is ProblemKind.SERVER


async def test_an_error_that_names_no_version_is_that_of_all_versions_of_its_key() -> None:
    """And a server that fails is not asked for each of them."""
    versions = [("k", "1"), ("k", "2"), ("l", "3")]
    refused = answer("200 OK", b"<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code></Error></DeleteResult>")
    async with store_on(refused, error("503 Unavailable", "SlowDown"), attempts=ONE_ATTEMPT) as (store, server):
        problems = await store.delete_versions("bucket", versions)
        assert {version: each.kind for version, each in problems.items()} == dict.fromkeys(
            versions[:2], ProblemKind.DENIED
        )
        assert (await problem_of(store.delete_versions("bucket", versions))).kind is ProblemKind.THROTTLED
    assert server.requests == ["POST /bucket?delete HTTP/1.1"] * 2


def page(token: int | str) -> bytes:
    more = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    return answer("200 OK", f"<ListBucketResult><IsTruncated>true</IsTruncated>{more}</ListBucketResult>".encode())


async def test_a_list_without_end_ends() -> None:
    for pages, words, most in (
        ([page("")], "truncated but has no continuation token", 1),
        ([page(number) for number in (1, 2, 3)] * 10, "continuation token repeats", 11),
    ):
        async with store_on(*pages) as (store, server):
            problem = await problem_of(whole_list(store, "bucket"))
        assert problem.kind is ProblemKind.SERVER
        assert words in problem.cause
        assert len(server.requests) <= most


@BOTH_WAYS
async def test_throttling_is_waited_out(short_way: bool) -> None:
    empty = answer("200 OK", b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")
    async with store_on(error("503 Slow Down", "SlowDown"), empty, short_way=short_way) as (store, server):
        assert (await anext(store.pages("bucket", ""))).last
    assert len(server.requests) == 2


async def test_what_aws_writes_into_a_denial_is_read() -> None:
    message = (
        "User: arn:aws:iam::222222222222:user/bob is not authorized to perform: s3:GetObjectTagging on resource: "
        "&quot;arn:aws:s3:::media/a b.mp4&quot; because no resource-based policy allows the s3:GetObjectTagging action"
    )
    async with store_on(error("403 Forbidden", "AccessDenied", message)) as (store, _):
        problem = await problem_of(store.tags("media", "a b.mp4"))
    assert (problem.permission, problem.resource) == ("s3:GetObjectTagging", "s3://media/a b.mp4")
    assert "no resource-based policy allows" in problem.cause


@BOTH_WAYS
async def test_requests_say_which_program_they_come_from_and_have_a_checksum_if_they_may(
    short_way: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with store_on(answer("200 OK"), short_way=short_way) as (store, server):
        await store.put("bucket", "k", b"content", PLAIN)
    [headers] = server.headers
    assert f"xs3-tui/{__version__}" in headers
    assert "x-amz-checksum-crc32" in headers.lower()
    assert "aws-chunked" not in headers
    monkeypatch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
    async with store_on(answer("200 OK"), short_way=short_way) as (store, server):
        await store.put("bucket", "k", b"content", PLAIN)
    assert "x-amz-checksum" not in server.headers[0].lower()


@BOTH_WAYS
async def test_a_head_that_cannot_be_read(short_way: bool) -> None:
    for header in ("Last-Modified: yesterday", "Content-Length: many"):
        async with store_on(answer("200 OK", b"", f"ETag: {ETAG}", header), short_way=short_way) as (store, _):
            problem = await problem_of(store.head("bucket", "k"))
        assert problem.kind in (ProblemKind.SERVER, ProblemKind.UNREACHABLE)
        assert "settings" not in problem.title


@BOTH_WAYS
async def test_answers_that_lack_what_they_must_hold(short_way: bool) -> None:
    async with store_on(answer("200 OK", b"<X/>"), short_way=short_way) as (store, _):
        source = CopySource("bucket", "a", ETAG)
        for request in (
            store.create_upload("bucket", "k", PLAIN),
            store.upload_part("bucket", "k", "upload", 1, b"x", start=0),
            store.copy_part(source, 0, 1, "bucket", "k", "upload", 1),
        ):
            problem = await problem_of(request)
            assert problem.kind is ProblemKind.SERVER
            assert problem.title == "the server's response cannot be read"


@BOTH_WAYS
async def test_expired_credentials_are_named_though_a_head_has_no_words(short_way: bool) -> None:
    expired = error("400 Bad Request", "ExpiredToken", "The provided token has expired.")
    bare = answer("400 Bad Request")
    async with store_on(bare, bare, expired, short_way=short_way) as (store, server):
        problem = await problem_of(store.head("bucket", "k"))
    # botocore asks for the bucket's region after a bare 400
    assert [line.split()[0] for line in server.requests] == ["HEAD", "HEAD", "GET"]
    assert (problem.kind, problem.cause) == (ProblemKind.EXPIRED, "The provided token has expired.")
    assert (problem.operation, problem.resource) == ("GetObject", "s3://bucket/k")


@BOTH_WAYS
async def test_headers_that_are_no_utf8_are_text_all_the_same(short_way: bool) -> None:
    head = answer("200 OK", b"", f"ETag: {ETAG}", "x-amz-meta-who: WHO", "Content-Disposition: inline; filename=WHO")
    latin = head.replace(b"WHO", "Grüße".encode("latin-1"))
    async with store_on(latin, answer("200 OK", b"", f"ETag: {ETAG}"), short_way=short_way) as (store, _):
        found = await store.head("bucket", "k")
        assert found.metadata == {"who": "Grüße"}
        assert found.headers["ContentDisposition"] == "inline; filename=Grüße"
        await store.put("bucket", "copy", b"", ObjectAttributes(headers=found.headers, metadata=found.metadata))


async def test_a_bucket_says_what_the_server_says_of_it_and_no_more() -> None:
    listed = (
        b"<ListAllMyBucketsResult><Owner><ID>me</ID></Owner><Buckets>"
        b"<Bucket><Name>bare</Name></Bucket>"
        b"<Bucket><Name>full</Name><CreationDate>1970-01-01T00:01:00Z</CreationDate>"
        b"<BucketRegion>eu-west-1</BucketRegion></Bucket></Buckets></ListAllMyBucketsResult>"
    )
    async with store_on(answer("200 OK", listed)) as (store, _):
        found = await store.buckets()
    assert found.buckets == [Bucket("bare", 0.0, ""), Bucket("full", 60.0, "eu-west-1")]
    assert found.owner == Owner("me")


STATE = "check the state of the KMS key (it may be pending deletion), or choose another one"
KMS = {
    "DisabledException": "enable the KMS key, or choose another one",
    "KMSInvalidStateException": STATE,
    "InvalidStateException": STATE,
    "InvalidKeyUsageException": "choose a symmetric KMS key for encryption",
    "NotFoundException": "use a KMS key in the bucket's region; for a key of another account use its ARN",
    "KeyUnavailableException": "the key store of the KMS key is unavailable: try again later, or choose another key",
    "NewException": "check the KMS key of the object or bucket",
}


async def test_what_is_wrong_with_a_kms_key_and_what_to_do() -> None:
    async with store_on(*(error("400 Bad Request", f"KMS.{code}", "as KMS says it") for code in KMS)) as (store, _):
        for code, remedy in KMS.items():
            problem = await problem_of(store.put("bucket", "k", b"", PLAIN))
            assert (problem.code, problem.remedy) == (f"KMS.{code}", remedy)
            assert problem.title == f"the KMS key cannot be used (KMS.{code})"


async def test_another_object_is_not_fetched_from_a_server_that_does_not_know_if_match() -> None:
    longer = answer("200 OK", b"another, longer one", f"ETag: {ETAG}")
    for another in (longer, answer("200 OK", b"content", 'ETag: "another"')):
        async with store_on(another) as (store, server):
            problem = await problem_of(store.fetch("bucket", "k", etag=ETAG, size=7))
        assert problem.kind is ProblemKind.CHANGED
        assert len(server.requests) == 1


@BOTH_WAYS
async def test_a_server_is_recognised_by_its_headers(short_way: bool) -> None:
    for header, known in (
        ("Server: AmazonS3", True),
        ("Server: MinIO", True),
        ("x-rgw-object-type: Normal", True),
        ("Server: nginx", False),
    ):
        async with store_on(answer("200 OK", b"", f"ETag: {ETAG}", header), short_way=short_way) as (store, _):
            assert not store.capabilities.counts_tags
            await store.head("bucket", "k")
            assert (store.capabilities.counts_tags, store.capabilities.copies_as_is) == (known, known)


async def test_no_version_is_told_of_a_copy_where_nobody_may_know_whether_the_bucket_keeps_any() -> None:
    """Ceph does not say which version a copy has made: the latest one may be of somebody else."""
    ceph = answer("200 OK", b"", f"ETag: {ETAG}", "x-rgw-object-type: Normal", "x-amz-version-id: v1")
    copied, refused = answer("200 OK", COPIED), error("403 Forbidden", "AccessDenied")
    async with store_on(ceph, copied, refused, copied, ceph) as (store, server):
        await store.head("bucket", "k")
        made = [await store.copy(CopySource("bucket", "a", ETAG), "bucket", "k", PLAIN) for _ in range(2)]
    assert ([each.version for each in made], len(server.requests)) == (["", ""], 4)


async def test_a_bucket_is_a_website_or_not() -> None:
    missing = error("404 Not Found", "NoSuchWebsiteConfiguration")
    async with store_on(answer("200 OK", b"<WebsiteConfiguration/>"), missing) as (store, _):
        assert [await store.settings.website("bucket") for _ in range(2)] == [True, False]


BODY = b"content"


KINDS = [
    ("AAAA", "x-amz-checksum-type: FULL_OBJECT", True),
    ("AAAA-2", "x-amz-checksum-type: COMPOSITE", False),
    ("AAAA", "x-amz-checksum-type: COMPOSITE", False),
    ("AAAA", "x-other: 1", True),
    ("AAAA-2", "x-other: 1", False),
]


@BOTH_WAYS
async def test_heads_have_them(short_way: bool) -> None:
    cases = [(algorithm, *kind) for algorithm in KNOWN for kind in KINDS]
    answers = [
        answer("200 OK", b"", f"ETag: {ETAG}", f"x-amz-checksum-{algorithm.lower()}: {value}", kind)
        for algorithm, value, kind, _ in cases
    ]
    async with store_on(*answers, short_way=short_way) as (store, _):
        found = [(await store.head("bucket", "k")).checksums for _ in cases]
    assert found == [[Checksum(algorithm, value, full_object=whole)] for algorithm, value, _, whole in cases]


async def test_a_body_that_is_not_what_its_checksum_says_is_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for algorithm in ("SHA512", "MD5"):
        value = base64.b64encode(hashlib.new(algorithm, b"another", usedforsecurity=False).digest()).decode()
        header = f"x-amz-checksum-{algorithm.lower()}: {value}"
        async with store_on(answer("206 Partial Content", BODY, f"ETag: {ETAG}", header)) as (store, _):
            problem = await problem_of(store.read("bucket", "k", etag=ETAG, start=0, length=len(BODY)))
        assert problem.kind is ProblemKind.MISMATCH
        assert algorithm in problem.cause


async def test_a_body_beside_a_checksum_that_cannot_be_computed_is_read() -> None:
    headers = [f"x-amz-checksum-{algorithm}: AAAA" for algorithm in ("xxhash64", "xxhash3", "xxhash128")]
    answers = [answer("206 Partial Content", BODY, f"ETag: {ETAG}", header) for header in headers]
    async with store_on(*answers) as (store, _):
        for _ in answers:
            assert await store.read("bucket", "k", etag=ETAG, start=0, length=len(BODY)) == BODY


async def test_an_upload_is_aborted_until_no_part_is_left() -> None:
    left = answer("200 OK", b"<ListPartsResult><Part><PartNumber>1</PartNumber></Part></ListPartsResult>")
    gone = error("404 Not Found", "NoSuchUpload")
    async with store_on(answer("204 No Content"), left, answer("204 No Content"), gone) as (store, server):
        await store.abort_upload("bucket", "k", "upload")
    assert [line.split()[0] for line in server.requests] == ["DELETE", "GET"] * 2
    async with store_on(left) as (store, server):
        problem = await problem_of(store.abort_upload("bucket", "k", "upload"))
    assert problem.operation == "AbortMultipartUpload"
    assert len(server.requests) == 2 * ABORT_ATTEMPTS


async def test_a_completion_whose_answer_was_lost() -> None:
    parts, gone = [CompletedPart(1, ETAG)], error("404 Not Found", "NoSuchUpload")
    etag = multipart_etag(parts)
    async with store_on(gone, answer("200 OK", b"", f"ETag: {etag}")) as (store, _):
        assert (await store.complete_upload("bucket", "k", "upload", parts)).etag == etag
    async with store_on(gone, answer("200 OK", b"", f"ETag: {ETAG}")) as (store, _):
        assert (await problem_of(store.complete_upload("bucket", "k", "upload", parts))).code == "NoSuchUpload"


@BOTH_WAYS
async def test_a_new_object_whose_answer_was_lost_is_our_own(short_way: bool) -> None:
    body, taken = b"", error("412 Precondition Failed", "PreconditionFailed")
    lost = answer("500 Internal Server Error")
    async with store_on(lost, taken, answer("200 OK", b"", f"ETag: {ETAG}"), short_way=short_way) as (store, server):
        assert (await store.put("bucket", "k", body, PLAIN, when=ONLY_NEW)).etag == ETAG  # the MD5 of nothing
    assert [line.split()[0] for line in server.requests] == ["PUT", "PUT", "HEAD"]
    assert "if-none-match: *" in server.headers[0].lower()


OTHER = '"00000000000000000000000000000000"'
SOURCE = CopySource("from", "k", ETAG)

REFUSALS = {
    "not implemented": error("501 Not Implemented", "NotImplemented"),
    "invalid argument": error("400 Bad Request", "InvalidArgument", "If-None-Match is not supported"),
    "invalid request": error("400 Bad Request", "InvalidRequest"),
}
COPIED = f"<CopyObjectResult><ETag>{ETAG}</ETag></CopyObjectResult>".encode()
COMPLETED = f"<CompleteMultipartUploadResult><ETag>{ETAG}</ETag></CompleteMultipartUploadResult>".encode()

Write = Callable[[S3Store, bool, str], Awaitable[object]]
WRITES: dict[str, tuple[Write, bytes]] = {
    "PutObject": (
        lambda store, new, etag: store.put("bucket", "k", b"", PLAIN, when=WriteCondition(new, etag)),
        answer("200 OK", b"", f"ETag: {ETAG}"),
    ),
    "CopyObject": (
        lambda store, new, etag: store.copy(SOURCE, "bucket", "k", PLAIN, when=WriteCondition(new, etag)),
        answer("200 OK", COPIED),
    ),
    "CompleteMultipartUpload": (
        lambda store, new, etag: store.complete_upload(
            "bucket", "k", "upload", [CompletedPart(1, ETAG)], when=WriteCondition(new, etag)
        ),
        answer("200 OK", COMPLETED),
    ),
}


@pytest.mark.parametrize("operation", WRITES)
async def test_the_conditions_are_sent(operation: str) -> None:
    write, done = WRITES[operation]
    async with store_on(done) as (store, server):
        for new, replaces in ((True, ""), (False, OTHER), (False, "")):
            await write(store, new, replaces)
    conditions = [[line for line in each.lower().split("\r\n") if line.startswith("if-")] for each in server.headers]
    assert conditions == [["if-none-match: *"], [f"if-match: {OTHER}"], []]


@pytest.mark.parametrize("operation", WRITES)
async def test_a_server_that_refuses_a_condition_is_written_to_without_it(operation: str) -> None:
    write, done = WRITES[operation]
    for refusal, replaces in product(REFUSALS.values(), ("", OTHER)):
        async with store_on(refusal, done) as (store, server):
            before = store.capabilities.conditional_writes
            await write(store, not replaces, replaces)
            assert (before, store.capabilities.conditional_writes) == (True, False)
            await write(store, not replaces, replaces)
        conditional = ["if-none-match:" in each.lower() or "if-match:" in each.lower() for each in server.headers]
        # CopySourceIfMatch is another header, and stays
        assert conditional == ([True, True, True] if operation == "CopyObject" else [True, False, False])


async def test_a_refusal_of_something_else_is_raised() -> None:
    async with store_on(REFUSALS["invalid argument"]) as (store, server):
        await problem_of(store.put("bucket", "k", b"", PLAIN, when=ONLY_NEW))
        assert store.capabilities.conditional_writes  # nothing was learned
        assert len(server.requests) == 2


async def test_a_write_whose_answer_was_lost_is_known_by_its_checksum() -> None:
    """It is sent again, and finds what it has written itself; encrypted by a key of KMS that has an ETag of its own."""
    digests = await hashed(b"ours", "CRC32")
    for content, replaces in product((b"ours", b"theirs"), ("", OTHER)):
        there = f"x-amz-checksum-crc32: {checksum_of(content, 'CRC32').value}"
        head = answer("200 OK", b"", 'ETag: "kms"', there)
        async with store_on(error("412 Precondition Failed", "PreconditionFailed"), head) as (store, _):
            writing = store.put(
                "bucket", "k", b"ours", PLAIN, when=WriteCondition(not replaces, replaces), digests=digests
            )
            if content == b"ours":
                assert (await writing).etag == '"kms"'
            else:
                problem, done = await problem_of(writing), "changed" if replaces else "written"
                assert problem.kind is ProblemKind.EXISTS
                assert problem.title.startswith(f"s3://bucket/k was {done} by someone else")


LAST_MODIFIED = "Last-Modified: Mon, 30 Nov 2026 21:00:55 GMT"
AN_OBJECT = answer("200 OK", b"<Tagging><TagSet/></Tagging>", f"ETag: {ETAG}", LAST_MODIFIED)
A_LIST = answer("200 OK", b'<?xml version="1.0"?>\n<ListBucketResult><Name>bucket</Name>\x01</ListBucketResult>')

UNKNOWING = {
    "501": error("501 Not Implemented", "NotImplemented"),
    "405": error("405 Method Not Allowed", "MethodNotAllowed"),
    "400": error("400 Bad Request", "InvalidArgument"),
    "object": answer("200 OK", b"x" * 4096, f"ETag: {ETAG}", LAST_MODIFIED, length=1 << 40),
    "empty": answer("200 OK", b""),
    "other": answer("200 OK", b"<Tagging><TagSet/></Tagging>"),
}


async def test_servers_that_do_not_know_annotations_are_asked_once() -> None:
    for name, unknowing in UNKNOWING.items():
        async with store_on(unknowing) as (store, server):
            assert await store.annotations("bucket", "k") is None, name
            assert await store.annotations("bucket", "another") is None
        assert len(server.requests) == 1


UNKNOWN: dict[str, tuple[bytes, Request]] = {
    "GetObjectTagging": (AN_OBJECT, lambda store: store.tags("bucket", "k")),
    "GetObjectAcl": (AN_OBJECT, lambda store: store.object_acl("bucket", "k")),
    "GetObjectRetention": (AN_OBJECT, lambda store: store.settings.retention("bucket", "k")),
    "GetBucketAcl": (A_LIST, bucket_acl),
    "GetBucketPolicy": (A_LIST, lambda store: store.settings.policy("bucket")),
    "GetPublicAccessBlock": (A_LIST, lambda store: store.settings.public_access_block("bucket")),
    "GetBucketWebsite": (A_LIST, lambda store: store.settings.website("bucket")),
    "GetBucketRequestPayment": (A_LIST, lambda store: store.settings.payer("bucket")),
}


async def test_an_answer_to_another_request_says_that_the_server_does_not_know_the_operation() -> None:
    """As `rclone serve s3` answers ``?tagging`` with the object."""
    for (operation, (said, asking)), short_way in product(UNKNOWN.items(), (True, False)):
        async with store_on(said, short_way=short_way) as (store, server):
            first = await problem_of(asking(store))
            again = await problem_of(asking(store))
        assert (first.kind, first.title) == (ProblemKind.UNSUPPORTED, f"this server does not support {operation}")
        assert (again, first.code, len(server.requests)) == (first, "", 1), operation


async def test_versions_go_alone_where_the_server_takes_no_batches() -> None:
    """Not where it is the bucket that is not there."""
    async with store_on(error("501 Not Implemented", "NotImplemented"), answer("204 No Content")) as (store, server):
        assert await store.delete_versions("bucket", [("k", "v")]) == {}
    assert [line.split()[0] for line in server.requests] == ["POST", "DELETE"]
    async with store_on(error("404 Not Found", "NoSuchBucket")) as (store, server):
        await problem_of(store.delete_versions("bucket", [("k", "v")]))
    assert len(server.requests) == 1


async def test_a_bucket_that_lists_itself_has_no_object_ownership() -> None:
    async with store_on(A_LIST) as (store, server):
        assert await store.settings.ownership("bucket") is None
        assert not await store.settings.has_ownership("bucket")
    assert len(server.requests) == 2


async def test_nothing_is_written_by_an_operation_that_the_server_takes_for_another() -> None:
    """A PUT with ``?tagging`` or ``?acl`` would replace the object."""
    writes: dict[str, Request] = {
        "GetObjectTagging": lambda store: store.put_tags("bucket", "k", [("a", "b")]),
        "GetObjectAcl": lambda store: store.put_object_acl("bucket", "k", canned="private"),
    }
    for missing, writing in writes.items():
        async with store_on(AN_OBJECT) as (store, server):
            for _ in range(2):
                assert missing in (await problem_of(writing(store))).title
        assert [line.split()[0] for line in server.requests] == ["GET"]


async def test_a_write_with_tags_shows_whether_the_server_has_any() -> None:
    tags = [("a", "b")]
    tagged, part = ObjectAttributes(tags=tags), CompletedPart(1, ETAG)
    writes: list[tuple[bytes, Request]] = [
        (b"", lambda store: store.put("bucket", "k", b"", tagged)),
        (COPIED, lambda store: store.copy(CopySource("bucket", "a", ETAG), "bucket", "k", tagged)),
        (COMPLETED, lambda store: store.complete_upload("bucket", "k", "upload", [part], tags=tags)),
    ]
    for body, writing in writes:
        async with store_on(answer("200 OK", body, f"ETag: {ETAG}"), AN_OBJECT) as (store, server):
            await writing(store)
            assert not store.capabilities.tags
        assert [line.split()[0] for line in server.requests][1:] == ["GET"]
    document = answer("200 OK", b"<Tagging><TagSet/></Tagging>")
    async with store_on(answer("200 OK", b"", f"ETag: {ETAG}"), document) as (store, _):
        await store.put("bucket", "k", b"", tagged)
        assert store.capabilities.tags


async def test_the_size_of_parts_is_not_known_where_the_server_does_not_say_it() -> None:
    """With 412 a server says that the part has another ETag than the object."""
    for status in ("412 Precondition Failed", "400 Bad Request", "501 Not Implemented", "200 OK"):
        async with store_on(answer(status)) as (store, _):
            assert await store.part_size("bucket", "k", etag=ETAG) == 0, status


async def test_annotations_without_an_end_are_given_up() -> None:
    page = "".join(f"<AnnotationEntry><AnnotationName>n{n}</AnnotationName></AnnotationEntry>" for n in range(400))
    body = (
        f"<ListObjectAnnotationsOutput><Annotations>{page}</Annotations>"
        "<NextContinuationToken>again</NextContinuationToken></ListObjectAnnotationsOutput>"
    ).encode()
    async with store_on(answer("200 OK", body)) as (store, server):
        assert "never ends" in (await problem_of(store.annotations("bucket", "k"))).sentence()
    assert len(server.requests) == 3
    async with store_on(answer("200 OK", b"x" * ((1 << 20) + 1))) as (store, server):
        assert "too large" in (await problem_of(store.annotation("bucket", "k", "name"))).sentence()


HOME, AWAY = "eu-central-1", "eu-south-2"
REGION = f"x-amz-bucket-region: {AWAY}"
DENIED = answer("403 Forbidden")


def regions(server: FaultyServer) -> list[str]:
    return [headers.partition("Credential=")[2].split("/")[2] for headers in server.headers]


def said(status: str, code: str, *headers: str, inside: str = "") -> bytes:
    return answer(status, f"<Error><Code>{code}</Code>{inside}</Error>".encode(), *headers)


ELSEWHERE = {
    "moved": [said("301 Moved Permanently", "PermanentRedirect", REGION)],
    "for now": [said("307 Temporary Redirect", "TemporaryRedirect", REGION)],
    "wrongly signed": [said("400 Bad Request", "AuthorizationHeaderMalformed", inside=f"<Region>{AWAY}</Region>")],
    "opt-in region": [said("400 Bad Request", "IllegalLocationConstraintException", REGION)],
    "moved, and HeadBucket is denied": [
        said("301 Moved Permanently", "PermanentRedirect"),
        answer("403 Forbidden", b"", REGION),
    ],
}


@pytest.mark.parametrize("answers", ELSEWHERE.values(), ids=ELSEWHERE)
async def test_every_answer_that_says_elsewhere_is_followed(answers: list[bytes]) -> None:
    async with store_on(*answers, DENIED, attempts=ONE_ATTEMPT, region=HOME) as (store, server):
        assert (await problem_of(store.settings.bucket_acl("bucket"))).kind is ProblemKind.DENIED
        assert regions(server) == [*[HOME] * len(answers), AWAY]
        await problem_of(store.tags("bucket", "k"))
        assert regions(server)[-1] == AWAY, "it is remembered"
        assert (await store.settings.effective_endpoint("bucket")).signing_region == AWAY
        await problem_of(store.tags("another", "k"))
        assert regions(server)[-1] == HOME


@BOTH_WAYS
async def test_a_head_that_does_not_say_where(short_way: bool) -> None:
    found = answer("200 OK", b"", 'ETag: "e"')
    for status, denied in product(("301 Moved Permanently", "400 Bad Request"), ("403 Forbidden", "404 Not Found")):
        told = answer(status), answer(denied, b"", REGION), found
        async with store_on(*told, attempts=ONE_ATTEMPT, region=HOME, short_way=short_way) as (store, server):
            assert (await store.head("bucket", "k")).etag == '"e"'
        assert [line.split()[1] for line in server.requests] == ["/bucket/k", "/bucket", "/bucket/k"]
        assert regions(server) == [HOME, HOME, AWAY]


@BOTH_WAYS
async def test_what_a_transfer_asks_follows(short_way: bool) -> None:
    for name in ASKING.keys() - {"head"}:  # whose answer has no body; see above
        told = *ELSEWHERE["moved"], answer("409 Conflict")
        async with store_on(*told, attempts=ONE_ATTEMPT, region=HOME, short_way=short_way) as (store, server):
            with suppress(ProblemError):
                await ASKING[name](store, "bucket")
        assert regions(server)[:2] == [HOME, AWAY], name
        lengths = [headers.lower().partition("content-length: ")[2].partition("\r\n")[0] for headers in server.headers]
        assert lengths[0] == lengths[1], "the body goes along again, whole"
