"""HeadObject, GetObject, PutObject, CopyObject and tags."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import aiohttp
import msgspec
from botocore.exceptions import FlexibleChecksumError, IncompleteReadError, ReadTimeoutError, ResponseStreamingError

from tui.accounts.endpoints import is_aws
from tui.accounts.transport import read_timeout
from tui.model.problem import ProblemError, ProblemKind
from tui.stores.base import ObjectAttributes, ObjectHead, Source
from tui.stores.s3.bodies import UploadBody
from tui.stores.s3.calls import Calls
from tui.stores.s3.errors import changed
from tui.stores.s3.headers import attribute_parameters, crc32, quoted, read_head

READ_ATTEMPTS = 4
COPY_SECONDS = 900.0
"""How long a server may be silent while it copies: up to 5 GiB in one request."""

_CUT = (
    aiohttp.ClientError,
    FlexibleChecksumError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
    ConnectionError,
)
"""What a body that ends too early or comes damaged raises."""


async def head(calls: Calls, bucket: str, key: str) -> ObjectHead:
    """HeadObject."""
    with calls.asking("HeadObject", bucket, key):
        return read_head(await calls.client.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED"))


async def tags(calls: Calls, bucket: str, key: str) -> list[tuple[str, str]]:
    """GetObjectTagging."""
    with calls.asking("GetObjectTagging", bucket, key):
        answer = await calls.client.get_object_tagging(Bucket=bucket, Key=key)
    return [(tag["Key"], tag["Value"]) for tag in answer.get("TagSet", [])]


async def read(calls: Calls, bucket: str, key: str, *, etag: str, start: int, length: int) -> bytes:
    """GetObject of a range; a body that is cut is asked for again, `READ_ATTEMPTS` times in all."""
    if length == 0:
        return b""
    with calls.asking("GetObject", bucket, key):
        for attempt in range(READ_ATTEMPTS):
            try:
                return await _read_once(calls, bucket, key, etag=etag, start=start, length=length)
            except _CUT:
                if attempt == READ_ATTEMPTS - 1:
                    raise
    raise AssertionError("unreachable")


async def _read_once(calls: Calls, bucket: str, key: str, *, etag: str, start: int, length: int) -> bytes:
    answer = await calls.client.get_object(
        Bucket=bucket, Key=key, Range=f"bytes={start}-{start + length - 1}", IfMatch=etag
    )
    async with answer["Body"] as body:
        if answer.get("ContentLength", length) != length:  # never read what does not fit into the caller's memory
            cause = f"{length} bytes were asked for, {answer['ContentLength']} sent"
            attempt = calls.attempt("GetObject", bucket, key)
            raise ProblemError(attempt.problem(ProblemKind.SERVER, "the server ignored the range", cause))
        content = await body.read()
    if len(content) != length:
        raise IncompleteReadError(actual_bytes=len(content), expected_bytes=length)
    return content


async def put(calls: Calls, bucket: str, key: str, body: bytes, attributes: ObjectAttributes) -> str:
    """PutObject."""
    parameters = attribute_parameters(attributes) | checksum(calls, body)
    with calls.asking("PutObject", bucket, key):
        answer = await calls.client.put_object(Bucket=bucket, Key=key, Body=UploadBody(body), **parameters)
    return quoted(answer.get("ETag", ""))


async def copy(calls: Calls, source: Source, bucket: str, key: str, attributes: ObjectAttributes) -> str:
    """CopyObject."""
    with copying(calls, "CopyObject", source, bucket, key):
        answer = await calls.client.copy_object(
            Bucket=bucket,
            Key=key,
            MetadataDirective="REPLACE",
            TaggingDirective="REPLACE",
            **copy_source(source),
            **attribute_parameters(attributes),
        )
    await ensure_tags(calls, bucket, key, attributes.tags)
    return quoted(answer.get("CopyObjectResult", {}).get("ETag", ""))


async def ensure_tags(calls: Calls, bucket: str, key: str, wanted: Sequence[tuple[str, str]] | None) -> None:
    """Set the tags of a fresh copy or multipart object where the server is not AWS's: Ceph drops those sent along."""
    if not wanted or is_aws(calls.connection.endpoint):
        return
    with calls.asking("PutObjectTagging", bucket, key):
        await calls.client.put_object_tagging(
            Bucket=bucket, Key=key, Tagging={"TagSet": [{"Key": name, "Value": value} for name, value in wanted]}
        )


@contextmanager
def copying(calls: Calls, operation: str, source: Source, bucket: str, key: str) -> Iterator[None]:
    """A block that copies on the server: patient, and a precondition that fails is the source's, not the target's."""
    try:
        with read_timeout(COPY_SECONDS), calls.asking(operation, bucket, key):
            yield
    except ProblemError as error:
        if error.problem.kind is not ProblemKind.CHANGED:
            raise
        uri = f"s3://{source.bucket}/{source.key}"
        raise ProblemError(msgspec.structs.replace(error.problem, resource=uri, title=changed(uri))) from error


def copy_source(source: Source) -> dict[str, Any]:
    """The parameters that name and pin the object to copy from."""
    where = {"Bucket": source.bucket, "Key": source.key}
    return {
        "CopySource": where | ({"VersionId": source.version} if source.version else {}),
        "CopySourceIfMatch": source.etag,
    }


def checksum(calls: Calls, body: bytes) -> dict[str, Any]:
    """The checksum of an upload, unless the user turned those that S3 does not require off.

    It goes into a header: left to itself botocore sends it as a trailer over https, and some servers then keep
    ``aws-chunked`` as the object's content encoding.
    """
    wanted = getattr(calls.client.meta.config, "request_checksum_calculation", "")
    return {"ChecksumCRC32": crc32(body)} if wanted == "when_supported" else {}
