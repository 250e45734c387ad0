"""Lists and aborts incomplete multipart uploads; uploads from streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from secrets import token_hex

from msgspec.structs import replace

from tui.answering.handlers import Handlers, note_written
from tui.answering.log import log_problem
from tui.answering.rooms import Rooms
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.uploads import incomplete
from tui.features.uploads.values import Aborted, AbortUploads, ListedUpload, ListUploads, UploadsFound
from tui.link.request import Done
from tui.messages.order_requests import (
    BeginUpload,
    FinishUpload,
    SendPiece,
    StreamAttributes,
    UploadBegun,
    UploadFinished,
)
from tui.stores.store_values import ObjectAttributes, WriteCondition
from tui.stores.streams import StreamUpload

HANDLERS = Handlers()


@HANDLERS.feed(BeginUpload)
async def begin_upload(rooms: Rooms, feed: BeginUpload) -> AsyncGenerator[UploadBegun, None]:
    """Begin an upload, and abort it if it is unfinished when the feed ends."""
    store, where = await rooms.store(feed.connection), feed.location
    if refusal := await store.write_refusal(where.bucket):
        raise ProblemError(refusal)
    name = token_hex(8)
    kept = rooms.queue.streams.of(feed.connection, where) if rooms.queue else None
    upload = StreamUpload(store, where, _attributes(feed.attributes), when=WriteCondition(feed.only_new), kept=kept)
    rooms.stream_uploads[name] = upload, feed
    try:
        yield UploadBegun(name)
        await asyncio.Event().wait()  # until the client stops following
    finally:
        del rooms.stream_uploads[name]
        await upload.abort()


@HANDLERS.request(SendPiece)
async def send_piece(rooms: Rooms, request: SendPiece) -> Done:
    """Answered when the previous piece is written."""
    upload, _ = _begun(rooms, request.upload)
    await upload.send(request.content)
    return Done()


@HANDLERS.request(FinishUpload)
async def finish_upload(rooms: Rooms, request: FinishUpload) -> UploadFinished:
    upload, asked = _begun(rooms, request.upload)
    stored = await upload.finish()
    done = UploadFinished(stored.etag, upload.size, stored.version)
    noted = await note_written(rooms, asked.connection, asked.location, done.version, done.size, done.etag)
    return replace(done, transfer=noted)


def _attributes(given: StreamAttributes) -> ObjectAttributes:
    return ObjectAttributes(
        headers=given.headers,
        metadata=given.metadata,
        storage_class=given.storage_class,
        acl=given.acl,
        encryption=given.encryption,
        kms_key=given.kms_key,
    )


def _begun(rooms: Rooms, name: str) -> tuple[StreamUpload, BeginUpload]:
    if name not in rooms.stream_uploads:
        raise ProblemError(
            Problem(kind=ProblemKind.ENGINE, title="the upload has ended", remedy="run the command again")
        )
    return rooms.stream_uploads[name]


@HANDLERS.feed(ListUploads)
async def list_uploads(rooms: Rooms, feed: ListUploads) -> AsyncGenerator[UploadsFound, None]:
    """The incomplete uploads below a location, updated as sizes become known."""
    store, transfers = await rooms.store(feed.connection), rooms.transfers
    known, active = await transfers.journal.uploads.known_ids(feed.location.bucket), transfers.active_uploads()
    found: list[ListedUpload] = []
    uploads = incomplete.incomplete_uploads(store, feed.location, known | active, active)
    async with aclosing(uploads):
        async for found in uploads:
            yield UploadsFound(found)
    yield UploadsFound(found, complete=True, damaged=transfers.damaged)


@HANDLERS.request(AbortUploads)
async def abort_uploads(rooms: Rooms, request: AbortUploads) -> Aborted:
    store = await rooms.store(request.connection)
    problems = await incomplete.abort_uploads(store, request.uploads, rooms.transfers.active_uploads())
    for problem in problems.values():
        log_problem(problem)
    return Aborted(len(request.uploads) - len(problems), problems)
