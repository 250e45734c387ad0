"""RestoreObject."""

from __future__ import annotations

from typing import Any

from tui.stores.s3.calls import Calls
from tui.stores.s3.conditions import expected_owner
from tui.stores.s3.headers import of_version


async def restore(calls: Calls, bucket: str, key: str, version: str, *, tier: str, days: int | None) -> None:
    """RestoreObject."""
    request: dict[str, Any] = {"GlacierJobParameters": {"Tier": tier}}
    if days is not None:
        request["Days"] = days
    with calls.asking("RestoreObject", bucket, key):
        client: Any = calls.client
        await client.restore_object(
            Bucket=bucket, Key=key, RestoreRequest=request, **of_version(version), **expected_owner(calls, bucket)
        )
