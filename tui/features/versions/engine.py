"""Versions of objects: listed, counted, brought back."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from tui.answering.handlers import Handlers
from tui.answering.rooms import Rooms
from tui.core.listing import Page
from tui.core.orders import RevertOrder, UndeleteOrder
from tui.core.problem import ProblemError
from tui.core.transfer import PlannedObject
from tui.core.versions import UndoForecast, VersionPage, VersionTally
from tui.features.versions.history import count_versions, pages_with_deleted, versions_of
from tui.features.versions.revert import Reverter, undo_list
from tui.features.versions.undelete import Undeleter
from tui.messages.listing_requests import AskUndo, CountVersions, ListUndo, ListVersions, ListWithDeleted, UndoEntry
from tui.stores.operations import version_pages
from tui.transfers.journal import Journal
from tui.transfers.local_disk import undo_forecast

HANDLERS = Handlers()


@HANDLERS.feed_from(ListVersions)
async def list_versions(rooms: Rooms, feed: ListVersions) -> AsyncGenerator[VersionPage, None]:
    store, location = await rooms.store(feed.connection), feed.location
    if not location.is_prefix and not feed.recursive:
        return versions_of(store, location)
    return version_pages(store, location.bucket, location.key, recursive=feed.recursive)


@HANDLERS.feed_from(ListWithDeleted)
async def list_with_deleted(rooms: Rooms, feed: ListWithDeleted) -> AsyncGenerator[Page, None]:
    return pages_with_deleted(await rooms.store(feed.connection), feed.location)


@HANDLERS.feed_from(CountVersions)
async def count(rooms: Rooms, feed: CountVersions) -> AsyncGenerator[VersionTally, None]:
    return count_versions(await rooms.store(feed.connection), feed.location)


@HANDLERS.request(AskUndo)
async def ask_undo(rooms: Rooms, request: AskUndo) -> UndoForecast:
    return await undo_forecast([await rooms.store(request.connection)], request.bucket)


@HANDLERS.feed_from(ListUndo)
async def list_undo(rooms: Rooms, _feed: ListUndo) -> AsyncGenerator[UndoEntry, None]:
    """The transfers of the queue, the latest first."""
    async with aclosing(rooms.transfers.watch()) as snapshots:
        listed = await anext(snapshots)
    return undo_list(listed.transfers, _journal(rooms))


def _journal(rooms: Rooms) -> Journal:
    """Where the transfers are kept. Raises `ProblemError` where there is none."""
    if rooms.journal is None:
        raise ProblemError(rooms.no_queue)
    return rooms.journal


async def dry_run_versions(rooms: Rooms, order: UndeleteOrder | RevertOrder) -> AsyncGenerator[PlannedObject]:
    store = await rooms.store(order.selection.connection)
    if isinstance(order, UndeleteOrder):
        return Undeleter(order, store).dry_run()
    source = await rooms.store(order.source) if order.source else None
    return Reverter(order, store, source, _journal(rooms)).dry_run()
