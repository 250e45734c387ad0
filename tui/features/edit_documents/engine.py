"""Changes of settings documents: plan, apply, undo."""

from __future__ import annotations

from tui.answering.handlers import Handlers
from tui.answering.rooms import Rooms
from tui.core.changes import AppliedChange, PlannedChange
from tui.messages.document_requests import (
    AppliedChanges,
    ApplyChange,
    ListChanges,
    PlanChange,
    PlanEdit,
    PlanUndo,
    ReadDocument,
)

HANDLERS = Handlers()


@HANDLERS.request(PlanChange)
async def plan_change(rooms: Rooms, request: PlanChange) -> PlannedChange:
    changes = rooms.changes()
    return await changes.plan(request.ref, lambda _: request.after, await rooms.identity(request.ref.connection))


@HANDLERS.request(PlanEdit)
async def plan_edit(rooms: Rooms, request: PlanEdit) -> PlannedChange:
    from tui.documents.changing import as_edit, document_of

    identities = [await rooms.identity(each) for each in request.connections]
    account, changes = request.edit.account, rooms.changes()
    change = await changes.plan(document_of(request.edit, None), as_edit(request.edit), identities[0])
    for one in (each for each in identities if account and each.account == account):
        change = await changes.plan(document_of(request.edit, one), as_edit(request.edit), one)
        if not change.unread:
            break
    return change


@HANDLERS.request(ReadDocument)
async def read_document(rooms: Rooms, request: ReadDocument) -> PlannedChange:
    changes = rooms.changes()
    return await changes.plan(request.ref, lambda before: before, await rooms.identity(request.ref.connection))


@HANDLERS.request(ApplyChange)
async def apply_change(rooms: Rooms, request: ApplyChange) -> AppliedChange:
    identity = await rooms.identity(request.change.ref.connection)
    return await rooms.changes(keep=request.keep).apply(request.change, identity, request.undoes, request.group)


@HANDLERS.request(PlanUndo)
async def plan_undo(rooms: Rooms, request: PlanUndo) -> PlannedChange:
    changes = rooms.changes()
    applied = await changes.saved.find(request.applied)
    return await changes.plan_undo(applied, await rooms.identity(applied.ref.connection))


@HANDLERS.request(ListChanges)
async def list_changes(rooms: Rooms, _request: ListChanges) -> AppliedChanges:
    return AppliedChanges(await rooms.changes().saved.all())
