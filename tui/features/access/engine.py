"""Plans and tests access for another identity; roles for S3 Batch Operations jobs."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.answering.handlers import Handlers
from tui.answering.rooms import Rooms
from tui.aws.ids import connection_id, spec_of
from tui.core.identity import Identity, RoleSpec
from tui.core.jobs import BatchRoleOrder, RoleCheck
from tui.features.access import values

if TYPE_CHECKING:
    from tui.features.access.plan_access import Planner
    from tui.features.access.role_plan import BatchRolePlanner

HANDLERS = Handlers()


@HANDLERS.request(values.PlanGrant)
async def plan_grant(rooms: Rooms, request: values.PlanGrant) -> values.AccessPlan:
    return await (await _planner(rooms, request.order)).grant()


@HANDLERS.request(values.PlanRevoke)
async def plan_revoke(rooms: Rooms, request: values.PlanRevoke) -> values.AccessPlan:
    return await (await _planner(rooms, request.order)).revoke()


@HANDLERS.request(values.PlanCopyGrant)
async def plan_copy_grant(rooms: Rooms, request: values.PlanCopyGrant) -> values.CopyGrants:
    from tui.features.access.copy_needs import copy_facts, copy_needs

    source, target = await rooms.stores(request.order)
    facts = await copy_facts(request.order, request.card, source, target, await rooms.owners(request.order))
    return values.CopyGrants(copy_needs(request.order, request.card, facts))


@HANDLERS.feed(values.TestAccess)
async def test_access(rooms: Rooms, feed: values.TestAccess) -> AsyncGenerator[values.ProbeResult, None]:
    from tui.features.access.access_proof import OtherBucketStatements, prove

    order, connection = feed.order, feed.order.other
    if order.way is values.GrantMethod.ROLE:
        plan = await plan_grant(rooms, values.PlanGrant(order))
        spec = spec_of(connection)
        name = order.session_name.replace("*", "xs3-tui")
        role = RoleSpec(arn=plan.role_arn, external_id=order.external_id, session_name=name)
        connection = connection_id(replace(spec, roles=(*spec.roles, role)))
    store, owner = await rooms.store(connection), await rooms.store(order.owner)
    beside = OtherBucketStatements(order, await rooms.identity(order.other), owner, rooms.services().control_plane)
    async with aclosing(prove(order, store, owner, feed.patience, refused_only=feed.before)) as results:
        async for result in results:
            yield await beside.explained(result)


async def _planner(rooms: Rooms, order: values.GrantOrder) -> Planner:
    from tui.features.access.plan_access import Planner

    owner, other = await rooms.identity(order.owner), await rooms.identity(order.other)
    applier = await rooms.identity(order.applier) if order.applier else other
    return Planner(order, owner, other, applier, rooms.services(), rooms.changes())


@HANDLERS.request(values.PlanBatchRole)
async def plan_batch_role(rooms: Rooms, request: values.PlanBatchRole) -> values.AccessPlan:
    return await (await _role_planner(rooms, request.order)).grant()


@HANDLERS.request(values.PlanRevokeBatchRole)
async def plan_revoke_batch_role(rooms: Rooms, request: values.PlanRevokeBatchRole) -> values.AccessPlan:
    return await (await _role_planner(rooms, request.order)).revoke()


@HANDLERS.request(values.CheckBatchRole)
async def check_batch_role(rooms: Rooms, request: values.CheckBatchRole) -> RoleCheck:
    from tui.features.access.role_check import check_role

    return await check_role(request.order.job, rooms.services(), await _role_identities(rooms, request.order))


async def _role_planner(rooms: Rooms, order: BatchRoleOrder) -> BatchRolePlanner:
    from tui.features.access.role_plan import BatchRolePlanner  # imported late: listing does not need it

    return BatchRolePlanner(order.job, await _role_identities(rooms, order), rooms.services(), rooms.changes())


async def _role_identities(rooms: Rooms, order: BatchRoleOrder) -> list[Identity]:
    connections = dict.fromkeys((order.owner, *order.others))
    return [await rooms.identity(each) for each in connections]
