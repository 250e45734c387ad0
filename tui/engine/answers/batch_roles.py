"""The roles of jobs of S3 Batch Operations: planned and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.engine.rooms import Answers, Feeds, Rooms
from tui.model.access.batch_jobs import BatchRoleOrder, RoleCheck
from tui.model.access.grants import AccessPlan
from tui.model.identity import Identity
from tui.protocol.messages.access import CheckBatchRole, PlanBatchRole, PlanRevokeBatchRole

if TYPE_CHECKING:
    from tui.access.batch.planning import BatchRolePlanner


async def plan_batch_role(rooms: Rooms, request: PlanBatchRole) -> AccessPlan:
    """The changes that make or extend it."""
    return await (await _planner(rooms, request.order)).grant()


async def plan_revoke_batch_role(rooms: Rooms, request: PlanRevokeBatchRole) -> AccessPlan:
    """The changes that take it back."""
    return await (await _planner(rooms, request.order)).revoke()


async def check_batch_role(rooms: Rooms, request: CheckBatchRole) -> RoleCheck:
    """What is missing, and what is not known."""
    from tui.access.batch.checking import check_role

    return await check_role(request.order.job, rooms.services(), await _identities(rooms, request.order))


async def _planner(rooms: Rooms, order: BatchRoleOrder) -> BatchRolePlanner:
    from tui.access.batch.planning import BatchRolePlanner  # no list waits for this room to be imported

    return BatchRolePlanner(order.job, await _identities(rooms, order), rooms.services(), rooms.changes())


async def _identities(rooms: Rooms, order: BatchRoleOrder) -> list[Identity]:
    connections = dict.fromkeys((order.owner, *order.others))
    return [await rooms.identity(each) for each in connections]


ANSWERS: Answers = {
    PlanBatchRole: plan_batch_role,
    PlanRevokeBatchRole: plan_revoke_batch_role,
    CheckBatchRole: check_batch_role,
}
FEEDS: Feeds = {}
