"""Transfers: planned, submitted, watched, controlled."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from msgspec.structs import replace

from tui.answering.handlers import Handlers
from tui.answering.rooms import Rooms
from tui.aws.control_plane import ControlPlaneService
from tui.core.orders import (
    BatchOrder,
    CopyOrder,
    DeleteOrder,
    Order,
    RemoveBucketOrder,
    RepairOrder,
    RestoreOrder,
    RevertOrder,
    SyncOrder,
    UndeleteOrder,
    WriteOrder,
)
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import Pace, PlannedObject, RouteCard, Tally, TransferList
from tui.engine import dry_run as dry_runs
from tui.engine.job_answers import dry_run_job
from tui.features.buckets.emptying import dry_run_removal
from tui.features.copy import card as route_card
from tui.features.repair.engine import dry_run_repair
from tui.features.versions.engine import dry_run_versions
from tui.link.request import Done
from tui.messages.order_requests import (
    Accepted,
    AnswerConflict,
    AskEngines,
    CancelTransfers,
    CountSelected,
    DryRun,
    EnginesAnswer,
    Exported,
    ExportReceipt,
    ForgetTransfers,
    MoveTransfer,
    PauseTransfers,
    PlanCopy,
    PlanDelete,
    ResumeTransfers,
    RetryTransfer,
    SetLimits,
    SubmitCopy,
    SubmitDelete,
    WaitingConflicts,
    WatchConflicts,
    WatchResults,
    WatchTransfers,
)
from tui.transfers import deletion
from tui.transfers.counting import count_listed
from tui.transfers.progress import pace_of
from tui.transfers.restorer import dry_run_restore
from tui.transfers.sides import same_service

HANDLERS = Handlers()

TWO_SERVICES = "S3 copies by itself only within one S3 service: the bytes must pass this machine, or workers"
NO_ACCOUNT = "the account number of {} is not known"
NO_CONTROL = "the target's service has no S3 Batch Operations: {}"


@HANDLERS.feed(PlanCopy)
async def plan_copy(rooms: Rooms, feed: PlanCopy) -> AsyncGenerator[RouteCard, None]:
    source, target = await rooms.stores(feed.order)
    pace = await _pace(rooms)
    async with aclosing(route_card.plan_copy(feed.order, source, target, await rooms.owners(feed.order))) as cards:
        async for card in cards:
            yield replace(card, pace=pace)


async def _pace(rooms: Rooms) -> Pace:
    """As measured by the transfers that the journal has."""
    if rooms.queue is None:
        return Pace()
    async with aclosing(rooms.queue.watch()) as lists:
        return pace_of((await anext(lists)).transfers)


@HANDLERS.request(AskEngines)
async def ask_engines(rooms: Rooms, request: AskEngines) -> EnginesAnswer:
    """The pace, and where it matters whether both sides are of one service that has jobs."""
    refused = await _refused(rooms, request.order) if request.jobs else None
    return EnginesAnswer(await _pace(rooms), refused)


async def _refused(rooms: Rooms, order: CopyOrder) -> str:
    """Why no job can do it: AWS has jobs, another service is asked to list them."""
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


@HANDLERS.feed(DryRun)
async def dry_run(rooms: Rooms, feed: DryRun) -> AsyncGenerator[PlannedObject, None]:
    """What would happen to each object of an order."""
    async with aclosing(await _planned(rooms, feed.order)) as planned:
        async for each in planned:
            yield each


async def _planned(rooms: Rooms, order: Order) -> AsyncGenerator[PlannedObject, None]:
    match order:
        case DeleteOrder():
            return dry_runs.dry_run_deletion(order, await rooms.store(order.selection.connection))
        case RepairOrder():
            return dry_run_repair(rooms, order)
        case RemoveBucketOrder():
            return dry_run_removal(order, await rooms.store(order.selection.connection))
        case UndeleteOrder() | RevertOrder():
            return await dry_run_versions(rooms, order)
        case RestoreOrder():
            return dry_run_restore(order, await rooms.store(order.selection.connection))
        case BatchOrder():
            return await dry_run_job(rooms, order)
        case WriteOrder():
            raise ProblemError(Problem(kind=ProblemKind.INVALID, title="what was written has no dry run"))
        case CopyOrder() | SyncOrder():
            source, target = await rooms.stores(order)
            return dry_runs.dry_run(order, source, target, await rooms.owners(order))


@HANDLERS.feed(PlanDelete)
async def plan_delete(rooms: Rooms, feed: PlanDelete) -> AsyncGenerator[Tally, None]:
    """How many objects a deletion would take."""
    store = await rooms.store(feed.order.selection.connection)
    async with aclosing(deletion.plan_delete(feed.order, store)) as tallies:
        async for tally in tallies:
            yield tally


@HANDLERS.request(CountSelected)
async def count_selected(rooms: Rooms, request: CountSelected) -> Tally:
    """How many objects a selection has, and how many its filters leave out."""
    return await count_listed(await rooms.store(request.selection.connection), request.selection)


@HANDLERS.request(SubmitCopy)
async def submit_copy(rooms: Rooms, request: SubmitCopy) -> Accepted:
    return Accepted(await rooms.transfers.submit(request.order, request.limits))


@HANDLERS.request(SubmitDelete)
async def submit_delete(rooms: Rooms, request: SubmitDelete) -> Accepted:
    """Start a deletion."""
    return Accepted(await rooms.transfers.submit(request.order))


@HANDLERS.feed(WatchTransfers)
def watch_transfers(rooms: Rooms, _feed: WatchTransfers) -> AsyncGenerator[TransferList, None]:
    """All transfers, whenever something changed."""
    return rooms.transfers.watch()


@HANDLERS.encoded_feed(WatchResults)
def watch_results(rooms: Rooms, feed: WatchResults) -> AsyncGenerator[list[bytes], None]:
    """What became of each object: several at once, encoded."""
    return rooms.transfers.status(feed.transfer).results.follow()


@HANDLERS.feed(WatchConflicts)
async def watch_conflicts(rooms: Rooms, _feed: WatchConflicts) -> AsyncGenerator[WaitingConflicts, None]:
    """The conflicts that wait for a decision."""
    async with aclosing(rooms.transfers.conflicts.watch()) as conflicts:
        async for waiting in conflicts:
            yield WaitingConflicts(waiting)


@HANDLERS.request(AnswerConflict)
async def answer_conflict(rooms: Rooms, request: AnswerConflict) -> Done:
    rooms.transfers.answer(request.answer)
    return Done()


@HANDLERS.request(CancelTransfers)
async def cancel_transfers(rooms: Rooms, request: CancelTransfers) -> Done:
    """Cancel transfers and wait until nothing of them is left."""
    await rooms.transfers.cancel(request.transfers)
    return Done()


@HANDLERS.request(PauseTransfers)
async def pause_transfers(rooms: Rooms, request: PauseTransfers) -> Done:
    """Pause transfers and wait until nothing of them runs."""
    await rooms.transfers.pause(request.transfers)
    return Done()


@HANDLERS.request(ResumeTransfers)
async def resume_transfers(rooms: Rooms, request: ResumeTransfers) -> Done:
    await rooms.transfers.resume(request.transfers)
    return Done()


@HANDLERS.request(RetryTransfer)
async def retry_transfer(rooms: Rooms, request: RetryTransfer) -> Done:
    """Retry failed objects."""
    await rooms.transfers.retry(request.transfer)
    return Done()


@HANDLERS.request(MoveTransfer)
async def move_transfer(rooms: Rooms, request: MoveTransfer) -> Done:
    """Change the order of the queue."""
    rooms.transfers.move(request.transfer, request.before)
    return Done()


@HANDLERS.request(ForgetTransfers)
async def forget_transfers(rooms: Rooms, request: ForgetTransfers) -> Done:
    """Remove ended transfers."""
    await rooms.transfers.forget(request.transfers)
    return Done()


@HANDLERS.request(SetLimits)
async def set_limits(rooms: Rooms, request: SetLimits) -> Done:
    """Change bounds."""
    rooms.transfers.set_limits(request.limits, request.transfer)
    return Done()


@HANDLERS.request(ExportReceipt)
async def export_receipt(rooms: Rooms, request: ExportReceipt) -> Exported:
    """Write what became of the objects of a transfer to a file."""
    objects = await rooms.transfers.export(request.transfer, request.path, failed=request.failed)
    return Exported(request.path, objects)
