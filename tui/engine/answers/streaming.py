"""Uploads from a stream: they live as long as the feed that began them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from secrets import token_hex

from msgspec.structs import replace

from tui.answering.handlers import Handlers, note_written
from tui.answering.rooms import Rooms
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.link.request import Done
from tui.messages.order_requests import (
    BeginUpload,
    FinishUpload,
    SendPiece,
    StreamAttributes,
    UploadBegun,
    UploadFinished,
)
from tui.stores.store_values import ObjectAttributes
from tui.stores.streams import StreamUpload

HANDLERS = Handlers()


@HANDLERS.feed(BeginUpload)
async def begin_upload(rooms: Rooms, feed: BeginUpload) -> AsyncGenerator[UploadBegun, None]:
    """Begin one, and abort it where it is not finished when the feed ends."""
    store, where = await rooms.store(feed.connection), feed.location
    if refusal := await store.write_refusal(where.bucket):
        raise ProblemError(refusal)
    name = token_hex(8)
    kept = rooms.queue.streams.of(feed.connection, where) if rooms.queue else None
    upload = StreamUpload(store, where, _attributes(feed.attributes), only_new=feed.only_new, kept=kept)
    rooms.stream_uploads[name] = upload, feed
    try:
        yield UploadBegun(name)
        await asyncio.Event().wait()  # until the client follows it no more
    finally:
        del rooms.stream_uploads[name]
        await upload.abort()


@HANDLERS.request(SendPiece)
async def send_piece(rooms: Rooms, request: SendPiece) -> Done:
    """Write the one before."""
    upload, _ = _begun(rooms, request.upload)
    await upload.send(request.content)
    return Done()


@HANDLERS.request(FinishUpload)
async def finish_upload(rooms: Rooms, request: FinishUpload) -> UploadFinished:
    """Have the object appear."""
    upload, asked = _begun(rooms, request.upload)
    stored = await upload.finish()
    done = UploadFinished(stored.etag, upload.size, stored.version)
    noted = await note_written(rooms, asked.connection, asked.location, done.version, done.size, done.etag)
    return replace(done, transfer=noted)


def _attributes(given: StreamAttributes) -> ObjectAttributes:
    return ObjectAttributes(
        headers={"ContentType": given.content_type} if given.content_type else {},
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
