"""Requester pays: S3 wants to hear with every request that whoever asks also pays for it.

Amazon S3 User Guide, "Downloading objects from Requester Pays buckets": a request that does not say so is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client


def pay_for(client: S3Client, buckets: Collection[str]) -> None:
    """Let every request that concerns one of `buckets`, as its target or as the source of a copy, say that we pay."""

    def say_so(params: dict[str, Any], model: Any, **_: Any) -> None:
        if "RequestPayer" in model.input_shape.members and any(each in buckets for each in _concerned(params)):
            params.setdefault("RequestPayer", "requester")

    if buckets:
        # At the first event there is: later on the source of a copy is no longer in its parts.
        client.meta.events.register("provide-client-params.s3", say_so, unique_id="requester-pays")


def _concerned(params: Mapping[str, Any]) -> list[str]:
    source = params.get("CopySource") or {}
    return [params.get("Bucket", ""), source.get("Bucket", "")]
