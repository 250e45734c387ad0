"""HeadObject, GetObject, PutObject, CopyObject and tags."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import aiohttp
import msgspec
from botocore.exceptions import IncompleteReadError, ReadTimeoutError, ResponseStreamingError

from tui.accounts.endpoints import is_aws
from tui.accounts.transport import read_timeout
from tui.model.problem import ProblemError, ProblemKind
from tui.stores.base import Digests, ObjectAttributes, ObjectHead, Source
from tui.stores.s3.bodies import UploadBody
from tui.stores.s3.calls import Calls
from tui.stores.s3.conditions import Conditions, expected_owner, write_new
from tui.stores.s3.errors import changed
from tui.stores.s3.headers import attribute_parameters, quoted, read_head
from tui.stores.s3.integrity import digest_parameters, require_arrived, require_read

COPY_SECONDS = 900.0
"""How long a server may be silent while it copies: up to 5 GiB in one request."""

_CUT = (
    aiohttp.ClientError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
    ConnectionError,
)
"""What a body that ends too early raises."""


async def head(calls: Calls, bucket: str, key: str, version: str = "") -> ObjectHead:
    """HeadObject."""
    try:
        with calls.asking("HeadObject", bucket, key):
            return read_head(
                await calls.client.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED", **of_version(version))
            )
    except ProblemError as error:
        if error.problem.status == 400 and not error.problem.code:
            await _raise_in_words(calls, bucket, key, version)
        raise


async def _raise_in_words(calls: Calls, bucket: str, key: str, version: str) -> None:
    """Raise what a GetObject is refused for, as `head` was: a HEAD's answer has no body to say it.

    Amazon S3 API Reference, HeadObject: it answers a bare 400 for expired credentials, too.
    """
    with calls.asking("GetObject", bucket, key):
        answer = await calls.client.get_object(Bucket=bucket, Key=key, Range="bytes=0-0", **of_version(version))
        answer["Body"].close()


async def part_size(calls: Calls, bucket: str, key: str, etag: str, version: str) -> int:
    """HeadObject of the first part; a server that does not know part numbers tells the whole's size, or refuses."""
    try:
        with calls.asking("HeadObject", bucket, key):
            answer = await calls.client.head_object(
                Bucket=bucket, Key=key, PartNumber=1, IfMatch=etag, **of_version(version)
            )
    except ProblemError as error:
        if error.problem.kind in (ProblemKind.INVALID, ProblemKind.UNSUPPORTED):
            return 0
        raise
    return answer.get("ContentLength", 0) if answer.get("PartsCount") else 0


async def tags(calls: Calls, bucket: str, key: str, version: str = "") -> list[tuple[str, str]]:
    """GetObjectTagging."""
    with calls.asking("GetObjectTagging", bucket, key):
        answer = await calls.client.get_object_tagging(Bucket=bucket, Key=key, **of_version(version))
    return [(tag["Key"], tag["Value"]) for tag in answer.get("TagSet", [])]


async def read(calls: Calls, bucket: str, key: str, *, etag: str, start: int, length: int, version: str = "") -> bytes:
    """GetObject of a range; a body that is cut or damaged is asked for again, as often as the connection says."""
    if length == 0:
        return b""
    with calls.asking("GetObject", bucket, key):
        for attempt in range(calls.connection.attempts):
            try:
                return await _read_once(calls, bucket, key, version, etag=etag, start=start, length=length)
            except (*_CUT, ProblemError) as error:
                if attempt == calls.connection.attempts - 1 or not _may_pass(error):
                    raise
    raise AssertionError("unreachable")


def _may_pass(error: Exception) -> bool:
    return not isinstance(error, ProblemError) or error.problem.kind is ProblemKind.MISMATCH


