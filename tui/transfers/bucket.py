"""What the target bucket says about who owns new objects in it."""

from __future__ import annotations

from collections.abc import Sequence

from tui.model.facts import ObjectOwnership
from tui.model.identity import Owner
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.transfers.cancellation import together
from tui.transfers.ownership import TargetBucket


async def read_target_bucket(askers: Sequence[Store], bucket: str) -> TargetBucket:
    """Ask for Object Ownership and the bucket's owner, each by the first identity that may know; not of a disk.

    Raises `ProblemError` only when the first identity says that there is no such bucket.
    """
    if not askers[0].capabilities.acls:
        return TargetBucket(acls=False)
    (ownership, known, why_ownership), (owner, why_owner) = await together(
        _ownership(askers, bucket), _owner(askers, bucket)
    )
    return TargetBucket(ownership, known, owner, tuple(filter(None, (why_ownership, why_owner))))


async def _ownership(askers: Sequence[Store], bucket: str) -> tuple[ObjectOwnership | None, bool, str]:
    refusals: list[Problem] = []
    for store in askers:
        try:
            return await store.ownership(bucket), True, ""
        except ProblemError as error:
            _raise_if_missing(error, first=not refusals)
            if error.problem.kind is ProblemKind.UNSUPPORTED:
                return None, True, ""  # a server without Object Ownership: the uploader owns
            refusals.append(error.problem)
    return None, False, _unreadable("Object Ownership", refusals)


async def _owner(askers: Sequence[Store], bucket: str) -> tuple[Owner | None, str]:
    refusals: list[Problem] = []
    for store in askers:
        try:
            return (await store.bucket_acl(bucket)).owner, ""
        except ProblemError as error:
            _raise_if_missing(error, first=not refusals)
            refusals.append(error.problem)
    for store in askers:
        if owner := await _owner_by_listing(store, bucket):
            return owner, ""
    return None, _unreadable("owner", refusals)


async def _owner_by_listing(store: Store, bucket: str) -> Owner | None:
    """ListBuckets shows the caller's own buckets only, with their owner."""
    try:
        own = await store.buckets()
    except ProblemError:
        return None  # it was a last attempt to know
    return own.owner if any(each.name == bucket for each in own.buckets) else None


def _raise_if_missing(error: ProblemError, *, first: bool) -> None:
    if first and error.problem.kind is ProblemKind.NO_SUCH_BUCKET:
        raise error


def _unreadable(what: str, refusals: Sequence[Problem]) -> str:
    first = refusals[0]
    needs = f", needs {first.permission}" if first.permission else ""
    return f"the target bucket's {what} cannot be read by {first.identity}: {first.title}{needs}"
