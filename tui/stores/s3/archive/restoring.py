"""RestoreObject."""

from __future__ import annotations

from typing import Any

from tui.stores.s3.calls import Operations
from tui.stores.s3.conditions import expected_owner
from tui.stores.s3.headers import of_version


class S3Archive(Operations):
    """Restores of archived objects; documented in `Archive`."""

    async def restore(self, bucket: str, key: str, version: str = "", *, tier: str, days: int | None) -> None:
        """See `Archive`."""
        request: dict[str, Any] = {"GlacierJobParameters": {"Tier": tier}}
        if days is not None:
            request["Days"] = days
        client: Any = self._calls.client  # its stub wants a TypedDict
        named = {**of_version(version), **expected_owner(self._calls, bucket)}
        with self._calls.asking("RestoreObject", bucket, key):
            await client.restore_object(Bucket=bucket, Key=key, RestoreRequest=request, **named)
