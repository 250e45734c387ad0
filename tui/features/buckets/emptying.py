"""Empties a bucket: lists, counts and deletes its versions, delete markers and incomplete uploads in batches."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from msgspec.structs import replace

from tui.core.location import Location
from tui.core.orders import RemoveBucketOrder
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import ObjectResult, Outcome, PlannedAction, PlannedObject, Tally
from tui.core.versions import ObjectVersion, VersionPage
from tui.messages.listing_requests import RemovalPlan
from tui.stores.base import Store
from tui.stores.operations import version_pages
from tui.transfers.counting import Keep
from tui.transfers.selection import SectionPage, SelectedObject
from tui.transfers.tasks import in_batches

BETWEEN = "\0"
"""Separates key and version ID; no key in S3's XML can contain it."""

_WITHOUT_VERSIONS = (ProblemKind.UNSUPPORTED, ProblemKind.INVALID)
"""The errors of servers without ListObjectVersions."""

LOCKED = "Object Lock is enabled: versions under retention or legal hold cannot be deleted, and then the bucket stays"
MARKER = "delete marker"


async def all_versions(store: Store, bucket: str) -> AsyncGenerator[list[ObjectVersion]]:
    """The content of a bucket, by pages; without versioning, its objects. Raises `ProblemError`."""
    begun = False
    try:
        async with aclosing(version_pages(store, bucket, "", recursive=True)) as pages:
            async for page in pages:
                begun = True
                yield page.versions
        return
    except ProblemError as error:
        if begun or error.problem.kind not in _WITHOUT_VERSIONS:
            raise
    async with aclosing(store.pages(bucket, "", recursive=True)) as listed:
        async for each in listed:
            yield [
                ObjectVersion(each.prefix + name, "", latest=True, size=size)
                for name, size in zip(each.names, memoryview(each.sizes).cast("q"), strict=True)
            ]


def picked_of(one: ObjectVersion) -> SelectedObject:
    return SelectedObject(
        f"{one.key}{BETWEEN}{one.version}", one.size, one.modified, storage_class=MARKER if one.marker else ""
    )


def named(picked: SelectedObject) -> tuple[str, str]:
    key, _, version = picked.key.rpartition(BETWEEN)
    return key, version


async def version_sections(store: Store, bucket: str, section: int) -> AsyncGenerator[SectionPage]:
    """The bucket's content as a section of a transfer; deleted versions are not listed again."""
    if not section:
        return
    async with aclosing(all_versions(store, bucket)) as pages:
        async for page in pages:
            yield SectionPage(section, [picked_of(each) for each in page])


async def count_removal(store: Store, bucket: str, _keep: Keep) -> AsyncGenerator[Tally]:
    """Versions and delete markers with their bytes, so far."""
    tally = Tally()
    async with aclosing(all_versions(store, bucket)) as pages:
        async for page in pages:
            size = sum(each.size for each in page)
            tally = replace(tally, objects=tally.objects + len(page), bytes=tally.bytes + size)
            yield tally
    yield replace(tally, complete=True)


async def plan_removal(order: RemoveBucketOrder, store: Store) -> AsyncGenerator[RemovalPlan]:
    """What would be deleted, growing. If it is forbidden, the last plan's `problem` says why; nothing is raised."""
    bucket, plan = order.selection.base.bucket, RemovalPlan()
    try:
        if forbidden := await removal_refusal(order, store):
            yield replace(plan, problem=forbidden, complete=True)
            return
        plan = replace(plan, warnings=await _warnings(store, bucket))
        uploads = await uploads_of(store, bucket)
        plan = replace(plan, uploads=len(uploads))
        yield plan
        async with aclosing(all_versions(store, bucket)) as pages:
            async for page in pages:
                plan = _with(plan, VersionPage([], page))
                yield plan
    except ProblemError as error:
        yield replace(plan, problem=error.problem, complete=True)
        return
    yield replace(plan, complete=True)


