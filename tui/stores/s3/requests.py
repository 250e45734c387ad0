"""Where our requests differ from what botocore makes of their parameters."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from botocore.handlers import validate_ascii_metadata

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

SMALL_BODY = 128 << 10
"""Bodies up to this many bytes are sent at once: waiting for ``100 Continue`` would cost them a round trip."""


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
