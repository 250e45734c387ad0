"""What the short way makes of answers, and sends as bytes, compared with botocore's way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio
from botocore.exceptions import ClientError

from tests.hostile.answers import ETAG, Answer, listing, row
from tests.hostile.conftest import hostile
from tests.hostile.server import HostileServer
from tui.accounts import connection_id
from tui.accounts.connections import Connections
from tui.model.identity import IdentitySpec
from tui.stores.s3 import S3Store
from tui.stores.s3.requests import SMALL_BODY, UploadBody

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
SENT = {"Bucket": "b", "Key": "k"}
PART = {**SENT, "UploadId": "u", "PartNumber": 1}
COPY = {"CopySource": {"Bucket": "s", "Key": "k"}}
COPIED = (
    b'<?xml version="1.0"?>\n<CopyObjectResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    b"<ETag>&quot;e&quot;</ETag><LastModified>2026-11-24T10:11:12.000Z</LastModified>"
    b"<ChecksumCRC32>AAAAAA==</ChecksumCRC32></CopyObjectResult>"
)
COPIED_PART = b"   <CopyPartResult>\n<LastModified>2026-11-24T10:11:12Z</LastModified><ETag>e</ETag>\n</CopyPartResult>"
BLOCKED = (
    b'<PublicAccessBlockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><BlockPublicAcls>true'
    b"</BlockPublicAcls><IgnorePublicAcls>false</IgnorePublicAcls></PublicAccessBlockConfiguration>"
)
CASES: dict[str, tuple[str, str, dict[str, Any], Answer]] = {
    "get": ("get_object", "GetObject", SENT, Answer(206, b"content", (*HEADERS, ("Content-Range", "bytes 0-6/9")))),
    "head": ("head_object", "HeadObject", {**SENT, "ChecksumMode": "ENABLED"}, Answer(200, b"", HEADERS)),
    "put": ("put_object", "PutObject", {**SENT, "Body": b"x", "ChecksumCRC32": "x"}, Answer(200, b"", HEADERS)),
    "put, with a body": ("put_object", "PutObject", {**SENT, "Body": b"", "ChecksumCRC32": "x"}, Answer(200, b"<x/>")),
    "part": ("upload_part", "UploadPart", {**PART, "Body": b"x", "ChecksumCRC32": "x"}, Answer(200, b"", HEADERS)),
    "copy": ("copy_object", "CopyObject", {**SENT, **COPY}, Answer(200, COPIED, HEADERS)),
    "copy, oddly": (
        "copy_object",
        "CopyObject",
        {**SENT, **COPY},
        Answer(200, b"<x:R xmlns:x='y'><x:ETag a='b'>e</x:ETag></x:R>"),
    ),
    "copy of a part": ("upload_part_copy", "UploadPartCopy", {**PART, **COPY}, Answer(200, COPIED_PART)),
    "delete": ("delete_object", "DeleteObject", SENT, Answer(204, b"", HEADERS)),
    "list": (
        "list_objects_v2",
        "ListObjectsV2",
        {"Bucket": "b", "Prefix": "", "EncodingType": "url"},
        listing(row()),
    ),
    "public access block": (
        "get_public_access_block",
        "GetPublicAccessBlock",
        {"Bucket": "b"},
        Answer(200, BLOCKED, HEADERS),
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
    """The clients of both ways."""
    ways = [Connections(short_way=short) for short in (True, False)]
    clients = [S3Store(await way.get(connection_id(IdentitySpec()), attempts=1))._calls.client for way in ways]
    yield clients[0], clients[1]
    for way in ways:
        await way.close()


async def _outcome(client: Any, method: str, parameters: Mapping[str, Any]) -> Any:
    given = dict(parameters)
    if "Body" in given:
        given["Body"] = UploadBody(given["Body"])
    try:
        answer = await getattr(client, method)(**given)
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


@pytest.mark.parametrize(("method", "operation", "parameters", "answer"), CASES.values(), ids=CASES)
async def test_an_answer_is_what_botocore_makes_of_it(
    hostile: HostileServer,
    both: tuple[Any, Any],
    method: str,
    operation: str,
    parameters: dict[str, Any],
    answer: Answer,
) -> None:
    hostile.lie("b", operation, answer)
    ours, theirs = [await _outcome(client, method, parameters) for client in both]
    assert ours == theirs
    assert ours["ResponseMetadata"]["HTTPStatusCode"] == answer.status


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
@pytest.mark.parametrize(("method", "operation", "parameters", "answer"), CASES.values(), ids=CASES)
async def test_a_refusal_is_what_botocore_makes_of_it(
    hostile: HostileServer,
    both: tuple[Any, Any],
    method: str,
    operation: str,
    parameters: dict[str, Any],
    answer: Answer,
    refusal: Answer,
) -> None:
    hostile.lie("b", operation, refusal)
    ours, theirs = [await _outcome(client, method, parameters) for client in both]
    assert ours == theirs
    assert ours["class"]
    assert len(hostile.asked) == 2, "it is not sent again to be read"


@pytest.mark.parametrize(("method", "operation", "parameters", "answer"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("size", [1, SMALL_BODY + 1])
async def test_the_same_bytes_are_sent(
    hostile: HostileServer,
    both: tuple[Any, Any],
    method: str,
    operation: str,
    parameters: dict[str, Any],
    answer: Answer,
    size: int,
) -> None:
    hostile.lie("b", operation, answer)
    given = {**parameters, **({"Body": b"x" * size, "Metadata": {"m": "\u00e9"}} if method == "put_object" else {})}
    for client in both:
        await _outcome(client, method, given)
    ours, theirs = [_comparable(raw) for raw in hostile.received]
    assert ours == theirs


def _comparable(raw: bytes) -> tuple[bytes, set[bytes], bytes]:
    """Request line, headers without those that are different each time, and body."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    different = (b"x-amz-date:", b"authorization:", b"amz-sdk-invocation-id:")
    return first, {line for line in lines if not line.lower().startswith(different)}, body
