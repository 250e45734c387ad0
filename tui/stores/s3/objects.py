"""HeadObject, GetObject, PutObject, CopyObject and tags."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import aiohttp
import msgspec
from botocore.exceptions import IncompleteReadError, ReadTimeoutError, ResponseStreamingError

from tui.aws.connection import is_aws
from tui.aws.transport import no_object, read_timeout
from tui.core.naming import counted
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.s3.calls import Calls
from tui.stores.s3.conditions import Conditions, Place, expected_owner, write_if
from tui.stores.s3.errors import changed
from tui.stores.s3.headers import attribute_parameters, of_version, quoted, read_head, read_stored
from tui.stores.s3.integrity import digest_parameters, require_arrived, require_read
from tui.stores.s3.requests import UploadBody
from tui.stores.s3.versions.made import with_version
from tui.stores.values import Digests, Fetched, ObjectAttributes, ObjectHead, Source, Stored

COPY_SECONDS = 900.0
"""How long a server may be silent while it copies: up to 5 GiB in one request."""

_CHUNK = 256 * 1024

TAGGING = "GetObjectTagging"

MOST_TAGS = 1000
"""Of an object; AWS allows 10, Ceph as many as a request can set."""

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
            answer = await calls.client.head_object(
                Bucket=bucket, Key=key, ChecksumMode="ENABLED", **of_version(version), **expected_owner(calls, bucket)
            )
            calls.learn_server(answer)
            return read_head(answer)
    except ProblemError as error:
        if error.problem.status == 400 and not error.problem.code:
            await _raise_in_words(calls, bucket, key, version)
        if version and error.problem.kind is ProblemKind.NO_SUCH_KEY:
            title = f"no such version: {error.problem.resource} has no version {version}"
            remedy = f"xs3-tui versions {error.problem.resource} lists those there are"
            unknown = msgspec.structs.replace(error.problem, title=title, cause="", remedy=remedy)
            raise ProblemError(unknown) from error
        raise


async def _raise_in_words(calls: Calls, bucket: str, key: str, version: str) -> None:
    """Raise what a GetObject is refused for, as `head` was: a HEAD's answer has no body to say it.

    Amazon S3 API Reference, HeadObject: it answers a bare 400 for expired credentials, too.
    """
    with calls.asking("GetObject", bucket, key):
        answer = await calls.client.get_object(
            Bucket=bucket, Key=key, Range="bytes=0-0", **of_version(version), **expected_owner(calls, bucket)
        )
        answer["Body"].close()


async def part_size(calls: Calls, bucket: str, key: str, etag: str, version: str) -> int:
    """HeadObject of the first part; a server that does not know part numbers returns the object's size, or refuses.

    One that compares If-Match with the ETag of the part (moto) finds another: whether the object itself has changed
    shows when it is read, which is pinned, too.
    """
    try:
        with calls.asking("HeadObject", bucket, key):
            answer = await calls.client.head_object(
                Bucket=bucket,
                Key=key,
                PartNumber=1,
                IfMatch=etag,
                **of_version(version),
                **expected_owner(calls, bucket),
            )
    except ProblemError as error:
        if error.problem.kind in (ProblemKind.INVALID, ProblemKind.UNSUPPORTED, ProblemKind.CHANGED):
            return 0
        raise
    return answer.get("ContentLength", 0) if answer.get("PartsCount") else 0


async def get_tags(calls: Calls, bucket: str, key: str, version: str = "") -> list[tuple[str, str]]:
    """GetObjectTagging."""
    async with calls.first_alone(TAGGING):
        with calls.asking(TAGGING, bucket, key), no_object():
            answer = await calls.client.get_object_tagging(
                Bucket=bucket, Key=key, **of_version(version), **expected_owner(calls, bucket)
            )
        calls.learn(TAGGING, has=True)
    found = answer.get("TagSet", [])
    if len(found) > MOST_TAGS:
        cause = f"the server lists {len(found)}, S3 allows 10"
        attempt = calls.attempt(TAGGING, bucket, key)
        raise ProblemError(attempt.problem(ProblemKind.UNSUPPORTED, "the object has too many tags", cause))
    return [(tag["Key"], tag["Value"]) for tag in found]


async def put_tags(calls: Calls, bucket: str, key: str, tags: Sequence[tuple[str, str]], version: str = "") -> None:
    """PutObjectTagging."""
    await calls.require(TAGGING, partial(get_tags, calls, bucket, key, version))
    with calls.asking("PutObjectTagging", bucket, key):
        await calls.client.put_object_tagging(
            Bucket=bucket,
            Key=key,
            Tagging={"TagSet": [{"Key": name, "Value": value} for name, value in tags]},
            **of_version(version),
            **expected_owner(calls, bucket),
        )


async def read(calls: Calls, bucket: str, key: str, *, etag: str, start: int, length: int, version: str = "") -> bytes:
    """GetObject of a range; a body that is cut or damaged is asked for again, as often as the connection says."""
    if length == 0:
        return b""
    part = {"Range": f"bytes={start}-{start + length - 1}"}
    return (await _read(calls, bucket, key, version, part, etag=etag, length=length))[1]


async def fetch(calls: Calls, bucket: str, key: str, *, etag: str, size: int, version: str = "") -> Fetched:
    """GetObject of all; a body that is cut or damaged is asked for again, as often as the connection says."""
    answer, content = await _read(calls, bucket, key, version, {"ChecksumMode": "ENABLED"}, etag=etag, length=size)
    calls.learn_server(answer)
    return Fetched(read_head(answer), content)


async def _read(
    calls: Calls, bucket: str, key: str, version: str, parameters: dict[str, Any], *, etag: str, length: int
) -> tuple[Any, bytes]:
    request = {"Bucket": bucket, "Key": key, "IfMatch": etag, **parameters, **of_version(version)}
    request |= expected_owner(calls, bucket)
    with calls.asking("GetObject", bucket, key):
        for attempt in range(calls.connection.attempts):
            try:
                return await _read_once(calls, request, length)
            except (*_CUT, ProblemError) as error:
                if attempt == calls.connection.attempts - 1 or not _may_pass(error):
                    raise
    raise AssertionError("unreachable")


def _may_pass(error: Exception) -> bool:
    return not isinstance(error, ProblemError) or error.problem.kind is ProblemKind.MISMATCH


async def _read_once(calls: Calls, request: dict[str, Any], length: int) -> tuple[Any, bytes]:
    answer = await calls.client.get_object(**request)
    async with answer["Body"] as body:
        if problem := _another(calls, request, answer, length):
            raise ProblemError(problem)
        content = await _content(body, answer, length)
    if len(content) != length:
        raise IncompleteReadError(actual_bytes=len(content), expected_bytes=length)
    await require_read(partial(calls.attempt, "GetObject", request["Bucket"], request["Key"]), answer, content)
    return answer, content


def _another(calls: Calls, request: dict[str, Any], answer: Any, length: int) -> Problem | None:
    """Why an answer is not what was asked for: what does not fit into the caller's memory is never read."""
    bucket, key, etag = request["Bucket"], request["Key"], request["IfMatch"]
    same, sent = quoted(answer.get("ETag", etag)) == etag, answer.get("ContentLength", length)
    if same and sent == length:
        return None
    attempt = calls.attempt("GetObject", bucket, key)
    if not same:  # a server that does not know IfMatch
        return attempt.problem(ProblemKind.CHANGED, changed(f"s3://{bucket}/{key}"), "its ETag differs")
    cause = f"requested: {counted(length, 'byte')}; sent: {sent:,}"
    if "Range" in request:
        return attempt.problem(ProblemKind.SERVER, "the server ignored the range", cause)
    return attempt.problem(ProblemKind.CHANGED, changed(f"s3://{bucket}/{key}"), cause)


