"""Annotations of a copy: CopyObject takes them along by itself, the other routes list, read and write each."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tui.aws.server_traits import COUNTS_TAGS
from tui.core.naming import counted
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.store_values import Annotation, ObjectHead
from tui.transfers.copy.delivery import Delivery
from tui.transfers.limits import SharedLimits
from tui.transfers.sides import Sides

T = TypeVar("T")

BY_THE_SERVER = "by CopyObject"
UNKNOWN = "unknown"
LEFT_BEHIND = "without its {}: not requested"
NOT_LISTED = "without annotations, if it has any: {}"
NOT_PERMITTED = "s3:ListObjectAnnotations is missing"
NOT_KEPT = "without {} of its {}: {}"
NONE_HERE = "the target does not support them"
STAYS = "the source is kept: not all of its annotations could be copied"


@dataclass(frozen=True, slots=True)
class ListedAnnotations:
    """The annotations of an object. `found` None: no identity here may list them, `refusal` says why."""

    found: Sequence[Annotation] | None
    refusal: Problem | None = None


class Annotator:
    """Copies the annotations of one transfer's objects, one payload at a time."""

    def __init__(self, sides: Sides, shared: SharedLimits) -> None:
        self._sides, self._shared = sides, shared
        self._wanted = sides.order.options.annotations
        self._first = sides.readers()[0].label
        self._without: set[str] = set()
        """Readers (labels) whose server was found to have none in this bucket."""

    @property
    def may_be_some(self) -> bool:
        """Whether a source may have annotations, for all that its servers have told."""
        return self._first not in self._without

    async def list(self, key: str) -> ListedAnnotations:
        """The annotations of a source, by whichever identity may list them; nothing is raised."""
        refusal: Problem | None = None
        for store in self._sides.readers():
            if store.label in self._without:
                return ListedAnnotations(())
            try:
                found = await store.annotations(self._sides.source_bucket, key, self._version)
                if found is None:
                    self._without.add(store.label)
                return ListedAnnotations(found or ())
            except ProblemError as error:
                refusal = refusal or error.problem
        return ListedAnnotations(None, refusal)

    async def copy(self, key: str, etag: str, delivery: Delivery, *, by_server: bool) -> None:
        """Give the copy with this ETag what the source at `key` has; the delivery gets the words.

        `by_server`: CopyObject has copied them. Nothing is raised: what is not copied is noted, and a move
        keeps its source.
        """
        if by_server:
            delivery.annotations = BY_THE_SERVER if self._sides.source.capabilities.copies_annotations else ""
            return
        if not self._sides.target.capabilities.annotations and not self._sides.order.options.move:
            return  # the card says that a disk keeps none
        listed = await self.list(key)
        if listed.found is None:
            delivery.annotations = UNKNOWN
            if self._wanted:
                delivery.note(not_listed(listed.refusal))
        elif listed.found and not self._wanted:
            delivery.annotations = f"0 of {len(listed.found)}"
            delivery.note(LEFT_BEHIND.format(counted(len(listed.found), "annotation")))
        elif listed.found:
            await self._copy_all(key, etag, listed.found, delivery)

    async def _copy_all(self, key: str, etag: str, found: Sequence[Annotation], delivery: Delivery) -> None:
        failed: list[str] = []
        if why := await self._why_not(delivery):
            failed = [why] * len(found)
        else:
            for each in found:
                try:
                    await self._copy_one(key, etag, each, delivery)
                except ProblemError as error:
                    failed.append(_reason(error.problem))
        delivery.annotations = f"{len(found) - len(failed)} of {len(found)}"
        if failed:
            delivery.note(NOT_KEPT.format(len(failed), counted(len(found), "annotation"), failed[0]))
            delivery.stays = STAYS

    async def _why_not(self, delivery: Delivery) -> str:
        """Why nothing can be written; the copy's own annotations are listed to see that the target knows such."""
        if not self._sides.target.capabilities.annotations:
            return NONE_HERE
        reason = ""
        for store in self._sides.writers():
            try:
                known = await store.annotations(delivery.bucket, delivery.key)
            except ProblemError as error:
                if "s3:ListObjectAnnotations" in error.problem.cause:  # it knows annotations
                    return ""
                reason = reason or _reason(error.problem)
            else:
                return "" if known is not None else NONE_HERE
        return reason

    async def _copy_one(self, key: str, etag: str, each: Annotation, to: Delivery) -> None:
        bucket = self._sides.source_bucket
        await self._shared.throttle(to.transfer, each.size)
        async with self._shared.memory.hold(to.transfer, each.size):
            payload = await _by_any(
                self._sides.readers(), lambda store: store.annotation(bucket, key, each.name, self._version)
            )
            await _by_any(
                self._sides.writers(), lambda store: store.annotate(to.bucket, to.key, each.name, payload, etag=etag)
            )

    @property
    def _version(self) -> str:
        return self._sides.order.selection.version


async def _by_any(stores: Sequence[Store], ask: Callable[[Store], Awaitable[T]]) -> T:
    """The answer to the first identity that gets one; raises the first refusal."""
    refusals: list[ProblemError] = []
    for store in stores:
        try:
            return await ask(store)
        except ProblemError as error:
            refusals.append(error)
    raise refusals[0]


def not_listed(refusal: Problem | None) -> str:
    if refusal is None or refusal.kind is ProblemKind.DENIED:
        return NOT_LISTED.format(NOT_PERMITTED)
    return NOT_LISTED.format(
        f"they were not listed: {refusal.title}" + (f" ({refusal.cause})" if refusal.cause else "")
    )


