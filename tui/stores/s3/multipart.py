"""Multipart uploads: made, filled by upload or copy, completed, or aborted until nothing of them is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from tui.accounts.endpoints import is_aws
from tui.accounts.transport import read_timeout
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores import digests as digesting
from tui.stores.base import Checksum, Digests, IncompleteUpload, ObjectAttributes, Part, Source
from tui.stores.s3.bodies import UploadBody
from tui.stores.s3.calls import Calls
from tui.stores.s3.conditions import Conditions, expected_owner, write_new
from tui.stores.s3.headers import attribute_parameters, quoted
from tui.stores.s3.integrity import (
    completion_parameters,
    digest_parameters,
    part_of,
    require_arrived,
    upload_parameters,
)
from tui.stores.s3.objects import COPY_SECONDS, copy_source, copying, head

ABORT_ATTEMPTS = 5
_UNKNOWABLE = (ProblemKind.DENIED, ProblemKind.UNSUPPORTED)


async def create_upload(calls: Calls, bucket: str, key: str, attributes: ObjectAttributes, algorithm: str) -> str:
    """CreateMultipartUpload."""
    with calls.asking("CreateMultipartUpload", bucket, key):
        answer = await calls.client.create_multipart_upload(
            Bucket=bucket,
            Key=key,
            **attribute_parameters(attributes),
            **upload_parameters(calls, algorithm),
            **expected_owner(calls, bucket),
        )
        return answer["UploadId"]


async def upload_part(
    calls: Calls, bucket: str, key: str, upload: str, number: int, body: bytes, digests: Digests
) -> Part:
    """UploadPart."""
    with calls.asking("UploadPart", bucket, key):
        answer = await calls.client.upload_part(
            Bucket=bucket,
            Key=key,
            UploadId=upload,
            PartNumber=number,
            Body=UploadBody(body),
            **digest_parameters(calls, body, digests),
            **expected_owner(calls, bucket),
        )
        require_arrived(calls.attempt("UploadPart", bucket, key), answer, digests)
        return part_of(number, answer, len(body))


async def copy_part(
    calls: Calls, source: Source, start: int, length: int, bucket: str, key: str, upload: str, number: int
) -> Part:
    """UploadPartCopy; refused where the server might copy another object."""
    if "%" in source.key and not is_aws(calls.connection.endpoint):
        raise ProblemError(_misread(calls, source, bucket, key))
    with copying(calls, "UploadPartCopy", source, bucket, key):
        answer = await calls.client.upload_part_copy(
            Bucket=bucket,
            Key=key,
            UploadId=upload,
            PartNumber=number,
            CopySourceRange=f"bytes={start}-{start + length - 1}",
            **copy_source(calls, source),
            **expected_owner(calls, bucket),
        )
        return part_of(number, answer["CopyPartResult"], length)


def _misread(calls: Calls, source: Source, bucket: str, key: str) -> Problem:
    """Ceph 18 decodes the source key of UploadPartCopy twice: for ``a%41`` it copies ``aA``, and says nothing."""
    problem = calls.attempt("UploadPartCopy", bucket, key).problem(
        ProblemKind.UNSUPPORTED,
        "a key with a % in it cannot be copied in parts by this server",
        "servers other than AWS's may take it for another key",
        "relay the object, or copy it whole",
    )
    return msgspec.structs.replace(problem, resource=f"s3://{source.bucket}/{source.key}")


async def complete_upload(
    calls: Calls,
    bucket: str,
    key: str,
    upload: str,
    parts: Sequence[Part],
    *,
    only_new: bool,
    checksum: Checksum | None,
) -> str:
    """CompleteMultipartUpload; one whose answer was lost is found complete when it is sent again."""
    parameters = completion_parameters(calls, parts, checksum)
    parameters |= {"UploadId": upload, **expected_owner(calls, bucket)}

    async def complete(conditions: Conditions) -> str:
        with read_timeout(COPY_SECONDS), calls.asking("CompleteMultipartUpload", bucket, key):
            answer = await calls.client.complete_multipart_upload(Bucket=bucket, Key=key, **parameters, **conditions)
        return quoted(answer.get("ETag", "")) or multipart_etag(parts)

    try:
        if not only_new:
            return await complete({})
        look = partial(head, calls, bucket, key)
        return await write_new(
            complete, look, lambda there: there.etag == multipart_etag(parts), f"s3://{bucket}/{key}"
        )
    except ProblemError as error:
        if error.problem.code == "NoSuchUpload" and await _is_complete(calls, bucket, key, parts):
            return multipart_etag(parts)
        raise


async def _is_complete(calls: Calls, bucket: str, key: str, parts: Sequence[Part]) -> bool:
    try:
        return (await head(calls, bucket, key)).etag == multipart_etag(parts)
    except ProblemError:
        return False


def multipart_etag(parts: Sequence[Part]) -> str:
    """The ETag of an object made of parts: MD5 over the parts' MD5s, a dash, their number (empty if not MD5s)."""
    try:
        return digesting.multipart_etag([part.etag.strip('"') for part in parts])
    except ValueError:
        return ""


