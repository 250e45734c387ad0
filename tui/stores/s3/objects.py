"""HeadObject, GetObject, PutObject, CopyObject and tags."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from http import HTTPStatus
from typing import Any

import aiohttp
import msgspec
from botocore.exceptions import IncompleteReadError, ReadTimeoutError, ResponseStreamingError
from msgspec.structs import replace

from tui.aws.connection import is_aws
from tui.aws.refusals import Attempt
from tui.aws.transport import no_object, read_timeout
from tui.core.naming import MAX_ANNOTATION, MAX_ANNOTATIONS, counted
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores import store_values
from tui.stores.s3.calls import Calls, Operations, changed
from tui.stores.s3.headers import (
    attribute_parameters,
    digest_parameters,
    of_version,
    quoted,
    read_head,
    read_stored,
    require_arrived,
    require_read,
)
from tui.stores.s3.requests import UploadBody
from tui.stores.s3.write_conditions import ConditionalWrite, Conditions, ReadHead, write_if

COPY_SECONDS = 900.0
"""How long a server may be silent while it copies: up to 5 GiB in one request."""

_CHUNK = 256 * 1024

TAGGING = "GetObjectTagging"

MOST_TAGS = 1000
"""Of an object; AWS allows 10, Ceph as many as a request can set."""

_CUT = (aiohttp.ClientError, IncompleteReadError, ReadTimeoutError, ResponseStreamingError, ConnectionError)
"""What a body that ends too early raises."""


class S3Objects(Operations):
    """Objects as the identity of a connection reads and writes them; the methods are documented in `Store`."""

    async def head(self, bucket: str, key: str, version: str = "") -> store_values.ObjectHead:
        try:
            with self._calls.asking("HeadObject", bucket, key):
                answer = await self._calls.client.head_object(
                    ChecksumMode="ENABLED", **self._calls.named(bucket, key, version)
                )
                self._calls.learn_server(answer)
                return read_head(answer)
        except ProblemError as error:
            problem = await self._reason(error.problem, bucket, key, version)
            if version and problem.kind is ProblemKind.NO_SUCH_KEY:
                title = f"no such version: {problem.resource} has no version {version}"
                remedy = f"xs3-tui versions {problem.resource} lists those there are"
                problem = msgspec.structs.replace(problem, title=title, cause="", remedy=remedy)
            if problem is error.problem:
                raise
            raise ProblemError(problem) from error

    async def _reason(self, refused: Problem, bucket: str, key: str, version: str) -> Problem:
        """Why a HeadObject was refused.

        Its answer has no body that says so: GetObject is refused for the same, and says it. (Amazon S3 API Reference,
        HeadObject: it answers a bare 400 for expired credentials, too.)
        """
        if refused.status != 400 or refused.code:
            return refused
        try:
            with self._calls.asking("GetObject", bucket, key):
                named = self._calls.named(bucket, key, version)
                answer = await self._calls.client.get_object(Range="bytes=0-0", **named)
                answer["Body"].close()
        except ProblemError as error:
            return error.problem
        return refused

    async def part_size(self, bucket: str, key: str, *, etag: str, version: str = "") -> int:
        """HeadObject of the first part; a server that does not know part numbers returns the object's size, or refuses.

        One that compares If-Match with the ETag of the part (moto) finds another: whether the object itself has changed
        shows when it is read, which is pinned, too.
        """
        try:
            with self._calls.asking("HeadObject", bucket, key):
                answer = await self._calls.client.head_object(
                    PartNumber=1, IfMatch=etag, **self._calls.named(bucket, key, version)
                )
        except ProblemError as error:
            if error.problem.kind in (ProblemKind.INVALID, ProblemKind.UNSUPPORTED, ProblemKind.CHANGED):
                return 0
            raise
        return answer.get("ContentLength", 0) if answer.get("PartsCount") else 0

    async def tags(self, bucket: str, key: str, version: str = "") -> list[tuple[str, str]]:
        async with self._calls.first_alone(TAGGING):
            with self._calls.asking(TAGGING, bucket, key), no_object():
                answer = await self._calls.client.get_object_tagging(**self._calls.named(bucket, key, version))
            self._calls.learn(TAGGING, has=True)
        found = answer.get("TagSet", [])
        if len(found) > MOST_TAGS:
            cause = f"the server lists {len(found)}, S3 allows 10"
            attempt = self._calls.attempt(TAGGING, bucket, key)
            raise ProblemError(attempt.problem(ProblemKind.UNSUPPORTED, "the object has too many tags", cause))
        return [(tag["Key"], tag["Value"]) for tag in found]

    async def put_tags(self, bucket: str, key: str, tags: Sequence[tuple[str, str]], version: str = "") -> None:
        await self._calls.require(TAGGING, partial(self.tags, bucket, key, version))
        with self._calls.asking("PutObjectTagging", bucket, key):
            await self._calls.client.put_object_tagging(
                Tagging={"TagSet": [{"Key": name, "Value": value} for name, value in tags]},
                **self._calls.named(bucket, key, version),
            )

    async def read(self, bucket: str, key: str, *, etag: str, start: int, length: int, version: str = "") -> bytes:
        """GetObject of a range; a body that is cut or damaged is asked for again, as often as the connection says."""
        if length == 0:
            return b""
        part = {"Range": f"bytes={start}-{start + length - 1}"}
        return (await self._read(bucket, key, version, part, etag=etag, length=length))[1]

    async def fetch(self, bucket: str, key: str, *, etag: str, size: int, version: str = "") -> store_values.Fetched:
        """GetObject of all; a body that is cut or damaged is asked for again, as often as the connection says."""
        answer, content = await self._read(bucket, key, version, {"ChecksumMode": "ENABLED"}, etag=etag, length=size)
        self._calls.learn_server(answer)
        return store_values.Fetched(read_head(answer), content)

    async def begin(self, bucket: str, key: str, *, length: int, version: str = "") -> store_values.Fetched:
        """An empty object has no range (416): it is asked for as a whole."""
        request = self._calls.named(bucket, key, version)
        try:
            return await _begin(self._calls, {**request, "Range": f"bytes=0-{length - 1}"}, length)
        except ProblemError as error:
            if error.problem.status != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise
        return await _begin(self._calls, request, length)

    async def _read(
        self, bucket: str, key: str, version: str, parameters: dict[str, Any], *, etag: str, length: int
    ) -> tuple[Any, bytes]:
        request = {**self._calls.named(bucket, key, version), "IfMatch": etag, **parameters}
        with self._calls.asking("GetObject", bucket, key):
            for attempt in range(self._calls.connection.attempts):
                try:
                    return await _read_once(self._calls, request, length)
                except (*_CUT, ProblemError) as error:
                    passes = not isinstance(error, ProblemError) or error.problem.kind is ProblemKind.MISMATCH
                    if attempt == self._calls.connection.attempts - 1 or not passes:
                        raise
        raise AssertionError("unreachable")

    async def put(
        self,
        bucket: str,
        key: str,
        body: bytes,
        attributes: store_values.ObjectAttributes,
        *,
        when: store_values.WriteCondition = store_values.ANYTHING,
        digests: store_values.Digests = store_values.UNHASHED,
    ) -> store_values.WriteResult:
        parameters = {**attribute_parameters(attributes), **digest_parameters(self._calls, body, digests)}
        parameters |= self._calls.named(bucket, key)

        async def write(conditions: Conditions) -> store_values.WriteResult:
            with self._calls.asking("PutObject", bucket, key):
                answer = await self._calls.client.put_object(Body=UploadBody(body), **parameters, **conditions)
                require_arrived(partial(self._calls.attempt, "PutObject", bucket, key), answer, digests)
            return read_stored(answer)

        look = partial(self.head, bucket, key)
        place = ConditionalWrite(self._calls, bucket, key, when, look, partial(_is_body, body, digests))
        stored = await write_if(write, place)
        if attributes.tags and self._calls.has(TAGGING) is None:
            with suppress(ProblemError):  # it is asked to know whether it has kept them
                await self.tags(bucket, key)
        return stored

    async def copy(
        self,
        source: store_values.CopySource,
        bucket: str,
        key: str,
        attributes: store_values.ObjectAttributes,
        *,
        when: store_values.WriteCondition = store_values.ANYTHING,
    ) -> store_values.WriteResult:
        parameters = {**copy_source(self._calls, source), **attribute_parameters(attributes)}
        directive = "COPY" if attributes.as_source else "REPLACE"
        parameters |= {"MetadataDirective": directive, "TaggingDirective": directive, **self._calls.named(bucket, key)}
        if not attributes.annotations:
            parameters["AnnotationDirective"] = "EXCLUDE"

        async def write(conditions: Conditions) -> store_values.WriteResult:
            with copying(self._calls, "CopyObject", source, bucket, key):
                answer = await self._calls.client.copy_object(**parameters, **conditions)
            return read_stored(answer, answer.get("CopyObjectResult", {}))

        look = partial(self.head, bucket, key)
        itself = (source.bucket, source.key) == (bucket, key)  # it has the source's ETag before it is written, too
        stored = await write_if(
            write,
            ConditionalWrite(
                self._calls, bucket, key, when, look, lambda there: not itself and there.etag == source.etag
            ),
        )
        await self._ensure_tags(bucket, key, attributes.tags)
        return await with_version(self._calls, bucket, stored, look)

    async def _ensure_tags(self, bucket: str, key: str, wanted: Sequence[tuple[str, str]] | None) -> None:
        """Set the tags of a fresh copy or multipart object where the server is not AWS's: Ceph drops those sent along.

        Of a server without tags nothing is raised: its `Capabilities` say it then.
        """
        if not wanted or is_aws(self._calls.connection.endpoint):
            return
        try:
            await self.put_tags(bucket, key, wanted)
        except ProblemError:
            if self._calls.has(TAGGING) is not False:
                raise


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


@contextmanager
def copying(calls: Calls, operation: str, source: store_values.CopySource, bucket: str, key: str) -> Iterator[None]:
    """A block that copies on the server: patient, and a precondition that fails is the source's, not the target's."""
    try:
        with read_timeout(COPY_SECONDS), calls.asking(operation, bucket, key):
            yield
    except ProblemError as error:
        if error.problem.kind is not ProblemKind.CHANGED:
            raise
        uri = f"s3://{source.bucket}/{source.key}"
        raise ProblemError(msgspec.structs.replace(error.problem, resource=uri, title=changed(uri))) from error


def copy_source(calls: Calls, source: store_values.CopySource) -> dict[str, Any]:
    named = {"Bucket": source.bucket, "Key": source.key, **of_version(source.version)}
    owner = calls.expected_owner(source.bucket).get("ExpectedBucketOwner")
    expected = {"ExpectedSourceBucketOwner": owner} if owner else {}
    return {"CopySource": named, "CopySourceIfMatch": source.etag, **expected}


def _is_body(body: bytes, digests: store_values.Digests, there: store_values.ObjectHead) -> bool:
    """Whether an object has this content: by its ETag, or where a key of KMS encrypts it, by its checksum."""
    md5 = hashlib.md5(body, usedforsecurity=False).hexdigest()
    return there.etag == f'"{md5}"' or (digests.checksum is not None and digests.checksum in there.checksums)


async def with_version(
    calls: Calls, bucket: str, stored: store_values.WriteResult, look: ReadHead
) -> store_values.WriteResult:
    """What was written, with its version id if `look` finds it there; nothing is raised."""
    if stored.version or not calls.connection.traits.conceals_versions:
        return stored
    if not await _keeps_versions(calls, bucket):
        return stored
    try:
        there = await look()
    except ProblemError:
        return stored
    return replace(stored, version=there.version) if there.etag == stored.etag else stored


async def _keeps_versions(calls: Calls, bucket: str) -> bool:
    known = calls.connection.support.versioning
    if bucket not in known:
        try:
            with calls.asking("GetBucketVersioning", bucket):
                answer = await calls.client.get_bucket_versioning(Bucket=bucket, **calls.expected_owner(bucket))
        except ProblemError:
            known[bucket] = False
        else:
            known[bucket] = answer.get("Status") == "Enabled"
    return known[bucket]


async def _begin(calls: Calls, request: dict[str, Any], length: int) -> store_values.Fetched:
    with calls.asking("GetObject", request["Bucket"], request["Key"]):
        answer = await calls.client.get_object(**request)
        chunks, taken = list[bytes](), 0
        async with answer["Body"] as body:  # leaving it ends the rest of a server that ignored the range
            while taken < length and (chunk := await body.read(length - taken)):
                chunks.append(chunk)
                taken += len(chunk)
    calls.learn_server(answer)
    whole = str(answer.get("ContentRange", "")).rpartition("/")[2]  # "bytes 0-9/42" (RFC 9110), else all that was sent
    size = int(whole) if whole.isdecimal() else int(answer.get("ContentLength", 0))
    return store_values.Fetched(replace(read_head(answer), size=max(size, taken), checksums=[]), b"".join(chunks))


# A server that does not know ``?annotation`` may take a request for one of the object itself: a GET then answers the
# whole object, and a PUT replaces it. So nothing is put before the server was seen to list annotations, and a body with
# an ETag beside it, as GetObject sends it, is not read.

_LIST, _GET, _PUT = "ListObjectAnnotations", "GetObjectAnnotation", "PutObjectAnnotation"
_TELLING = ("AnnotationCount", "Annotations", "MaxAnnotationResults", "Key")
"""What an answer of ListObjectAnnotations has; one with none of it is another operation's."""


