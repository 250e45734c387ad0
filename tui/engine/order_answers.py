"""Transfers: planned, submitted, watched, controlled."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import TypeVar, get_args

from tui.answering.handlers import Handlers, RequestType
from tui.answering.rooms import Rooms
from tui.aws.control_plane import ControlPlaneService
from tui.core import orders
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import Limits, Pace, PlannedObject, RouteCard, Tally, TransferList
from tui.engine import dry_run as dry_runs
from tui.engine.job_answers import dry_run_job
from tui.features.archive.values import SubmitRestore
from tui.features.buckets.emptying import dry_run_removal
from tui.features.copy.card import plan_copy
from tui.features.copy.values import PlanRename, RenamePlan
from tui.features.repair.engine import dry_run_repair
from tui.features.repair.values import SubmitRepair
from tui.features.sync.values import SubmitSync
from tui.features.versions.engine import dry_run_versions
from tui.link.request import Done
from tui.messages import order_requests
from tui.messages.listing_requests import SubmitRemoval, SubmitVersions
from tui.messages.order_requests import SubmitJob
from tui.queue.queue import TransferQueue
from tui.transfers import deletion
from tui.transfers.counting import count_listed
from tui.transfers.progress import pace_of
from tui.transfers.restorer import dry_run_restore
from tui.transfers.shown_list import NamedKeys, ShownObject
from tui.transfers.sides import same_service

HANDLERS = Handlers()

TWO_SERVICES = "S3 copies only within one S3 service: here the bytes must pass through this machine, or workers"
NO_ACCOUNT = "the account number of {} is not known"
NO_CONTROL = "the target's service has no S3 Batch Operations: {}"


NEW_NAMES, NAMED_KEYS = "new-names", "named-keys"
"""Directories of lists."""


@HANDLERS.feed_from(PlanRename)
async def rename_plan(rooms: Rooms, feed: PlanRename) -> AsyncGenerator[RenamePlan]:
    from tui.features.copy.rename_plan import plan_rename

    return plan_rename(feed, await rooms.store(feed.selection.connection), await rooms.lists(NEW_NAMES))


@HANDLERS.request(order_requests.KeepKeys)
async def keep_keys(rooms: Rooms, request: order_requests.KeepKeys) -> order_requests.KeptKeys:
    named = NamedKeys(Path(request.path)) if request.path else await NamedKeys.new(await rooms.lists(NAMED_KEYS))
    try:
        await named.add([ShownObject(each.key, each.size, 0, each.etag) for each in request.keys])
        return order_requests.KeptKeys(str(named.path), 0 if request.keys else await named.finish())
    except BaseException:  # a cancellation, too, must not leave half a list
        await named.remove()
        raise


@HANDLERS.feed_from(order_requests.PlanCopy)
async def open_card(rooms: Rooms, feed: order_requests.PlanCopy) -> AsyncGenerator[RouteCard]:
    source, target = await rooms.stores(feed.order)
    return plan_copy(feed.order, source, target, await rooms.owners(feed.order), await _pace(rooms))


async def _pace(rooms: Rooms) -> Pace:
    """As measured in the journal's transfers."""
    if rooms.queue is None:
        return Pace()
    async with aclosing(rooms.queue.watch()) as lists:
        return pace_of((await anext(lists)).transfers)


@HANDLERS.request(order_requests.AskEngines)
async def ask_engines(rooms: Rooms, request: order_requests.AskEngines) -> order_requests.EnginesAnswer:
    """The pace, and whether both sides share a service with jobs, if that matters."""
    refused = await _refused(rooms, request.order) if request.jobs else None
    return order_requests.EnginesAnswer(await _pace(rooms), refused)


async def _refused(rooms: Rooms, order: orders.CopyOrder) -> str:
    """Why no job can do it. AWS has jobs; other services are asked to list theirs."""
    source, target = await rooms.stores(order)
    if not (same_service(source, target) and target.capabilities.copies):
        return TWO_SERVICES
    connection, plane = order.destination.connection, rooms.control_plane
    if await plane.has_own_endpoint(connection, ControlPlaneService.S3_CONTROL):
        return ""
    account = (await rooms.identity(connection)).account
    if not account:
        return NO_ACCOUNT.format(target.label)
    try:
        await plane.read(connection, ControlPlaneService.S3_CONTROL, "ListJobs", AccountId=account, MaxResults=1)
    except ProblemError as error:
        return NO_CONTROL.format(error.problem.sentence())
    return ""