async def _read_once(calls: Calls, bucket: str, key: str, version: str, *, etag: str, start: int, length: int) -> bytes:
    answer = await calls.client.get_object(
        Bucket=bucket, Key=key, Range=f"bytes={start}-{start + length - 1}", IfMatch=etag, **of_version(version)
    )
    async with answer["Body"] as body:
        if answer.get("ContentLength", length) != length:  # never read what does not fit into the caller's memory
            cause = f"{length} bytes were asked for, {answer['ContentLength']} sent"
            attempt = calls.attempt("GetObject", bucket, key)
            raise ProblemError(attempt.problem(ProblemKind.SERVER, "the server ignored the range", cause))
        if quoted(answer.get("ETag", etag)) != etag:  # a server that does not know IfMatch
            uri = f"s3://{bucket}/{key}"
            attempt = calls.attempt("GetObject", bucket, key)
            raise ProblemError(attempt.problem(ProblemKind.CHANGED, changed(uri), "its ETag is another one"))
        content = await body.read()
    if len(content) != length:
        raise IncompleteReadError(actual_bytes=len(content), expected_bytes=length)
    await require_read(calls.attempt("GetObject", bucket, key), answer, content)
    return content


async def put(
    calls: Calls,
    bucket: str,
    key: str,
    body: bytes,
    attributes: ObjectAttributes,
    *,
    only_new: bool,
    digests: Digests,
) -> str:
    """PutObject."""
    parameters: dict[str, Any] = {**attribute_parameters(attributes), **digest_parameters(calls, body, digests)}
    parameters |= expected_owner(calls, bucket)

    async def write(conditions: Conditions) -> str:
        with calls.asking("PutObject", bucket, key):
            body_file = UploadBody(body)
            answer = await calls.client.put_object(Bucket=bucket, Key=key, Body=body_file, **parameters, **conditions)
            require_arrived(calls.attempt("PutObject", bucket, key), answer, digests)
        return quoted(answer.get("ETag", ""))

    if not only_new:
        return await write({})
    look = partial(head, calls, bucket, key)
    return await write_new(write, look, lambda there: there.etag == md5_etag(body), f"s3://{bucket}/{key}")


async def copy(
    calls: Calls, source: Source, bucket: str, key: str, attributes: ObjectAttributes, *, only_new: bool
) -> str:
    """CopyObject."""
    parameters: dict[str, Any] = {**copy_source(calls, source), **attribute_parameters(attributes)}
    parameters |= {"MetadataDirective": "REPLACE", "TaggingDirective": "REPLACE", **expected_owner(calls, bucket)}

    async def write(conditions: Conditions) -> str:
        with copying(calls, "CopyObject", source, bucket, key):
            answer = await calls.client.copy_object(Bucket=bucket, Key=key, **parameters, **conditions)
        return quoted(answer.get("CopyObjectResult", {}).get("ETag", ""))

    if only_new:
        look = partial(head, calls, bucket, key)
        etag = await write_new(write, look, lambda there: there.etag == source.etag, f"s3://{bucket}/{key}")
    else:
        etag = await write({})
    await ensure_tags(calls, bucket, key, attributes.tags)
    return etag


async def ensure_tags(calls: Calls, bucket: str, key: str, wanted: Sequence[tuple[str, str]] | None) -> None:
    """Set the tags of a fresh copy or multipart object where the server is not AWS's: Ceph drops those sent along."""
    if not wanted or is_aws(calls.connection.endpoint):
        return
    with calls.asking("PutObjectTagging", bucket, key):
        await calls.client.put_object_tagging(
            Bucket=bucket,
            Key=key,
            Tagging={"TagSet": [{"Key": name, "Value": value} for name, value in wanted]},
            **expected_owner(calls, bucket),
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


def copy_source(calls: Calls, source: Source) -> dict[str, Any]:
    """The parameters that name and pin the object to copy from."""
    named = {"Bucket": source.bucket, "Key": source.key, **of_version(source.version)}
    owner = expected_owner(calls, source.bucket).get("ExpectedBucketOwner")
    expected = {"ExpectedSourceBucketOwner": owner} if owner else {}
    return {"CopySource": named, "CopySourceIfMatch": source.etag, **expected}


def of_version(version: str) -> dict[str, Any]:
    """The parameter that names a version; none for the current one."""
    return {"VersionId": version} if version else {}


def md5_etag(body: bytes) -> str:
    """The ETag of an object with this content, written at once and without a key of KMS."""
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
