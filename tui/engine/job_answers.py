"""Jobs of S3 Batch Operations."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from msgspec.structs import replace

from tui.answering.handlers import Handlers
from tui.answering.rooms import Rooms
from tui.core.identity import Identity
from tui.core.jobs import BatchRoleOrder, JobAccess, JobPlan, JobSnapshot, job_folder
from tui.core.location import Location
from tui.core.orders import BatchCopy, BatchOrder
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import PlannedObject
from tui.features.batch import batch_controls
from tui.features.batch import dry_run_job as dry_run
from tui.features.batch.job_refusals import (
    NAME_A_ROLE,
    job_refusal,
    refuse_impossible_job,
    refuse_senseless_job,
    refuse_without_role,
    region_of,
)
from tui.features.batch.job_requests import target_acl
from tui.features.batch.job_sources import chosen_source, taken_report
from tui.features.batch.kept_job import read_order, with_identities
from tui.features.batch.role_requests import access_of
from tui.link.request import Done
from tui.messages.order_requests import Accepted, AdoptJob, AskJobRole, ConfirmJob, ListJobs, PlanJob, SetJobPriority
from tui.stores.base import Store

HANDLERS = Handlers()

MAKE_A_ROLE = "add --batch-role {}, or batch_role in [scale] of the settings, after creating the role with: {}"
CLASS_NOTE = "all copies get the storage class STANDARD: a job has one storage class for all of them"


@HANDLERS.request(PlanJob)
async def plan(rooms: Rooms, request: PlanJob) -> JobPlan:
    from tui.features.access.role_check import check_role  # imported late, so that listing starts without it

    order = request.order
    planned = await _planned(rooms, order)
    job = await _access(rooms, order, planned.account, planned.region)
    check = await check_role(job, rooms.services(), await _identities(rooms, order))
    return replace(planned, missing=check.missing, unknown=check.unknown)


async def _identities(rooms: Rooms, order: BatchOrder) -> list[Identity]:
    """Of all sides; the first one belongs to the job's account."""
    copied = [order.operation.destination.connection] if isinstance(order.operation, BatchCopy) else []
    connections = dict.fromkeys((order.connection, order.selection.connection, *copied))
    return [await rooms.identity(each) for each in connections]


async def _access(rooms: Rooms, order: BatchOrder, account: str, region: str) -> JobAccess:
    """What the role needs permission for."""
    source, target = await _stores(rooms, order)
    acl = await target_acl(order, target, await rooms.account(order.connection))
    report = await taken_report(order, source, await rooms.store(order.connection))
    return access_of(order, account, region, acl, report)


async def _remedy(rooms: Rooms, order: BatchOrder) -> str:
    """For an order without a role: the command that creates one for just this job."""
    from tui.features.access.role_check import making
    from tui.features.access.role_facts import with_facts

    identities = await _identities(rooms, order)
    job = await _access(rooms, order, identities[0].account, order.options.region)
    job = await with_facts(job, rooms.services(), identities)
    return MAKE_A_ROLE.format(job.role_arn, making(job, identities))


@HANDLERS.request(AskJobRole)
async def job_role(rooms: Rooms, request: AskJobRole) -> BatchRoleOrder:
    order = request.order
    refuse_senseless_job(order, *await _stores(rooms, order))
    owner, *others = await _identities(rooms, order)
    job = await _access(rooms, order, owner.account, order.options.region)
    return BatchRoleOrder(job, owner.connection, [each.connection for each in others])


async def _planned(rooms: Rooms, order: BatchOrder) -> JobPlan:
    source, target = await _stores(rooms, order)
    store = await rooms.store(order.connection)
    refuse_senseless_job(order, source, target)
    refuse_without_role(order, NAME_A_ROLE if order.options.role else await _remedy(rooms, order))
    if problem := await job_refusal(order, store):
        raise ProblemError(problem)
    region = order.options.region or await region_of(order, source, target)
    await refuse_impossible_job(order, store, rooms.jobs, region)
    copies = isinstance(order.operation, BatchCopy) and not order.operation.options.storage_class
    return JobPlan(
        chosen_source(order),
        await rooms.jobs.account(order.connection),
        region,
        job_folder(order.options.reports).uri,
        notes=[CLASS_NOTE] if copies else [],
    )


async def _stores(rooms: Rooms, order: BatchOrder) -> tuple[Store, Store]:
    operation = order.operation
    there = operation.destination.connection if isinstance(operation, BatchCopy) else order.connection
    return await rooms.store(order.selection.connection), await rooms.store(there)


async def dry_run_job(rooms: Rooms, order: BatchOrder) -> AsyncGenerator[PlannedObject, None]:
    """Raises `ProblemError` if the job is impossible."""
    await _planned(rooms, order)
    return dry_run.dry_run_job(order, *await _stores(rooms, order), await rooms.store(order.connection))


@HANDLERS.request(ConfirmJob)
async def confirm(rooms: Rooms, request: ConfirmJob) -> Done:
    await batch_controls.confirm(rooms.transfers.status(request.transfer))
    return Done()


@HANDLERS.request(SetJobPriority)
async def set_priority(rooms: Rooms, request: SetJobPriority) -> Done:
    await batch_controls.set_priority(rooms.transfers.status(request.transfer), request.priority)
    return Done()


@HANDLERS.feed(ListJobs)
async def list_jobs(rooms: Rooms, feed: ListJobs) -> AsyncGenerator[JobSnapshot, None]:
    """Jobs with their transfers, if their tags may be read."""
    async for job in rooms.jobs.jobs(feed.connection, feed.region):
        try:
            transfer = await rooms.jobs.transfer_of(feed.connection, feed.region, job.id)
        except ProblemError:
            transfer = ""
        yield replace(job, transfer=transfer)


@HANDLERS.request(AdoptJob)
async def adopt(rooms: Rooms, request: AdoptJob) -> Accepted:
    job = await rooms.jobs.described(request.connection, request.region, request.job)
    report = job.get("Report") or {}
    transfer = await rooms.jobs.transfer_of(request.connection, request.region, request.job)
    if not transfer or not report.get("Bucket"):
        title = f"{request.job} was not made by xs3-tui"
        remedy = "choose a job that xs3-tui batch jobs lists with a transfer"
        raise ProblemError(Problem(ProblemKind.INVALID, title, "", remedy))
    folder = Location(str(report["Bucket"]).rpartition(":")[2], f"{report.get('Prefix') or ''}/")
    order = await read_order(await rooms.store(request.connection), folder)
    order = with_identities(order, request.connection, request.source, request.target)
    options = replace(order.options, region=request.region or order.options.region)
    return Accepted(await rooms.transfers.submit(replace(order, adopts=request.job, options=options), name=transfer))