@HANDLERS.feed_from(order_requests.DryRun)
async def dry_run(rooms: Rooms, feed: order_requests.DryRun) -> AsyncGenerator[PlannedObject, None]:
    match order := feed.order:
        case orders.DeleteOrder():
            return dry_runs.dry_run_deletion(order, await rooms.store(order.selection.connection))
        case orders.RepairOrder():
            return await dry_run_repair(rooms, order)
        case orders.RemoveBucketOrder():
            return dry_run_removal(order, await rooms.store(order.selection.connection))
        case orders.UndeleteOrder() | orders.RevertOrder():
            return await dry_run_versions(rooms, order)
        case orders.RestoreOrder():
            return dry_run_restore(order, await rooms.store(order.selection.connection))
        case orders.BatchOrder():
            return await dry_run_job(rooms, order)
        case orders.WriteOrder():
            raise ProblemError(Problem(kind=ProblemKind.INVALID, title="a write that has ended has no dry run"))
        case orders.CopyOrder() | orders.SyncOrder():
            source, target = await rooms.stores(order)
            return dry_runs.dry_run(order, source, target, await rooms.owners(order))


@HANDLERS.feed_from(order_requests.PlanDelete)
async def plan_delete(rooms: Rooms, feed: order_requests.PlanDelete) -> AsyncGenerator[Tally, None]:
    store = await rooms.store(feed.order.selection.connection)
    return deletion.plan_delete(feed.order, store)


@HANDLERS.request(order_requests.CountSelected)
async def count_selected(rooms: Rooms, request: order_requests.CountSelected) -> Tally:
    return await count_listed(await rooms.store(request.selection.connection), request.selection)


_Limited = order_requests.SubmitCopy | SubmitJob | SubmitRemoval | SubmitRepair | SubmitRestore | SubmitSync
_Submitted = _Limited | order_requests.SubmitDelete | SubmitVersions


async def submit(rooms: Rooms, request: _Submitted) -> order_requests.Accepted:
    limits = Limits() if isinstance(request, order_requests.SubmitDelete | SubmitVersions) else request.limits
    return order_requests.Accepted(await rooms.transfers.submit(request.order, limits))


for _kind in get_args(_Submitted):
    HANDLERS.request(_kind)(submit)


@HANDLERS.feed(order_requests.WatchTransfers)
def watch_transfers(rooms: Rooms, feed: order_requests.WatchTransfers) -> AsyncGenerator[TransferList, None]:
    return rooms.transfers.watch(feed.only)


@HANDLERS.encoded_feed(order_requests.WatchResults)
def watch_results(rooms: Rooms, feed: order_requests.WatchResults) -> AsyncGenerator[list[bytes], None]:
    return rooms.transfers.status(feed.transfer).results.follow()


@HANDLERS.feed(order_requests.WatchConflicts)
async def watch_conflicts(
    rooms: Rooms, _feed: order_requests.WatchConflicts
) -> AsyncGenerator[order_requests.WaitingConflicts, None]:
    async with aclosing(rooms.transfers.conflicts.watch()) as conflicts:
        async for waiting in conflicts:
            yield order_requests.WaitingConflicts(waiting)


Q = TypeVar("Q")


def _control(kind: RequestType[Q, Done], act: Callable[[TransferQueue, Q], Awaitable[None] | None]) -> None:
    """Answer requests that only tell the queue something."""

    @HANDLERS.request(kind)
    async def control(rooms: Rooms, request: Q) -> Done:
        acting = act(rooms.transfers, request)
        if acting is not None:
            await acting
        return Done()


_control(order_requests.AnswerConflict, lambda queue, asked: queue.answer(asked.answer))
_control(order_requests.CancelTransfers, lambda queue, asked: queue.cancel(asked.transfers))
_control(order_requests.PauseTransfers, lambda queue, asked: queue.pause(asked.transfers))
_control(order_requests.ResumeTransfers, lambda queue, asked: queue.resume(asked.transfers))
_control(order_requests.RetryTransfer, lambda queue, asked: queue.retry(asked.transfer))
_control(order_requests.MoveTransfer, lambda queue, asked: queue.move(asked.transfer, asked.before))
_control(order_requests.ForgetTransfers, lambda queue, asked: queue.forget(asked.transfers))
_control(order_requests.SetLimits, lambda queue, asked: queue.set_limits(asked.limits, asked.transfer))


@HANDLERS.request(order_requests.ExportReceipt)
async def export_receipt(rooms: Rooms, request: order_requests.ExportReceipt) -> order_requests.Exported:
    objects = await rooms.transfers.export(request.transfer, request.path, failed=request.failed)
    return order_requests.Exported(request.path, objects)