async def _content(body: Any, answer: Any, length: int) -> bytes:
    """The body: as it comes where Content-Length bounds it, else not much more than `length` bytes of it."""
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    if "content-length" in headers and "transfer-encoding" not in headers:
        return bytes(await body.read())
    chunks, size = list[bytes](), 0
    while size <= length and (chunk := await body.read(_CHUNK)):
        chunks.append(chunk)
        size += len(chunk)
    return b"".join(chunks)


async def put(
    calls: Calls,
    bucket: str,
    key: str,
    body: bytes,
    attributes: ObjectAttributes,
    *,
    only_new: bool,
    replaces: str,
    digests: Digests,
) -> Stored:
    """PutObject."""
    parameters: dict[str, Any] = {**attribute_parameters(attributes), **digest_parameters(calls, body, digests)}
    parameters |= expected_owner(calls, bucket)

    async def write(conditions: Conditions) -> Stored:
        with calls.asking("PutObject", bucket, key):
            body_file = UploadBody(body)
            answer = await calls.client.put_object(Bucket=bucket, Key=key, Body=body_file, **parameters, **conditions)
            require_arrived(partial(calls.attempt, "PutObject", bucket, key), answer, digests)
        return read_stored(answer)

    if only_new or replaces:
        look = partial(head, calls, bucket, key)
        place = Place(calls, bucket, key, replaces, look, partial(_is_body, body, digests))
        stored = await write_if(write, place)
    else:
        stored = await write({})
    if attributes.tags and calls.has(TAGGING) is None:
        with suppress(ProblemError):  # it is asked to know whether it has kept them
            await get_tags(calls, bucket, key)
    return stored


