"""The content of objects: first bytes, ranges, streams, searches; an edited content, written back."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from weakref import WeakKeyDictionary

from msgspec.structs import replace

from tui.answering.handlers import Handlers, note_written
from tui.answering.rooms import Rooms
from tui.core.content import Compression, ContentFacts, compression_of
from tui.core.facts import Grant
from tui.core.location import Location
from tui.core.naming import counted
from tui.core.orders import CopyOptions
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.versions import NULL_VERSION
from tui.features.content.decoded import Tables, beginning_of, inside
from tui.features.content.pinned_content import (
    FIRST_RANGE,
    ContentSource,
    Wanted,
    facts_of,
    find,
    find_back,
    find_last,
    find_line,
)
from tui.messages import content_requests
from tui.stores.base import Store
from tui.stores.digests import hashed
from tui.stores.store_values import ObjectAttributes, ObjectHead, WriteCondition, WriteResult
from tui.transfers.attributes import TargetRefusals, attributes_of, left_out, write_degrading

HANDLERS = Handlers()

PIECE = 1 << 20
"""Bytes of one message. Up to eight messages are buffered for a slow client."""


@HANDLERS.request(content_requests.BeginContent)
async def begin(rooms: Rooms, request: content_requests.BeginContent) -> content_requests.ContentBeginning:
    source = ContentSource(await rooms.store(request.connection), request.location, request.version)
    facts, content = await source.begin(request.length)
    kind = compression_of(content)
    if not kind:
        return content_requests.ContentBeginning(facts, content)
    found, ended = await beginning_of(kind, content, request.length)
    return content_requests.ContentBeginning(facts, content, kind, found, ended and len(content) == facts.size)


@HANDLERS.request(content_requests.ReadContent)
async def read(rooms: Rooms, request: content_requests.ReadContent) -> content_requests.ContentBlock:
    source = ContentSource(await rooms.store(request.connection), request.location, request.version)
    return content_requests.ContentBlock(await source.read(request.etag, request.start, request.length))


@HANDLERS.request(content_requests.LookAtContent)
async def look(rooms: Rooms, request: content_requests.LookAtContent) -> ContentFacts:
    store = await rooms.store(request.connection)
    return facts_of(await store.head(request.location.bucket, request.location.key))


@HANDLERS.feed(content_requests.StreamContent)
async def stream(rooms: Rooms, feed: content_requests.StreamContent) -> AsyncGenerator[content_requests.Piece, None]:
    source = ContentSource(await rooms.store(feed.connection), feed.location, feed.version)
    first = FIRST_RANGE if feed.length is None or feed.inside or feed.start else min(FIRST_RANGE, feed.length)
    facts, content = await source.begin(max(first, 1))
    kind = compression_of(content) if feed.inside else Compression.NONE
    if kind:
        pieces = _cut(inside(kind, _all(source, facts.etag, content, 0, facts.size)), feed.start, feed.length)
    else:
        start = max(0, facts.size + feed.start) if feed.start < 0 else feed.start
        if feed.start >= max(facts.size, 1):
            # S3 refuses a GetObject of such a range, too
            title = f"the range begins after the end of {feed.location.uri}"
            cause = f"it begins at byte {feed.start:,}, and the object has {counted(facts.size, 'byte')}"
            texts = title, cause, "choose a range inside the object", "GetObject"
            problem = Problem(ProblemKind.INVALID, *texts, resource=feed.location.uri, code="InvalidRange")
            raise ProblemError(problem)
        stop = facts.size if feed.length is None else min(facts.size, start + feed.length)
        pieces = _all(source, facts.etag, content, start, stop)
    yield content_requests.Piece(b"", facts)
    async with aclosing(pieces):
        async for piece in pieces:
            for at in range(0, len(piece), PIECE):
                yield content_requests.Piece(piece[at : at + PIECE])


async def _all(source: ContentSource, etag: str, begun: bytes, start: int, stop: int) -> AsyncGenerator[bytes, None]:
    """The bytes from `start` up to `stop`, without requesting the bytes in `begun` again."""
    if start < len(begun) and start < stop:
        yield begun[start:stop]
    async with aclosing(source.stream(etag, max(start, len(begun)), stop)) as pieces:
        async for piece in pieces:
            yield piece


async def _cut(pieces: AsyncGenerator[bytes, None], start: int, length: int | None) -> AsyncGenerator[bytes, None]:
    """At most `length` bytes from `start`. A negative start counts as 0, because the size is not known."""
    async with aclosing(pieces):
        async for piece in pieces:
            begin, start = min(max(start, 0), len(piece)), max(start, 0) - min(max(start, 0), len(piece))
            wanted = piece[begin:] if length is None else piece[begin : begin + length]
            if wanted:
                yield wanted
            if length is not None and (length := length - len(wanted)) <= 0:
                return


@HANDLERS.feed(content_requests.SearchContent)
async def search(rooms: Rooms, feed: content_requests.SearchContent) -> AsyncGenerator[content_requests.Searched, None]:
    """Each step reports the progress; the last one has the result."""
    source = ContentSource(await rooms.store(feed.connection), feed.location, feed.version)
    wanted = Wanted(feed.needle, feed.exact)
    async with aclosing(await _searching(source, feed, wanted)) as steps:
        async for at, found in steps:
            yield content_requests.Searched(at, found)


async def _searching(
    source: ContentSource, feed: content_requests.SearchContent, wanted: Wanted
) -> AsyncGenerator[tuple[int, int], None]:
    if feed.back and not feed.inside:
        return find_back(source, ContentFacts(feed.size, feed.etag), wanted, feed.start)
    start = 0 if feed.inside or feed.lines else feed.start
    pieces = source.stream(feed.etag, start, feed.size)
    if feed.inside:
        _, content = await source.begin(FIRST_RANGE)
        pieces = inside(compression_of(content), pieces)
    if feed.lines:
        return find_line(pieces, feed.lines, feed.newline)
    if feed.back:
        return find_last(pieces, wanted, feed.start)
    return find(pieces, wanted, start, feed.start)


@HANDLERS.request(content_requests.SaveContent)
async def answer_save(rooms: Rooms, request: content_requests.SaveContent) -> content_requests.SavedContent:
    store = await rooms.store(request.connection)
    saved = await save(store, request.location, request.etag, request.content)
    size = len(request.content)
    noted = await note_written(rooms, request.connection, request.location, saved.version, size, saved.etag)
    return replace(saved, transfer=noted)


@HANDLERS.request(content_requests.ReadTable)
async def read_table(rooms: Rooms, request: content_requests.ReadTable) -> content_requests.TableRows:
    source = ContentSource(await rooms.store(request.connection), request.location, request.version)
    facts = ContentFacts(request.size, request.etag)
    return await _tables_of(rooms).rows(request.connection, source, facts, request.start, request.count)


_tables: WeakKeyDictionary[Rooms, Tables] = WeakKeyDictionary()
"""For each engine, the tables that were viewed last."""


def _tables_of(rooms: Rooms) -> Tables:
    if rooms not in _tables:
        _tables[rooms] = Tables()
        rooms.endings.append(_tables[rooms].close)
    return _tables[rooms]


_NOT_TOLD = (ProblemKind.DENIED, ProblemKind.UNSUPPORTED)

NO_OLD_ACL = "its ACL cannot be read: the new content has the bucket's default"

_FULL_CONTROL = "FULL_CONTROL"


async def save(store: Store, location: Location, etag: str, content: bytes) -> content_requests.SavedContent:
    """Write `content` if the object still has this ETag. Raises `ProblemError`, of kind EXISTS if it has changed.

    Keeps the object's headers, metadata, tags, class, encryption and ACL. Writes nothing if tags or annotations cannot
    be read, because they would be lost.
    """
    bucket, key = location.bucket, location.key
    if refusal := await store.write_refusal(bucket):
        raise ProblemError(refusal)
    head = await store.head(bucket, key)
    if head.etag != etag:
        title = f"{location.uri} was written by someone else since you opened it"
        texts = title, "its ETag has changed", "view it again, then edit it again"
        raise ProblemError(Problem(ProblemKind.EXISTS, *texts, resource=location.uri))
    capabilities, notes = store.capabilities, list[str]()
    tags = await store.tags(bucket, key) if capabilities.tags and head.tag_count != 0 else []
    grants = await _grants(store, location, notes) if capabilities.acls else []
    kept = await store.annotations(bucket, key) or []
    annotations = [(each.name, await store.annotation(bucket, key, each.name)) for each in kept]
    wanted = _attributes(head, tags, grants)
    digests = await hashed(content, capabilities.checksum)

    async def write(attributes: ObjectAttributes) -> WriteResult:
        return await store.put(bucket, key, content, attributes, when=WriteCondition(replaces=etag), digests=digests)

    stored, sent = await write_degrading(wanted, write, TargetRefusals(), foreign=False)
    for name, payload in annotations:
        await store.annotate(bucket, key, name, payload, etag=stored.etag)
    version = stored.version if stored.version != NULL_VERSION else ""
    return content_requests.SavedContent(stored.etag, [*notes, *left_out(wanted, sent)], version)


def _attributes(head: ObjectHead, tags: list[tuple[str, str]], grants: Sequence[Grant]) -> ObjectAttributes:
    """The object's attributes without AES256: that is every bucket's default, and some servers do not support it."""
    by_key = head.encryption if head.encryption.startswith("aws:") else ""
    options = CopyOptions(encryption=by_key, kms_key=head.kms_key if by_key else "")
    found = attributes_of(head, tags, "", options=options, grants=grants)
    return replace(found, bucket_key=bool(by_key and head.bucket_key), modified=None)


async def _grants(store: Store, location: Location, notes: list[str]) -> list[Grant]:
    """The grants of an ACL; none if it only gives the owner full control."""
    try:
        acl = await store.object_acl(location.bucket, location.key)
    except ProblemError as error:
        if error.problem.kind not in _NOT_TOLD:
            raise
        notes.append(NO_OLD_ACL)
        return []
    alone = all(grant.grantee.id == acl.owner.id and grant.permission == _FULL_CONTROL for grant in acl.grants)
    return [] if alone else acl.grants
