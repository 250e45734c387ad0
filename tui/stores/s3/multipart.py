"""Multipart uploads: made, filled by upload or copy, completed, or aborted until nothing of them is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from tui.aws.connection import is_aws
from tui.aws.transport import read_timeout
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores import digests as digesting
from tui.stores import store_values
from tui.stores.operations import Stream
from tui.stores.s3 import headers
from tui.stores.s3.calls import Calls, Operations, short_way_of
from tui.stores.s3.objects import COPY_SECONDS, S3Objects, copy_source, copying
from tui.stores.s3.requests import UploadBody
from tui.stores.s3.write_conditions import ConditionalWrite, Conditions, write_if

ABORT_ATTEMPTS = 5
MOST_PARTS = 10_000
"""Of an upload (Amazon S3 User Guide, "Amazon S3 multipart upload limits")."""
MOST_PAGES = 1000
"""Of a list of uploads, 1,000 each."""
_UNKNOWABLE = (ProblemKind.DENIED, ProblemKind.UNSUPPORTED)


class S3Multipart(S3Objects):
    """Multipart uploads by the identity of a connection; the methods are documented in `Multipart`."""

    async def create_upload(
        self, bucket: str, key: str, attributes: store_values.ObjectAttributes, *, checksum: str = ""
    ) -> str:
        with self._calls.asking("CreateMultipartUpload", bucket, key):
            answer = await self._calls.client.create_multipart_upload(
                **headers.attribute_parameters(attributes),
                **headers.upload_parameters(self._calls, checksum),
                **self._calls.named(bucket, key),
            )
            return answer["UploadId"]

    async def upload_part(
        self,
        bucket: str,
        key: str,
        upload: str,
        number: int,
        body: bytes,
        *,
        start: int,  # noqa: ARG002  # S3 puts the parts together by their numbers
        digests: store_values.Digests = store_values.UNHASHED,
    ) -> store_values.CompletedPart:
        with self._calls.asking("UploadPart", bucket, key):
            answer = await self._calls.client.upload_part(
                UploadId=upload,
                PartNumber=number,
                Body=UploadBody(body),
                **headers.digest_parameters(self._calls, body, digests),
                **self._calls.named(bucket, key),
            )
            headers.require_arrived(partial(self._calls.attempt, "UploadPart", bucket, key), answer, digests)
            return headers.learned_of(self._calls, bucket, headers.part_of(number, answer, len(body)), digests)

    async def copy_part(
        self, source: store_values.CopySource, start: int, length: int, bucket: str, key: str, upload: str, number: int
    ) -> store_values.CompletedPart:
        """UploadPartCopy; refused where the server might copy another object."""
        if "%" in source.key and not is_aws(self._calls.connection.endpoint):
            raise ProblemError(_misread(self._calls, source, bucket, key))
        with copying(self._calls, "UploadPartCopy", source, bucket, key):
            answer = await self._calls.client.upload_part_copy(
                UploadId=upload,
                PartNumber=number,
                CopySourceRange=f"bytes={start}-{start + length - 1}",
                **copy_source(self._calls, source),
                **self._calls.named(bucket, key),
            )
            return headers.part_of(number, answer["CopyPartResult"], length)

    async def complete_upload(
        self,
        bucket: str,
        key: str,
        upload: str,
        parts: Sequence[store_values.CompletedPart],
        *,
        when: store_values.WriteCondition = store_values.ANYTHING,
        checksum: store_values.Checksum | None = None,
        tags: store_values.TagSet = None,
    ) -> store_values.Completed:
        """CompleteMultipartUpload, and the tags where the server drops those that an upload was begun with."""
        stored = await self._complete(bucket, key, upload, parts, when, checksum)
        untagged: Problem | None = None
        try:
            await self._ensure_tags(bucket, key, tags)
        except ProblemError as error:  # the object is there: it must not be taken for one that failed
            untagged = error.problem
        return store_values.Completed(
            stored.etag, stored.encryption, stored.checksums, version=stored.version, untagged=untagged
        )

    async def _complete(
        self,
        bucket: str,
        key: str,
        upload: str,
        parts: Sequence[store_values.CompletedPart],
        when: store_values.WriteCondition,
        checksum: store_values.Checksum | None,
    ) -> store_values.WriteResult:
        """CompleteMultipartUpload; one whose answer was lost is found complete when it is sent again.

        An object at the target with the same parts is the copy, whoever wrote it. If another upload did, this one is
        left over, and is aborted.
        """
        parameters = {**headers.completion_parameters(self._calls, parts, checksum), "UploadId": upload}
        parameters |= self._calls.named(bucket, key)
        found = False

        async def complete(conditions: Conditions) -> store_values.WriteResult:
            with read_timeout(COPY_SECONDS), self._calls.asking("CompleteMultipartUpload", bucket, key):
                answer = await self._calls.client.complete_multipart_upload(**parameters, **conditions)
            stored = headers.read_stored(answer)
            return stored if stored.etag else msgspec.structs.replace(stored, etag=multipart_etag(parts))

        def is_ours(there: store_values.ObjectHead) -> bool:
            nonlocal found
            found = there.etag == multipart_etag(parts)
            return found

        look = partial(self.head, bucket, key)
        try:
            stored = await write_if(complete, ConditionalWrite(self._calls, bucket, key, when, look, is_ours))
        except ProblemError as error:
            if error.problem.code == "NoSuchUpload":
                with suppress(ProblemError):
                    if is_ours(there := await look()):
                        return headers.stored_of(there)
            raise
        if found:
            await self.abort_upload(bucket, key, upload)
        return stored

    async def abort_upload(self, bucket: str, key: str, upload: str) -> None:
        """AbortMultipartUpload, again until no part is left.

        Amazon S3 API Reference, AbortMultipartUpload: parts that are being uploaded may still succeed afterwards, so
        that it can take several aborts to free all storage; ListParts shows whether parts remain.
        """
        named = {**self._calls.named(bucket, key), "UploadId": upload}
        for _ in range(ABORT_ATTEMPTS):
            try:
                with self._calls.asking("AbortMultipartUpload", bucket, key):
                    await self._calls.client.abort_multipart_upload(**named)
            except ProblemError as error:
                if error.problem.code == "NoSuchUpload":
                    return
                raise
            if await self._is_gone(bucket, key, named):
                return
        title, cause = "an upload could not be aborted", f"after {ABORT_ATTEMPTS} aborts it still has parts"
        attempt = self._calls.attempt("AbortMultipartUpload", bucket, key)
        raise ProblemError(attempt.problem(ProblemKind.SERVER, title, cause, "abort it later"))

    async def _is_gone(self, bucket: str, key: str, named: dict[str, Any]) -> bool:
        """Whether no part is left, as far as this identity may know."""
        try:
            with self._calls.asking("ListParts", bucket, key):
                answer = await self._calls.client.list_parts(MaxParts=1, **named)
        except ProblemError as error:
            if error.problem.code in ("NoSuchUpload", "NoSuchKey") or error.problem.kind in _UNKNOWABLE:
                return True
            raise
        return not answer.get("Parts")

    async def uploads(self, bucket: str, prefix: str = "") -> list[store_values.IncompleteUpload]:
        found: list[store_values.IncompleteUpload] = []
        request: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix, "EncodingType": "url"}
        request |= self._calls.expected_owner(bucket)
        with self._calls.asking("ListMultipartUploads", bucket, prefix):
            for _ in range(MOST_PAGES):
                answer: Any = await self._calls.client.list_multipart_uploads(**request)
                if "EncodingType" in request and answer.get("EncodingType") != "url":
                    del request["EncodingType"]  # Ceph encodes the keys, and does not say so: then better plain ones
                    continue
                found += [_upload(entry, answer) for entry in answer.get("Uploads", [])]
                markers = {
                    "KeyMarker": _decoded(answer.get("NextKeyMarker", ""), answer),
                    "UploadIdMarker": answer.get("NextUploadIdMarker", ""),
                }
                if not answer.get("IsTruncated") or markers.items() <= request.items():
                    return found
                request |= markers
            raise ValueError(f"{MOST_PAGES} pages of uploads, with more to follow")

    async def parts(self, bucket: str, key: str, upload: str) -> list[store_values.CompletedPart]:
        found: list[store_values.CompletedPart] = []
        request: dict[str, Any] = {**self._calls.named(bucket, key), "UploadId": upload}
        with self._calls.asking("ListParts", bucket, key):
            while True:
                answer: Any = await self._calls.client.list_parts(**request)
                found += [
                    headers.part_of(entry["PartNumber"], entry, entry["Size"]) for entry in answer.get("Parts", [])
                ]
                marker = answer.get("NextPartNumberMarker", 0)
                if not answer.get("IsTruncated") or marker == request.get("PartNumberMarker"):
                    return found
                request["PartNumberMarker"] = marker
                if len(found) > MOST_PARTS:
                    raise ValueError(f"the upload has more than {MOST_PARTS} parts")


def _misread(calls: Calls, source: store_values.CopySource, bucket: str, key: str) -> Problem:
    """Ceph 18 decodes the source key of UploadPartCopy twice: for ``a%41`` it copies ``aA``, and says nothing."""
    title = "this server cannot copy a key with % in parts"
    cause, remedy = (
        "servers other than AWS may decode it to another key",
        "use the relay route, or copy it in one request",
    )
    problem = calls.attempt("UploadPartCopy", bucket, key).problem(ProblemKind.UNSUPPORTED, title, cause, remedy)
    return msgspec.structs.replace(problem, resource=f"s3://{source.bucket}/{source.key}")


def multipart_etag(parts: Sequence[store_values.CompletedPart]) -> str:
    """The ETag of an object made of parts: MD5 over the parts' MD5s, a dash, their number (empty if not MD5s)."""
    try:
        return digesting.multipart_etag([part.etag.strip('"') for part in parts])
    except ValueError:
        return ""


