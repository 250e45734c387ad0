"""ListBuckets, CreateBucket and DeleteBucket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tui.aws.connection import is_aws
from tui.core.identity import Address, Owner
from tui.core.listing import Bucket, BucketList
from tui.core.location import Location, LocationError, parse_location
from tui.core.naming import counted
from tui.core.problem import ProblemError, ProblemKind
from tui.stores.s3.calls import Calls
from tui.stores.s3.listing import Circle

BUCKETS_PER_REQUEST = 1000
MOST_BUCKETS = 1_000_000
"""Of an account: AWS's highest quota."""
_NO_CONSTRAINT = "us-east-1"
"""The region whose name CreateBucket does not take as a location constraint (Amazon S3 API Reference)."""


async def list_buckets(calls: Calls) -> BucketList:
    """ListBuckets, all of them: up to 10,000 need ten requests. The caller's own canonical id is learned."""
    buckets: list[Bucket] = []
    more: dict[str, str] = {}
    circle = Circle()
    with calls.asking("ListBuckets"):
        while True:
            answer: Any = await calls.client.list_buckets(MaxBuckets=BUCKETS_PER_REQUEST, **more)
            buckets += [_bucket(entry) for entry in answer.get("Buckets", [])]
            token = answer.get("ContinuationToken", "")
            if not token or circle.closes(token) or len(buckets) > MOST_BUCKETS:
                break
            more = {"ContinuationToken": token}
    _require_whole(calls, buckets, token)
    owner = _own_id(calls, answer)
    for bucket in buckets:
        calls.connection.addresses.learn_bucket(calls.connection.service, bucket.name, owner.id if owner else "")
    return BucketList(buckets, owner)


async def create_bucket(calls: Calls, bucket: str, region: str) -> None:
    """CreateBucket in a region; empty: the identity's own. Servers other than AWS's get none."""
    region = region or calls.connection.settings.region
    elsewhere: Any = {"CreateBucketConfiguration": {"LocationConstraint": region}} if region else {}
    if region == _NO_CONSTRAINT or not is_aws(calls.connection.endpoint):
        elsewhere = {}
    with calls.asking("CreateBucket", bucket):
        await calls.client.create_bucket(Bucket=bucket, **elsewhere)


async def delete_bucket(calls: Calls, bucket: str) -> None:
    """DeleteBucket, which every server refuses while something is in the bucket (BucketNotEmpty)."""
    with calls.asking("DeleteBucket", bucket):
        await calls.client.delete_bucket(Bucket=bucket)


def _require_whole(calls: Calls, buckets: Sequence[Bucket], token: str) -> None:
    """Raise if more are to follow, or if one has a name that no bucket can have: its URI would name something else."""
    wrong = [bucket.name for bucket in buckets if not _can_be_named(bucket.name)]
    if not (token or wrong):
        return
    cause = f"one is called {wrong[0][:80]!r}" if wrong else f"it does not end after {counted(len(buckets), 'bucket')}"
    attempt = calls.attempt("ListBuckets")
    raise ProblemError(attempt.problem(ProblemKind.SERVER, "the server's list of buckets cannot be read", cause))


def _can_be_named(bucket: str) -> bool:
    try:
        return parse_location(Location(bucket).uri) == Location(bucket) != Location()
    except LocationError:
        return False


def _bucket(entry: Mapping[str, Any]) -> Bucket:
    created = entry.get("CreationDate")
    return Bucket(entry["Name"], created.timestamp() if created else 0.0, entry.get("BucketRegion", ""))


def _own_id(calls: Calls, answer: Mapping[str, Any]) -> Owner | None:
    said = answer.get("Owner", {})
    if not said.get("ID"):
        return None
    owner = Owner(said["ID"], said.get("DisplayName", ""))
    calls.connection.addresses.learn(Address(owner.id, label=calls.connection.label), weak=True)
    return owner
