"""Objects whose content must be restored before it can be copied: found before anything is written."""

from __future__ import annotations

from tui.core.location import Location
from tui.core.orders import DEEP, CopyOptions, RestoreTier
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.store_values import ObjectHead

RESTORE = "restore it (RestoreObject), or have the copy restore it and wait"
RESTORED_FIRST = "restored from the archive first"
WAIT = "copy it when that has ended, or have the copy wait for it"


async def archived(store: Store, bucket: str, key: str, head: ObjectHead, version: str = "") -> Problem | None:
    """Why the object cannot be read; None if it can, or only reading it will show. Raises nothing that a read does.

    A class says little where a server is not AWS's: the first byte is asked for, and the answer counts.
    """
    if not head.archived or not head.size:
        return None
    try:
        await store.read(bucket, key, etag=head.etag, start=0, length=1, version=version)
    except ProblemError as error:
        return _problem(Location(bucket, key).uri, head, error) if error.problem.kind is ProblemKind.ARCHIVED else None
    return None


def tier_refusal(tier: RestoreTier, archive: str, uri: str) -> Problem | None:
    """Why an archive has no restore by this tier; None: it has."""
    if tier is not RestoreTier.EXPEDITED or archive not in DEEP:
        return None
    return Problem(
        kind=ProblemKind.INVALID,
        title=f"{archive} has no Expedited restore",
        remedy="choose the tier Standard or Bulk",
        resource=uri,
    )


def still_closed(closed: Problem | None, head: ObjectHead, options: CopyOptions, *, planned: bool) -> Problem | None:
    """Why a copy cannot read an object for which `archived` has said so; None: it can, or nothing was said.

    `planned`: the copy is yet to begin, so that what it restores counts as restored.
    """
    if closed is None or options.restore is None:
        return closed
    refused = None if head.restoring else tier_refusal(options.restore, head.archived, closed.resource)
    return refused or (None if planned else closed)


def _problem(uri: str, head: ObjectHead, refusal: ProblemError) -> Problem:
    title, remedy = f"archived: restore first ({head.archived}, it is not restored)", RESTORE
    if head.restoring:
        title, remedy = f"archived: its restore is in progress ({head.archived})", WAIT
    return Problem(
        kind=ProblemKind.ARCHIVED,
        title=title,
        remedy=remedy,
        operation="GetObject",
        resource=uri,
        identity=refusal.problem.identity,
        request_id=refusal.problem.request_id,
        status=refusal.problem.status,
        code=refusal.problem.code,
    )
