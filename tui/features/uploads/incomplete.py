"""Finds and aborts incomplete multipart uploads, which cost storage."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence

from msgspec.structs import replace

from tui.core.location import Location
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.uploads.values import ListedUpload
from tui.stores.base import Store

AT_ONCE = 16
"""Uploads that are measured or aborted concurrently."""


async def incomplete_uploads(
    store: Store, location: Location, ours: Collection[str], active: Collection[str]
) -> AsyncGenerator[list[ListedUpload]]:
    """The uploads below a location, oldest first: at once without sizes, and again each time sizes are known.

    `ours` are the ids that the journal knows, `active` those of them that a transfer is using. Raises `ProblemError`.
    """
    found = [
        ListedUpload(
            bucket=location.bucket,
            key=each.key,
            upload=each.upload,
            started=each.started,
            initiator=each.initiator,
            ours=each.upload in ours,
            active=each.upload in active,
        )
        for each in await store.uploads(location.bucket, location.key)
    ]
    found.sort(key=lambda upload: upload.started)
    yield found
    for start in range(0, len(found), AT_ONCE):
        found[start : start + AT_ONCE] = await asyncio.gather(
            *(_measured(store, upload) for upload in found[start : start + AT_ONCE])
        )
        yield list(found)


async def abort_uploads(store: Store, uploads: Sequence[ListedUpload], active: Collection[str]) -> dict[str, Problem]:
    """Returns the problems by upload ID. Uploads in use are refused."""
    refused = {upload.upload: _in_use(upload) for upload in uploads if upload.upload in active}
    free = [upload for upload in uploads if upload.upload not in active]
    problems: dict[str, Problem] = dict(refused)
    for start in range(0, len(free), AT_ONCE):
        some = free[start : start + AT_ONCE]
        answers = await asyncio.gather(*(_aborted(store, upload) for upload in some))
        problems |= {upload.upload: problem for upload, problem in zip(some, answers, strict=True) if problem}
    return problems


async def _measured(store: Store, upload: ListedUpload) -> ListedUpload:
    try:
        parts = await store.parts(upload.bucket, upload.key, upload.upload)
    except ProblemError as error:
        return replace(upload, problem=error.problem)
    return replace(upload, size=sum(part.size for part in parts), parts=len(parts))


async def _aborted(store: Store, upload: ListedUpload) -> Problem | None:
    try:
        await store.abort_upload(upload.bucket, upload.key, upload.upload)
    except ProblemError as error:
        return error.problem
    return None


def _in_use(upload: ListedUpload) -> Problem:
    title = "this upload is in use"
    cause = "an unfinished transfer is using it"
    remedy = "cancel the transfer: that aborts its uploads"
    return Problem(ProblemKind.INVALID, title, cause, remedy, resource=Location(upload.bucket, upload.key).uri)