async def copy(
    calls: Calls, source: Source, bucket: str, key: str, attributes: ObjectAttributes, *, only_new: bool, replaces: str
) -> Stored:
    """CopyObject."""
    parameters: dict[str, Any] = {**copy_source(calls, source), **attribute_parameters(attributes)}
    directive = "COPY" if attributes.as_source else "REPLACE"
    parameters |= {"MetadataDirective": directive, "TaggingDirective": directive, **expected_owner(calls, bucket)}
    if not attributes.annotations:
        parameters["AnnotationDirective"] = "EXCLUDE"

    async def write(conditions: Conditions) -> Stored:
        with copying(calls, "CopyObject", source, bucket, key):
            answer = await calls.client.copy_object(Bucket=bucket, Key=key, **parameters, **conditions)
        return read_stored(answer, answer.get("CopyObjectResult", {}))

    if only_new or replaces:
        look = partial(head, calls, bucket, key)
        itself = (source.bucket, source.key) == (bucket, key)  # it has the source's ETag before it is written, too
        place = Place(calls, bucket, key, replaces, look, lambda there: not itself and there.etag == source.etag)
        stored = await write_if(write, place)
    else:
        stored = await write({})
    await ensure_tags(calls, bucket, key, attributes.tags)
    return await with_version(calls, bucket, stored, partial(head, calls, bucket, key))


async def ensure_tags(calls: Calls, bucket: str, key: str, wanted: Sequence[tuple[str, str]] | None) -> None:
    """Set the tags of a fresh copy or multipart object where the server is not AWS's: Ceph drops those sent along.

    Of a server without tags nothing is raised: its `Capabilities` say it then.
    """
    if not wanted or is_aws(calls.connection.endpoint):
        return
    try:
        await put_tags(calls, bucket, key, wanted)
    except ProblemError:
        if calls.has(TAGGING) is not False:
            raise


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


def _is_body(body: bytes, digests: Digests, there: ObjectHead) -> bool:
    """Whether an object has this content: by its ETag, or where a key of KMS encrypts it, by its checksum."""
    return there.etag == md5_etag(body) or (digests.checksum is not None and digests.checksum in there.checksums)


def md5_etag(body: bytes) -> str:
    """The ETag of an object with this content, written at once and without a key of KMS."""
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
