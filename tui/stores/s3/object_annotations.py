"""List, Get and PutObjectAnnotation, and whether a server has them at all.

A server that does not know ``?annotation`` may take a request for one of the object itself: a GET then answers the
whole object, and a PUT replaces it. So nothing is put before the server was seen to list annotations, and a body with
an ETag beside it, as GetObject sends it, is not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from tui.aws.refusals import Attempt
from tui.aws.transport import no_object
from tui.core.naming import MAX_ANNOTATION, MAX_ANNOTATIONS
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.s3.calls import Calls, Operations
from tui.stores.s3.conditions import expected_owner
from tui.stores.s3.headers import of_version
from tui.stores.s3.integrity import digest_parameters, require_read
from tui.stores.s3.requests import UploadBody
from tui.stores.values import Annotation

_LIST, _GET, _PUT = "ListObjectAnnotations", "GetObjectAnnotation", "PutObjectAnnotation"
_TELLING = ("AnnotationCount", "Annotations", "MaxAnnotationResults", "Key")
"""What an answer of ListObjectAnnotations has; one with none of it is another operation's."""


class S3Annotations(Operations):
    """Annotations of objects; the methods are documented in `Annotations`."""

    async def annotations(self, bucket: str, key: str, version: str = "") -> list[Annotation] | None:
        """See `Annotations`."""
        return await _list_annotations(self._calls, bucket, key, version)

    async def annotation(self, bucket: str, key: str, name: str, version: str = "") -> bytes:
        """See `Annotations`."""
        return await _get_annotation(self._calls, bucket, key, name, version)

    async def annotate(self, bucket: str, key: str, name: str, payload: bytes, *, etag: str) -> None:
        """See `Annotations`."""
        await _put_annotation(self._calls, bucket, key, name, payload, etag)


async def _list_annotations(calls: Calls, bucket: str, key: str, version: str = "") -> list[Annotation] | None:
    """ListObjectAnnotations, all pages; None: the server has none, which is asked once for each bucket."""
    known = calls.connection.support.annotations
    if known.get(bucket) is False:
        return None
    try:
        async with calls.first_alone(_LIST):
            found = await _all_pages(calls, bucket, key, version)
    except ProblemError as error:
        if _is_unknown(error.problem):
            known[bucket] = False
            return None
        if _LIST in error.problem.cause:  # a refusal that names the action comes from a server that knows it
            known[bucket] = True
        raise
    known[bucket] = found is not None
    return found


async def _all_pages(calls: Calls, bucket: str, key: str, version: str) -> list[Annotation] | None:
    request: dict[str, Any] = {"Bucket": bucket, "Key": key, "MaxAnnotationResults": MAX_ANNOTATIONS}
    request |= of_version(version) | expected_owner(calls, bucket)
    found: list[Annotation] = []
    with calls.asking(_LIST, bucket, key):
        while True:
            with no_object():
                answer: Any = await calls.client.list_object_annotations(**request)
            if not any(name in answer for name in _TELLING):
                return None
            found += [_annotation(entry) for entry in answer.get("Annotations", [])]
            token = answer.get("NextContinuationToken", "")
            if not token:
                return found
            if not answer.get("Annotations") or len(found) >= MAX_ANNOTATIONS:
                raise ProblemError(_endless(calls.attempt(_LIST, bucket, key)))
            request["ContinuationToken"] = token


def _endless(attempt: Attempt) -> Problem:
    cause = f"an object has at most {MAX_ANNOTATIONS:,}, the server lists more"
    return attempt.problem(ProblemKind.SERVER, "the server's list of annotations never ends", cause)


def _annotation(entry: Mapping[str, Any]) -> Annotation:
    return Annotation(entry["AnnotationName"], entry.get("Size", 0))


def _is_unknown(problem: Problem) -> bool:
    """Whether a server refused a request that it does not know: with 501, 405 or another 400."""
    return problem.kind is ProblemKind.UNSUPPORTED or problem.status in (400, 405, 501)


async def _get_annotation(calls: Calls, bucket: str, key: str, name: str, version: str = "") -> bytes:
    """GetObjectAnnotation: at most 1 MiB."""
    attempt = calls.attempt(_GET, bucket, key)
    with calls.asking(_GET, bucket, key):
        answer: Any = await calls.client.get_object_annotation(
            Bucket=bucket,
            Key=key,
            AnnotationName=name,
            ChecksumMode="ENABLED",
            **of_version(version),
            **expected_owner(calls, bucket),
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


async def _put_annotation(calls: Calls, bucket: str, key: str, name: str, payload: bytes, etag: str) -> None:
    """PutObjectAnnotation on the object with this ETag; only where the server was seen to have annotations."""
    attempt = calls.attempt(_PUT, bucket, key)
    if bucket not in calls.connection.support.annotations:
        with suppress(ProblemError):
            await _list_annotations(calls, bucket, key)
    if not calls.connection.support.annotations.get(bucket):
        cause = "the server is not known to support annotations and could treat the request as PutObject"
        raise ProblemError(attempt.problem(ProblemKind.UNSUPPORTED, "an annotation cannot be written", cause))
    condition: Any = {"ObjectIfMatch": etag} if etag else {}
    with calls.asking(_PUT, bucket, key):
        await calls.client.put_object_annotation(
            Bucket=bucket,
            Key=key,
            AnnotationName=name,
            AnnotationPayload=UploadBody(payload),
            **condition,
            **digest_parameters(calls, payload),
            **expected_owner(calls, bucket),
        )
