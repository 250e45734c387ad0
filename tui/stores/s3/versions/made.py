"""The version that a copy has made, where the server does not say it: asked for in buckets that keep versions."""

from __future__ import annotations

from msgspec.structs import replace

from tui.core.problem import ProblemError
from tui.stores.s3.calls import Calls
from tui.stores.s3.conditions import Look, expected_owner
from tui.stores.values import Stored


async def with_version(calls: Calls, bucket: str, stored: Stored, look: Look) -> Stored:
    """What was written, with its version id if `look` finds it there; nothing is raised."""
    if stored.version or not calls.connection.services.conceals_versions(calls.connection.service):
        return stored
    if not await _keeps_versions(calls, bucket):
        return stored
    try:
        there = await look()
    except ProblemError:
        return stored
    return replace(stored, version=there.version) if there.etag == stored.etag else stored


async def _keeps_versions(calls: Calls, bucket: str) -> bool:
    known = calls.connection.support.versioning
    if bucket not in known:
        try:
            with calls.asking("GetBucketVersioning", bucket):
                answer = await calls.client.get_bucket_versioning(Bucket=bucket, **expected_owner(calls, bucket))
        except ProblemError:
            known[bucket] = False
        else:
            known[bucket] = answer.get("Status") == "Enabled"
    return known[bucket]
