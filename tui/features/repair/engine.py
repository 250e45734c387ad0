"""The owners of objects, and the repair of ownership."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from tui.answering.handlers import Handlers
from tui.answering.rooms import Rooms
from tui.core.changes import DocumentKind, DocumentRef, PlannedChange
from tui.core.facts import OwnersSeen, RepairPlan
from tui.core.location import Location
from tui.core.orders import RepairOrder
from tui.core.problem import Problem, ProblemError
from tui.core.transfer import PlannedObject
from tui.features.repair.values import CountOwners, PlanOwnership, PlanRepair

if TYPE_CHECKING:
    from tui.features.repair.repair_parties import Parties

HANDLERS = Handlers()


@HANDLERS.feed_from(CountOwners)
async def count_owners(rooms: Rooms, feed: CountOwners) -> AsyncGenerator[OwnersSeen, None]:
    """The owners below a location; the bucket's owner is named where an identity here may know it."""
    from tui.features.repair.plan_repair import count_owners
    from tui.transfers.bucket_owner import read_target_bucket

    store = await rooms.store(feed.connection)
    askers = [store, *([await rooms.store(feed.other)] if feed.other else [])]
    bucket = await read_target_bucket(askers, feed.location.bucket)
    return count_owners(store, feed.location, bucket.owner)


@HANDLERS.feed(PlanRepair)
async def plan_repair(rooms: Rooms, feed: PlanRepair) -> AsyncGenerator[RepairPlan, None]:
    """All that is known about a repair; what forbids or prevents it is its problem."""
    from tui.features.repair.plan_repair import plan_repair

    if forbidden := await _refusal(rooms, feed.order):
        yield RepairPlan(problem=forbidden, complete=True)
        return
    async with aclosing(plan_repair(await parties(rooms, feed.order))) as plans:
        async for plan in plans:
            yield plan


async def dry_run_repair(rooms: Rooms, order: RepairOrder) -> AsyncGenerator[PlannedObject, None]:
    """What would happen to each object. Raises `ProblemError` for what is forbidden."""
    from tui.features.repair.plan_repair import dry_run_repair

    if forbidden := await _refusal(rooms, order):
        raise ProblemError(forbidden)
    return dry_run_repair(await parties(rooms, order))


async def _refusal(rooms: Rooms, order: RepairOrder) -> Problem | None:
    from tui.features.repair.repair_work import repair_refusal

    uploader = await rooms.store(order.uploader) if order.uploader else None
    return await repair_refusal(order, await rooms.store(order.selection.connection), uploader)


async def parties(rooms: Rooms, order: RepairOrder) -> Parties:
    from tui.features.repair.repair_parties import parties_of

    mine, other = order.selection.connection, order.uploader
    uploader, account = (await rooms.store(other), await rooms.account(other)) if other else (None, None)
    return await parties_of(order, await rooms.store(mine), uploader, await rooms.account(mine), account)


@HANDLERS.request(PlanOwnership)
async def plan_ownership(rooms: Rooms, request: PlanOwnership) -> PlannedChange:
    from tui.documents.bucket_documents import ownership_document

    identity = await rooms.identity(request.connection)
    kind, place = DocumentKind.OBJECT_OWNERSHIP, Location(request.bucket)
    ref = DocumentRef(kind, place, account=identity.account, connection=request.connection)
    after = ownership_document(request.setting) if request.setting else None
    return await rooms.changes().plan(ref, lambda _: after, identity)