class S3Annotations(Operations):
    """Annotations of objects; the methods are documented in `Annotations`."""

    async def annotations(self, bucket: str, key: str, version: str = "") -> list[store_values.Annotation] | None:
        """ListObjectAnnotations, all pages; None: the server has none, which is asked once for each bucket."""
        known = self._calls.connection.support.annotations
        if known.get(bucket) is False:
            return None
        try:
            async with self._calls.first_alone(_LIST):
                found = await self._all_pages(bucket, key, version)
        except ProblemError as error:
            if error.problem.kind is ProblemKind.UNSUPPORTED or error.problem.status in (400, 405, 501):
                known[bucket] = False
                return None
            if _LIST in error.problem.cause:  # a refusal that names the action comes from a server that knows it
                known[bucket] = True
            raise
        known[bucket] = found is not None
        return found

    async def annotation(self, bucket: str, key: str, name: str, version: str = "") -> bytes:
        attempt = self._calls.attempt(_GET, bucket, key)
        with self._calls.asking(_GET, bucket, key):
            answer: Any = await self._calls.client.get_object_annotation(
                AnnotationName=name, ChecksumMode="ENABLED", **self._calls.named(bucket, key, version)
            )
            payload = b""
            async with answer["AnnotationPayload"] as body:
                while len(payload) <= MAX_ANNOTATION and (more := await body.read(MAX_ANNOTATION + 1)):
                    payload += more
            if len(payload) > MAX_ANNOTATION:
                cause = f"{name} has more than {MAX_ANNOTATION:,} bytes"
                raise ProblemError(attempt.problem(ProblemKind.SERVER, "an annotation is too large", cause))
            await require_read(lambda: attempt, answer, payload)
            return payload

    async def annotate(self, bucket: str, key: str, name: str, payload: bytes, *, etag: str) -> None:
        """PutObjectAnnotation on the object with this ETag; only where the server was seen to have annotations."""
        attempt = self._calls.attempt(_PUT, bucket, key)
        if bucket not in self._calls.connection.support.annotations:
            with suppress(ProblemError):
                await self.annotations(bucket, key)
        if not self._calls.connection.support.annotations.get(bucket):
            cause = "the server is not known to support annotations and could treat the request as PutObject"
            raise ProblemError(attempt.problem(ProblemKind.UNSUPPORTED, "an annotation cannot be written", cause))
        condition: Any = {"ObjectIfMatch": etag} if etag else {}
        with self._calls.asking(_PUT, bucket, key):
            await self._calls.client.put_object_annotation(
                AnnotationName=name,
                AnnotationPayload=UploadBody(payload),
                **condition,
                **digest_parameters(self._calls, payload),
                **self._calls.named(bucket, key),
            )

    async def _all_pages(self, bucket: str, key: str, version: str) -> list[store_values.Annotation] | None:
        request = {**self._calls.named(bucket, key, version), "MaxAnnotationResults": MAX_ANNOTATIONS}
        found: list[store_values.Annotation] = []
        with self._calls.asking(_LIST, bucket, key):
            while True:
                with no_object():
                    answer: Any = await self._calls.client.list_object_annotations(**request)
                if not any(name in answer for name in _TELLING):
                    return None
                found += [
                    store_values.Annotation(entry["AnnotationName"], entry.get("Size", 0))
                    for entry in answer.get("Annotations", [])
                ]
                token = answer.get("NextContinuationToken", "")
                if not token:
                    return found
                if not answer.get("Annotations") or len(found) >= MAX_ANNOTATIONS:
                    raise ProblemError(_endless(self._calls.attempt(_LIST, bucket, key)))
                request["ContinuationToken"] = token


def _endless(attempt: Attempt) -> Problem:
    cause = f"an object has at most {MAX_ANNOTATIONS:,}, the server lists more"
    return attempt.problem(ProblemKind.SERVER, "the server's list of annotations never ends", cause)
