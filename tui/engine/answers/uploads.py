"""Incomplete multipart uploads: listed, aborted."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from tui.answering.handlers import Handlers
from tui.answering.log import log_problem
from tui.answering.rooms import Rooms
from tui.model.upload import Upload
from tui.protocol.messages.uploads import Aborted, AbortUploads, ListUploads, UploadsFound
from tui.transfers.copy import incomplete

HANDLERS = Handlers()


@HANDLERS.feed(ListUploads)
async def list_uploads(rooms: Rooms, feed: ListUploads) -> AsyncGenerator[UploadsFound, None]:
    """The incomplete uploads below a location, fuller each time."""
    store, transfers = await rooms.store(feed.connection), rooms.transfers
    known, active = await transfers.known_uploads(feed.location.bucket), transfers.active_uploads()
    found: list[Upload] = []
    uploads = incomplete.incomplete_uploads(store, feed.location, known | active, active)
    async with aclosing(uploads):
        async for found in uploads:
            yield UploadsFound(found)
    yield UploadsFound(found, complete=True, damaged=transfers.damaged)


@HANDLERS.request(AbortUploads)
async def abort_uploads(rooms: Rooms, request: AbortUploads) -> Aborted:
    """Abort incomplete uploads that no transfer needs."""
    store = await rooms.store(request.connection)
    problems = await incomplete.abort_uploads(store, request.uploads, rooms.transfers.active_uploads())
    for problem in problems.values():
        log_problem(problem)
    return Aborted(len(request.uploads) - len(problems), problems)
