"""Where our requests differ from what botocore makes of their parameters."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

from botocore.handlers import validate_ascii_metadata

from tui.stores.digests import ALGORITHMS

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

SMALL_BODY = 128 << 10
"""Bodies up to this many bytes are sent at once: waiting for ``100 Continue`` would cost them a round trip."""

_CHECKSUM_HEADERS = {f"x-amz-checksum-{name.lower()}" for name in ALGORITHMS}


def adapt_requests(client: S3Client) -> None:
    """Let ``Expires`` be any text (objects hold ``0`` or ``-1`` there), and send small bodies at once.

    Metadata may be any text, too (Amazon S3 User Guide, "Working with object metadata"): some servers give it in
    UTF-8 as it is, and it is handed on as it came.
    """
    events = client.meta.events
    for operation in ("CopyObject", "PutObject", "CreateMultipartUpload"):
        events.unregister(f"before-parameter-build.s3.{operation}", validate_ascii_metadata)
    events.register_first("before-parameter-build.s3", _take_expires, unique_id="take-expires")
    events.register_last("before-call.s3", _finish, unique_id="finish-request")


def _take_expires(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """Keep the header from botocore, which refuses a text that is no date."""
    if "Expires" in params:
        context["xs3_expires"] = params.pop("Expires")


def _finish(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    headers, body = params["headers"], params["body"]
    if "xs3_expires" in context:
        headers["Expires"] = context["xs3_expires"]
    if isinstance(body, BytesIO) and body.getbuffer().nbytes <= SMALL_BODY:
        headers.pop("Expect", None)
    _take_checksums_over(headers, context)


def _take_checksums_over(headers: Mapping[str, str], context: dict[str, Any]) -> None:
    """Checksums are ours: botocore would compare those of an answer on the event loop, and knows no CRC64NVME.

    It is told of the one in our own header, so that over https the body is not hashed once more for the signature.
    """
    checksums = context.setdefault("checksum", {})
    checksums.pop("response_algorithms", None)
    ours = [name for name in headers if name.lower() in _CHECKSUM_HEADERS]
    if ours and context.get("has_streaming_input"):
        checksums["request_algorithm"] = {"algorithm": ours[0].rpartition("-")[2], "in": "header", "name": ours[0]}