async def abort_upload(calls: Calls, bucket: str, key: str, upload: str) -> None:
    """AbortMultipartUpload, again until no part is left.

    Amazon S3 API Reference, AbortMultipartUpload: parts that are being uploaded may still succeed afterwards, so
    that it can take several aborts to free all storage; ListParts tells.
    """
    for _ in range(ABORT_ATTEMPTS):
        try:
            with calls.asking("AbortMultipartUpload", bucket, key):
                await calls.client.abort_multipart_upload(
                    Bucket=bucket, Key=key, UploadId=upload, **expected_owner(calls, bucket)
                )
        except ProblemError as error:
            if error.problem.code == "NoSuchUpload":
                return
            raise
        if await _is_gone(calls, bucket, key, upload):
            return
    attempt = calls.attempt("AbortMultipartUpload", bucket, key)
    cause = f"after {ABORT_ATTEMPTS} aborts the upload still has parts"
    raise ProblemError(attempt.problem(ProblemKind.SERVER, "an upload could not be aborted", cause, "abort it later"))


async def _is_gone(calls: Calls, bucket: str, key: str, upload: str) -> bool:
    """Whether no part is left, as far as this identity may know."""
    try:
        with calls.asking("ListParts", bucket, key):
            answer = await calls.client.list_parts(
                Bucket=bucket, Key=key, UploadId=upload, MaxParts=1, **expected_owner(calls, bucket)
            )
    except ProblemError as error:
        if error.problem.code in ("NoSuchUpload", "NoSuchKey") or error.problem.kind in _UNKNOWABLE:
            return True
        raise
    return not answer.get("Parts")


async def list_parts(calls: Calls, bucket: str, key: str, upload: str) -> list[Part]:
    """ListParts, all pages, by number."""
    parts: list[Part] = []
    request: dict[str, Any] = {"Bucket": bucket, "Key": key, "UploadId": upload, **expected_owner(calls, bucket)}
    with calls.asking("ListParts", bucket, key):
        while True:
            answer: Any = await calls.client.list_parts(**request)
            parts += [part_of(entry["PartNumber"], entry, entry["Size"]) for entry in answer.get("Parts", [])]
            marker = answer.get("NextPartNumberMarker", 0)
            if not answer.get("IsTruncated") or marker == request.get("PartNumberMarker"):
                return parts
            request["PartNumberMarker"] = marker


async def list_uploads(calls: Calls, bucket: str, prefix: str) -> list[IncompleteUpload]:
    """ListMultipartUploads, all pages."""
    uploads: list[IncompleteUpload] = []
    request: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix, "EncodingType": "url"}
    with calls.asking("ListMultipartUploads", bucket, prefix):
        while True:
            answer: Any = await calls.client.list_multipart_uploads(**request)
            if "EncodingType" in request and answer.get("EncodingType") != "url":
                del request["EncodingType"]  # Ceph encodes the keys, and does not say so: then better plain ones
                continue
            uploads += [_upload(entry, answer) for entry in answer.get("Uploads", [])]
            markers = {
                "KeyMarker": _decoded(answer.get("NextKeyMarker", ""), answer),
                "UploadIdMarker": answer.get("NextUploadIdMarker", ""),
            }
            if not answer.get("IsTruncated") or markers.items() <= request.items():
                return uploads
            request |= markers


def _upload(entry: Mapping[str, Any], answer: Mapping[str, Any]) -> IncompleteUpload:
    started = entry.get("Initiated")
    return IncompleteUpload(
        key=_decoded(entry["Key"], answer),
        upload=entry["UploadId"],
        started=started.timestamp() if started else 0.0,
        initiator=entry.get("Initiator", {}).get("ID", ""),
    )


def _decoded(key: str, answer: Mapping[str, Any]) -> str:
    return unquote_plus(key) if answer.get("EncodingType") == "url" else key
