"""Whether an object's tags have to be asked for, or the head of the object tells that there are none.

S3 sends the number of tags with HeadObject and GetObject (``x-amz-tagging-count``) only where there are some, and only
to who may read them (Amazon S3 API Reference, HeadObject): that it is missing proves nothing by itself. The rule, for
each reader of a transfer's source bucket, and for HeadObject and GetObject each by itself, because there are servers
that send the number with one of them only:

- An object whose head has a number has tags: they are asked for.
- Until the head is trusted, they are asked for of each object.
- The head is trusted once the reader has read tags of an object whose head had their number. Where the service is
  known to send it (`Capabilities.counts_tags`), it is also trusted once the reader was allowed to read the tags of
  `UNTAGGED` objects that had none: a service that is not known may never send it, which such objects cannot show.
- It is not trusted, or no longer, once tags were read whose number the head did not have, or could not be read.
- Of the objects whose head has no number, every `EVERY`th is asked for all the same: a policy may forbid the tags of
  some objects only.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from tui.core.problem import ProblemError
from tui.stores.base import Store
from tui.stores.store_values import ObjectHead
from tui.transfers.order.sides import Sides

Looked = TypeVar("Looked")

UNTAGGED = 3
EVERY = 500

TagList = list[tuple[str, str]]


@dataclass(slots=True)
class _Seen:
    untagged: int = 0
    counted: bool = False
    refuted: bool = False
    passed_over: int = 0


class TagCounts:
    """What the heads of one transfer's sources have told of tags, by operation and reader (its label)."""

    def __init__(self) -> None:
        self._seen: defaultdict[tuple[str, str], _Seen] = defaultdict(_Seen)

    def trusted(self, operation: str, reader: Store) -> bool:
        """Whether a head without a number, which this reader gets by this operation, means that there are no tags."""
        seen = self._seen[operation, reader.label]
        enough = seen.untagged >= UNTAGGED and reader.capabilities.counts_tags
        return not seen.refuted and (seen.counted or enough)

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
        if tags is None or len(tags) != (head.tag_count or 0):
            seen.refuted = True
        elif tags:
            seen.counted = True
        else:
            seen.untagged += 1


class SourceTags:
    """Reads the tags of one transfer's sources, where they have to be asked for."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._counts = TagCounts()

    async def beside(
        self,
        operation: str,
        reader: Store,
        key: str,
        looking: Coroutine[Any, Any, Looked],
        head_of: Callable[[Looked], ObjectHead],
    ) -> tuple[Looked, TagList | None]:
        """What the reader finds by `looking`, which is this operation, and the object's tags.

        The tags are None where no identity here may read them.

        Raises what `looking` raises. Both are asked for at once as long as heads are not trusted.
        """
        if not (reader.capabilities.tags and self._sides.target.capabilities.tags):
            return await looking, []  # a disk has none, and keeps none, as do servers that do not know them
        if self._counts.trusted(operation, reader):
            found = await looking
            head = head_of(found)
            if not self._counts.ask(operation, reader, head):
                return found, []
            tags = await self._first(reader, key)
        else:
            looked, asked = await asyncio.gather(looking, self._first(reader, key), return_exceptions=True)
            if isinstance(looked, BaseException):
                raise looked
            if isinstance(asked, BaseException):
                raise asked
            found, tags, head = looked, asked, head_of(looked)
        self._counts.learn(operation, reader, head, tags)
        return found, await self._others(reader, key) if tags is None else tags

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
