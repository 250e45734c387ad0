"""Where our requests differ from what botocore makes of their parameters.

Requester pays: S3 refuses a request that does not say that its sender pays (Amazon S3 User Guide, "Downloading
objects from Requester Pays buckets").
"""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

from botocore.handlers import validate_ascii_metadata

from tui.stores.digests import KNOWN

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client


SMALL_BODY = 128 << 10
"""Bodies up to this many bytes are sent at once: waiting for ``100 Continue`` would cost them a round trip."""

UNMODIFIED_SINCE = "XS3DeleteIfUnmodifiedSince"
"""A parameter of DeleteObject that becomes Ceph's header of that name: seconds since the epoch."""

_CHECKSUM_HEADERS = {f"x-amz-checksum-{name.lower()}" for name in KNOWN}


def adapt_requests(client: S3Client) -> None:
    """Let ``Expires`` be any text (objects have ``0`` or ``-1`` there), and send small bodies at once.

    Metadata may be any text, too (Amazon S3 User Guide, "Working with object metadata"): some servers give it in
    UTF-8 as it is, and it is handed on as it came.
    """
    events = client.meta.events
    for operation in ("CopyObject", "PutObject", "CreateMultipartUpload"):
        events.unregister(f"before-parameter-build.s3.{operation}", validate_ascii_metadata)
    events.register_first("before-parameter-build.s3", _take_ours, unique_id="take-ours")
    events.register_last("before-call.s3", _finish, unique_id="finish-request")


def _take_ours(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """Keep from botocore what it would refuse: an ``Expires`` that is no date, a parameter that it does not know."""
    if "Expires" in params:
        context["xs3_expires"] = params.pop("Expires")
    if UNMODIFIED_SINCE in params:
        context["xs3_unmodified_since"] = params.pop(UNMODIFIED_SINCE)


def _finish(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    headers, body = params["headers"], params["body"]
    if "xs3_expires" in context:
        headers["Expires"] = context["xs3_expires"]
    if "xs3_unmodified_since" in context:
        moment = datetime.fromtimestamp(int(context["xs3_unmodified_since"]), UTC)
        headers["x-amz-delete-if-unmodified-since"] = moment.isoformat()
    if isinstance(body, BytesIO) and body.getbuffer().nbytes <= SMALL_BODY:
        headers.pop("Expect", None)
    _take_checksums_over(headers, context)


def _take_checksums_over(headers: Mapping[str, str], context: dict[str, Any]) -> None:
    """Checksums are ours: botocore would compare those of an answer on the event loop, and knows no CRC64NVME.

    It is given the one in our own header, so that over https the body is not hashed once more for the signature.
    """
    checksums = context.setdefault("checksum", {})
    checksums.pop("response_algorithms", None)
    ours = [name for name in headers if name.lower() in _CHECKSUM_HEADERS]
    if ours and context.get("has_streaming_input"):
        checksums["request_algorithm"] = {"algorithm": ours[0].rpartition("-")[2], "in": "header", "name": ours[0]}


class UploadBody(io.BytesIO):
    """A `BytesIO` over bytes that it shares with the caller.

    aiohttp asks it for its size by `getbuffer`, for which a plain `BytesIO` copies all of its content.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self._content = content

    @property
    def content(self) -> bytes:
        return self._content

    def getbuffer(self) -> memoryview:
        """The content, read only: nobody writes to an upload."""
        return memoryview(self._content)


def pay_for(client: S3Client, buckets: Collection[str]) -> None:
    """Send requester pays with every request on one of `buckets`, as its target or as the source of a copy."""

    def say_so(params: dict[str, Any], model: Any, **_: Any) -> None:
        if "RequestPayer" in model.input_shape.members and pays_for(buckets, params):
            params.setdefault("RequestPayer", "requester")

    if buckets:
        # At the first event there is: later on the source of a copy is no longer in its parts.
        client.meta.events.register("provide-client-params.s3", say_so, unique_id="requester-pays")


def pays_for(buckets: Collection[str], params: Mapping[str, Any]) -> bool:
    source = params.get("CopySource") or {}
    return params.get("Bucket", "") in buckets or source.get("Bucket", "") in buckets