def _with(plan: RemovalPlan, page: VersionPage) -> RemovalPlan:
    markers = sum(each.marker for each in page.versions)
    current = sum(each.latest and not each.marker for each in page.versions)
    return replace(
        plan,
        objects=plan.objects + current,
        markers=plan.markers + markers,
        noncurrent=plan.noncurrent + len(page.versions) - markers - current,
        bytes=plan.bytes + sum(each.size for each in page.versions),
    )


async def _warnings(store: Store, bucket: str) -> tuple[str, ...]:
    try:
        return (LOCKED,) if await store.settings.object_lock(bucket) else ()
    except ProblemError:
        return ()  # if it matters, deleting reports it


async def uploads_of(store: Store, bucket: str) -> Sequence[tuple[str, str]]:
    """Key and ID of each incomplete upload; empty if the server cannot list them."""
    try:
        return [(each.key, each.upload) for each in await store.uploads(bucket)]
    except ProblemError as error:
        if error.problem.kind in _WITHOUT_VERSIONS:
            return []
        raise


async def removal_refusal(order: RemoveBucketOrder, store: Store) -> Problem | None:
    """Why the bucket cannot be removed: the user's settings, or MFA delete; None: it may be tried."""
    bucket = order.selection.base.bucket
    if forbidden := await store.write_refusal(bucket):
        return forbidden
    try:
        versioning = await store.settings.versioning(bucket)
    except ProblemError as error:
        return error.problem if error.problem.kind.meaning.missing else None
    if versioning and versioning.mfa_delete:
        title = f"{bucket} has MFA delete: its versions cannot be deleted here"
        cause = "only the root user can delete versions, with an MFA code"
        remedy = "as the root user, disable MFA delete (aws s3api put-bucket-versioning), then remove the bucket"
        return Problem(ProblemKind.DENIED, title, cause, remedy, resource=Location(bucket).uri, identity=store.label)
    return None


async def dry_run_removal(order: RemoveBucketOrder, store: Store) -> AsyncGenerator[PlannedObject]:
    """The action for each version, delete marker and upload, and for the bucket. Raises `ProblemError`."""
    bucket = order.selection.base.bucket
    if forbidden := await removal_refusal(order, store):
        raise ProblemError(forbidden)
    for key, upload in await uploads_of(store, bucket):
        yield PlannedObject(Location(bucket, key).uri, "", PlannedAction.ABORT, f"incomplete upload {upload}")
    async with aclosing(all_versions(store, bucket)) as pages:
        async for page in pages:
            for each in page:
                what = MARKER if each.marker else "version" if each.version else "object"
                why = f"{what} {each.version}".rstrip()
                yield PlannedObject(Location(bucket, each.key).uri, "", PlannedAction.DELETE, why, each.size)
    yield PlannedObject(Location(bucket).uri, "", PlannedAction.REMOVE, "the bucket, then empty")


async def delete_versions(
    transfer: str, store: Store, bucket: str, batch: Sequence[SelectedObject]
) -> list[ObjectResult]:
    """The results are in the order of `batch`."""
    began = time.time()
    names = [named(picked) for picked in batch]
    try:
        problems = await store.delete_versions(bucket, names)
    except ProblemError as error:
        problems = dict.fromkeys(names, error.problem)
    return [
        ObjectResult(
            transfer=transfer,
            source=Location(bucket, name[0]).uri,
            target="",
            outcome=Outcome.FAILED if name in problems else Outcome.DELETED,
            size=picked.size or 0,
            notes=[MARKER] if picked.storage_class == MARKER else [],
            problem=problems.get(name),
            version=name[1],
            began=began,
            ended=time.time(),
        )
        for picked, name in zip(batch, names, strict=True)
    ]


async def abort_all(store: Store, bucket: str) -> int:
    """Returns the number of aborted uploads. Raises `ProblemError`."""
    uploads = await uploads_of(store, bucket)

    async def abort(upload: tuple[str, str]) -> None:
        await store.abort_upload(bucket, *upload)

    await in_batches(abort, uploads)
    return len(uploads)
