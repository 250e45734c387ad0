"""Lists and aborts incomplete multipart uploads, which cost storage; uploads from streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from secrets import token_hex

from msgspec.structs import replace

from tui.answering.handlers import Handlers, note_written
from tui.answering.log import log_problem
from tui.answering.rooms import Rooms
from tui.core.location import Location
from tui.core.problem import Problem, ProblemError, ProblemKind
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
from tui.stores.base import Store
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
    uploads = incomplete_uploads(store, feed.location, known | active, active)
    async with aclosing(uploads):
        async for found in uploads:
            yield UploadsFound(found)
    yield UploadsFound(found, complete=True, damaged=transfers.damaged)


@HANDLERS.request(AbortUploads)
async def answer_abort(rooms: Rooms, request: AbortUploads) -> Aborted:
    store = await rooms.store(request.connection)
    problems = await abort_uploads(store, request.uploads, rooms.transfers.active_uploads())
    for problem in problems.values():
        log_problem(problem)
    return Aborted(len(request.uploads) - len(problems), problems)


AT_ONCE = 16
"""Uploads that are measured or aborted concurrently."""


async def incomplete_uploads(
    store: Store, location: Location, ours: Collection[str], active: Collection[str]
) -> AsyncGenerator[list[ListedUpload]]:
    """The uploads below a location, oldest first: at once without sizes, and again each time sizes are known.

    `ours` are the ids that the journal knows, `active` those of them that a transfer is using. Raises `ProblemError`.
    """
    found = [
        ListedUpload(
            bucket=location.bucket,
            key=each.key,
            upload=each.upload,
            started=each.started,
            initiator=each.initiator,
            ours=each.upload in ours,
            active=each.upload in active,
        )
        for each in await store.uploads(location.bucket, location.key)
    ]
    found.sort(key=lambda upload: upload.started)
    yield found
    for start in range(0, len(found), AT_ONCE):
        found[start : start + AT_ONCE] = await asyncio.gather(
            *(_measured(store, upload) for upload in found[start : start + AT_ONCE])
        )
        yield list(found)


async def abort_uploads(store: Store, uploads: Sequence[ListedUpload], active: Collection[str]) -> dict[str, Problem]:
    """Returns the problems by upload ID. Uploads in use are refused."""
    refused = {upload.upload: _in_use(upload) for upload in uploads if upload.upload in active}
    free = [upload for upload in uploads if upload.upload not in active]
    problems: dict[str, Problem] = dict(refused)
    for start in range(0, len(free), AT_ONCE):
        some = free[start : start + AT_ONCE]
        answers = await asyncio.gather(*(_aborted(store, upload) for upload in some))
        problems |= {upload.upload: problem for upload, problem in zip(some, answers, strict=True) if problem}
    return problems


async def _measured(store: Store, upload: ListedUpload) -> ListedUpload:
    try:
        parts = await store.parts(upload.bucket, upload.key, upload.upload)
    except ProblemError as error:
        return replace(upload, problem=error.problem)
    return replace(upload, size=sum(part.size for part in parts), parts=len(parts))


async def _aborted(store: Store, upload: ListedUpload) -> Problem | None:
    try:
        await store.abort_upload(upload.bucket, upload.key, upload.upload)
    except ProblemError as error:
        return error.problem
    return None


def _in_use(upload: ListedUpload) -> Problem:
    title = "this upload is in use"
    cause = "an unfinished transfer is using it"
    remedy = "cancel the transfer: that aborts its uploads"
    return Problem(ProblemKind.INVALID, title, cause, remedy, resource=Location(upload.bucket, upload.key).uri)