def _upload(entry: Mapping[str, Any], answer: Mapping[str, Any]) -> store_values.IncompleteUpload:
    started = entry.get("Initiated")
    return store_values.IncompleteUpload(
        key=_decoded(entry["Key"], answer),
        upload=entry["UploadId"],
        started=started.timestamp() if started else 0.0,
        initiator=entry.get("Initiator", {}).get("ID", ""),
    )


def _decoded(key: str, answer: Mapping[str, Any]) -> str:
    return unquote_plus(key) if answer.get("EncodingType") == "url" else key


class S3Relaying(Operations):
    """Parts that are never held in memory; the methods are documented in `Relaying`."""

    async def stream(
        self, bucket: str, key: str, *, etag: str, start: int, length: int, version: str = ""
    ) -> Stream | None:
        """See `Relaying`; there is none for who signs nothing, through a proxy, and where botocore is to send all."""
        client = short_way_of(self._calls.connection)
        if client is None:
            return None
        span = f"bytes={start}-{start + length - 1}"
        named = {**self._calls.named(bucket, key, version), "IfMatch": etag, "Range": span}
        try:
            with self._calls.asking("GetObject", bucket, key):
                return await client.stream(etag, length, **named)
        except ProblemError:  # no credentials, say: the other way fails alike, and is retried
            return None

    async def upload_stream(
        self, bucket: str, key: str, upload: str, number: int, stream: Stream, *, algorithm: str, md5: bool
    ) -> store_values.SentPart | None:
        """See `Relaying`. What the server makes of the frames is proven by its answer: its checksum, or its ETag.

        Until it is known which of them, the MD5 of one part under way is computed; others without proof are made again.
        Where it is neither, the size of a part shows whether frames are decoded, and the object is to be read back.
        """
        from tui.stores.http.relay import WireStream  # not before it is needed: the engine starts sooner

        calls = self._calls
        client = short_way_of(calls.connection)
        if client is None or not isinstance(stream, WireStream) or not headers.preferred_algorithm(calls):
            return None
        support = calls.connection.support
        known, asks = support.part_checksums.get(bucket), bucket not in support.asking_part_checksums
        decodes = support.decodes_frames.get(bucket)
        support.asking_part_checksums.add(bucket)
        try:
            with calls.asking("UploadPart", bucket, key):
                uploaded = await client.upload_stream(
                    stream,
                    algorithm,
                    md5=md5 or (known is False and not decodes) or (known is None and asks),
                    UploadId=upload,
                    PartNumber=number,
                    **calls.named(bucket, key),
                )
        except ProblemError:
            return None
        finally:
            if asks:
                support.asking_part_checksums.discard(bucket)
        if uploaded is None:
            return None
        digests = uploaded.digests
        part = headers.learned_of(calls, bucket, headers.part_of(number, uploaded.answer, stream.length), digests)
        arrived = digests.md5 and digests.md5 == part.etag.strip('"').lower()
        if support.part_checksums[bucket] or arrived:
            try:
                headers.require_arrived(lambda: calls.attempt("UploadPart", bucket, key), uploaded.answer, digests)
            except ProblemError:
                client.refuse_streams(bucket)
                return None
            return store_values.SentPart(part, digests)
        if not headers.is_md5(part.etag) and await self._decodes(bucket, key, upload, part):
            return store_values.SentPart(part, digests)
        if digests.md5:
            client.refuse_streams(bucket)  # it may have kept the frames as they came
        return None

    async def _decodes(self, bucket: str, key: str, upload: str, part: store_values.CompletedPart) -> bool:
        """Whether the server has taken the content of a part out of its frames, as the first one shows."""
        known = self._calls.connection.support.decodes_frames
        if bucket not in known:
            request: dict[str, Any] = {"PartNumberMarker": part.number - 1, "MaxParts": 1, "UploadId": upload}
            try:
                with self._calls.asking("ListParts", bucket, key):
                    answer = await self._calls.client.list_parts(**request, **self._calls.named(bucket, key))
            except ProblemError:
                return False
            found = [(each["PartNumber"], each["Size"]) for each in answer.get("Parts", [])]
            known[bucket] = (part.number, part.size) in found
        return known[bucket]