def _reason(problem: Problem) -> str:
    return f"{problem.identity} needs {problem.permission}" if problem.permission else problem.title


# Whether an object's tags have to be asked for, or its head tells that there are none.
#
# S3 sends the number of tags (``x-amz-tagging-count``) only where there are some, and only to who may read them (Amazon
# S3 API Reference, HeadObject): a missing number proves nothing by itself. There are servers that send it with
# HeadObject or GetObject only. So the rule goes by reader and by operation:
#
# - An object whose head has a number has tags: they are asked for.
# - Until the head is trusted, they are asked for of each object.
# - The head is trusted once tags were read of an object whose head had their number. Where the service is known to send
#   it (`Capabilities.counts_tags`, or an earlier object has shown it), also once the tags of `UNTAGGED` objects were
#   read and there were none: of a service that is not known, such objects do not show it, however many they are.
# - It is not trusted, or no longer, once tags were read whose number the head did not have, or could not be read.
# - Of the objects whose head has no number, every `EVERY`th is asked for all the same: a policy may forbid the tags of
#   some objects only.

U = TypeVar("U")

UNTAGGED = 3
EVERY = 500

TagList = list[tuple[str, str]]


@dataclass(slots=True)
class _TagSightings:
    untagged: int = 0
    counted: bool = False
    refuted: bool = False
    passed_over: int = 0


class TagCounts:
    """Whether the heads of a transfer's sources tell the number of tags, by operation and reader (its label)."""

    def __init__(self) -> None:
        self._seen: defaultdict[tuple[str, str], _TagSightings] = defaultdict(_TagSightings)
        self.refuted = False
        """Whether tags were found, or could not be read, where a head had told another number."""

    def trusted(self, operation: str, reader: Store) -> bool:
        """Whether a head without a number, which this reader gets by this operation, means that there are no tags."""
        seen, shown = self._seen[operation, reader.label], _shown(operation, reader)
        if seen.refuted or shown is False:
            return False
        return seen.counted or (shown is True and seen.untagged >= UNTAGGED)

    def ask(self, operation: str, reader: Store, head: ObjectHead) -> bool:
        """Whether the tags of an object that this reader has seen have to be asked for."""
        if head.tag_count or not self.trusted(operation, reader):
            return True
        seen = self._seen[operation, reader.label]
        seen.passed_over += 1
        return seen.passed_over % EVERY == 0

    def learn(self, operation: str, reader: Store, head: ObjectHead, tags: TagList | None) -> None:
        """The reader has asked for the tags; None: it may not read them."""
        seen = self._seen[operation, reader.label]
        right = tags is not None and len(tags) == (head.tag_count or 0)
        if not right:
            seen.refuted = self.refuted = True
        elif tags:
            seen.counted = True
        else:
            seen.untagged += 1
        if tags is not None and (tags or not right) and not reader.capabilities.counts_tags:
            reader.capabilities.learned.show(COUNTS_TAGS.format(operation), holds=right)


def _shown(operation: str, reader: Store) -> bool | None:
    """Whether the reader's server is known to count tags in heads of this operation, or not to; None: neither."""
    known = reader.capabilities
    return True if known.counts_tags else known.learned.holds(COUNTS_TAGS.format(operation))


class SourceTags:
    """Reads the tags of one transfer's sources, where they have to be asked for."""

    def __init__(self, sides: Sides) -> None:
        self._sides, self._counts = sides, TagCounts()

    @property
    def refuted(self) -> bool:
        return self._counts.refuted

    async def beside(
        self,
        operation: str,
        reader: Store,
        key: str,
        looking: Coroutine[Any, Any, U],
        head_of: Callable[[U], ObjectHead],
    ) -> tuple[U, TagList | None, bool]:
        """What the reader finds by `looking`, which is this operation, the tags, and whether they are inferred.

        The tags are None where no identity here may read them.

        Raises what `looking` raises. Both are asked for at once as long as heads are not trusted.
        """
        if not (reader.capabilities.tags and self._sides.target.capabilities.tags):
            return await looking, [], False  # a disk has none, and keeps none, as do servers that do not know them
        if self._counts.trusted(operation, reader):
            found = await looking
            head = head_of(found)
            if not self._counts.ask(operation, reader, head):
                return found, [], not reader.capabilities.counts_tags
            tags = await self._first(reader, key)
        else:
            looked, asked = await asyncio.gather(looking, self._first(reader, key), return_exceptions=True)
            if isinstance(looked, BaseException):
                raise looked
            if isinstance(asked, BaseException):
                raise asked
            found, tags, head = looked, asked, head_of(looked)
        self._counts.learn(operation, reader, head, tags)
        return found, await self._others(reader, key) if tags is None else tags, False

    async def read(self, key: str) -> TagList | None:
        """The tags of a source, by whichever identity may read them; None: none may."""
        first = self._sides.readers()[0]
        tags = await self._first(first, key)
        return await self._others(first, key) if tags is None else tags

    async def _first(self, reader: Store, key: str) -> TagList | None:
        try:
            return await reader.tags(self._sides.source_bucket, key, self._sides.order.selection.version)
        except ProblemError:
            # The copy goes on without tags, and says so; where the server has shown that it has none, none are missed.
            return None if reader.capabilities.tags else []

    async def _others(self, reader: Store, key: str) -> TagList | None:
        """The copy is given the tags, so that its writer need not be allowed to read them."""
        for store in self._sides.readers():
            if store is not reader and (tags := await self._first(store, key)) is not None:
                return tags
        return None
