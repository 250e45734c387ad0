"""A part that is written to one server while it is read from another one."""

from __future__ import annotations

from tui.core.problem import ProblemError
from tui.stores.relaying import Stream
from tui.stores.s3.calls import Operations
from tui.stores.s3.conditions import expected_owner
from tui.stores.s3.headers import of_version
from tui.stores.s3.integrity import learned_of, part_of, preferred_algorithm, require_arrived
from tui.stores.s3.wire.choosing import short_way_of
from tui.stores.values import Sent


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
        named = {"Bucket": bucket, "Key": key, "IfMatch": etag, "Range": span}
        named |= {**of_version(version), **expected_owner(self._calls, bucket)}
        try:
            with self._calls.asking("GetObject", bucket, key):
                return await client.stream(etag, length, **named)
        except ProblemError:  # no credentials, say: the other way fails alike, and is retried
            return None

    async def upload_stream(
        self, bucket: str, key: str, upload: str, number: int, stream: Stream, *, algorithm: str, md5: bool
    ) -> Sent | None:
        """See `Relaying`. What the server makes of the frames is proven by its answer: its checksum, or its ETag.

        Until it is known which of them, the MD5 of one part under way is computed; others without proof are made again.
        """
        from tui.stores.s3.wire.relay.streams import WireStream  # not before it is needed: the engine starts sooner

        calls = self._calls
        client = short_way_of(calls.connection)
        if client is None or not isinstance(stream, WireStream) or not preferred_algorithm(calls):
            return None
        support = calls.connection.support
        known, asks = support.part_checksums.get(bucket), bucket not in support.asking_part_checksums
        support.asking_part_checksums.add(bucket)
        try:
            with calls.asking("UploadPart", bucket, key):
                uploaded = await client.upload_stream(
                    stream,
                    algorithm,
                    md5=md5 or known is False or (known is None and asks),
                    Bucket=bucket,
                    Key=key,
                    UploadId=upload,
                    PartNumber=number,
                    **expected_owner(calls, bucket),
                )
        except ProblemError:
            return None
        finally:
            if asks:
                support.asking_part_checksums.discard(bucket)
        if uploaded is None:
            return None
        digests = uploaded.digests
        part = learned_of(calls, bucket, part_of(number, uploaded.answer, stream.length), digests)
        arrived = digests.md5 and digests.md5 == part.etag.strip('"').lower()
        if support.part_checksums[bucket] or arrived:
            try:
                require_arrived(lambda: calls.attempt("UploadPart", bucket, key), uploaded.answer, digests)
            except ProblemError:
                client.refuse_streams(bucket)
                return None
            return Sent(part, digests)
        if digests.md5:
            client.refuse_streams(bucket)  # it may have kept the frames as they came
        return None
