"""A worker's journal: it tells the engine what to record, and the engine's journal keeps it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import cast

from tui.core.transfer import ObjectResult
from tui.features.cluster.worker_messages import (
    Arrived,
    Begun,
    Corrected,
    Finished,
    Intend,
    Item,
    KnownUploadsQuestion,
    Over,
    PackedResult,
    ReplyValue,
    UploadedPart,
)
from tui.stores.store_values import CompletedPart
from tui.transfers.journal import Journal, UploadRecord
from tui.transfers.journal.journal import KeptResults, KeptUploads
from tui.transfers.journal.records import pack_key, pack_result


class ToldResults(KeptResults):
    """Tells the engine the results."""

    def __init__(self, outbox: Outbox, *, asks: bool) -> None:
        self._outbox, self._asks = outbox, asks

    def finish(self, transfer: str, section: int, key: str, result: ObjectResult) -> None:  # noqa: ARG002  # the session is of one transfer
        self._outbox.put(PackedResult(section, pack_key(key), pack_result(result)))

    def correct(self, transfer: str, section: int, key: str, result: ObjectResult) -> None:  # noqa: ARG002  # the session is of one transfer
        self._outbox.put(Corrected(section, pack_key(key), pack_result(result)))

    async def finished(self, transfer: str, section: int, keys: Sequence[str]) -> set[str]:  # noqa: ARG002  # the session is of one transfer
        if not self._asks:
            return set()
        answer = await self._outbox.ask(lambda question: Finished(question, section, list(keys)))
        return set(answer) if isinstance(answer, list) else set()


class ToldUploads(KeptUploads):
    """Tells the engine about uploads before they begin."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def intend(self, upload: UploadRecord) -> int:
        answer = await self._outbox.ask(lambda question: Intend(question, upload))
        return answer if isinstance(answer, int) else 0

    async def begun(self, row: int, upload_id: str) -> None:
        await self._outbox.ask(lambda question: Begun(question, row, upload_id))

    def part(self, row: int, part: CompletedPart, evidence: str) -> None:
        self._outbox.put(UploadedPart(row, part, evidence))

    def ended(self, row: int) -> None:
        self._outbox.put(Over(row))

    async def known_ids(self, bucket: str) -> set[str]:
        answer = await self._outbox.ask(lambda question: KnownUploadsQuestion(question, bucket))
        return set(answer) if isinstance(answer, list) else set()


class ToldJournal(Journal):
    """The part of a journal that a worker's run needs."""

    def __init__(self, outbox: Outbox, *, asks: bool = True) -> None:
        """`asks`: whether to ask which objects have results; otherwise the engine has left these out."""
        self._outbox = outbox
        self.results, self.uploads = ToldResults(outbox, asks=asks), ToldUploads(outbox)
        self.trouble = None  # the engine confirms a record only once it is written

    async def writable(self) -> None:
        """It always accepts more; `drained` waits instead."""

    async def drained(self) -> None:
        await self._outbox.drained()

    async def settled(self) -> bool:
        """Returns when the engine has recorded everything."""
        await self._outbox.written()
        return True


MOST_ITEMS = 4_000
"""Items of one report: about a megabyte."""
BACKLOG = 20_000
"""New objects wait while this many items are queued."""


class Outbox:
    """Numbered items in order, with questions among them and their answers. Used from one event loop."""

    def __init__(self) -> None:
        self.first = 0
        """The number of the oldest item."""
        self._items: deque[Item] = deque()
        self._questions: dict[int, asyncio.Future[ReplyValue]] = {}
        self._asked = 0
        self._moved = self._found = self._more = 0
        self._urgent, self._seen = asyncio.Event(), asyncio.Event()

    def put(self, item: Item, *, urgent: bool = False) -> None:
        """An `urgent` item is sent soon."""
        self._items.append(item)
        if urgent or len(self._items) >= MOST_ITEMS:
            self._urgent.set()

    def arrived(self, moved: int, found: int, more: int = 0) -> None:
        """Add bytes at the target to those not yet reported."""
        self._moved += moved
        self._found += found
        self._more += more

    async def ask(self, question: Callable[[int], Item]) -> ReplyValue:
        """Send a question, made with its number; returns the engine's answer."""
        self._asked += 1
        number, answer = self._asked, asyncio.get_running_loop().create_future()
        self._questions[number] = answer
        self.put(question(number), urgent=True)
        try:
            return cast("ReplyValue", await answer)
        finally:
            self._questions.pop(number, None)

    def reply(self, question: int, value: ReplyValue) -> None:
        """The engine's answer; it is dropped if nobody waits for it."""
        future = self._questions.get(question)
        if future is not None and not future.done():
            future.set_result(value)

    def seen(self, number: int) -> None:
        """All items below that number are recorded."""
        while self._items and self.first < number:
            self._items.popleft()
            self.first += 1
        self._seen.set()
        self._seen = asyncio.Event()

    async def written(self) -> None:
        """Returns when all items so far are recorded."""
        last = self.end
        self._urgent.set()
        while self.first < last and self._items:
            await self._seen.wait()

    async def drained(self) -> None:
        """Returns when few items are queued."""
        while len(self._items) >= BACKLOG:
            await self._seen.wait()

    async def news(self, seconds: float) -> list[Item]:
        """The oldest items: at once if one is urgent, else after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._urgent.wait()
        except TimeoutError:
            pass
        self._urgent.clear()
        if self._moved or self._found or self._more:
            self._items.append(Arrived(self._moved, self._found, self._more))
            self._moved = self._found = self._more = 0
        some = [each for each, _ in zip(self._items, range(MOST_ITEMS), strict=False)]
        if len(self._items) > len(some):
            self._urgent.set()
        return some

    @property
    def end(self) -> int:
        """The number of the next item."""
        return self.first + len(self._items)

    @property
    def empty(self) -> bool:
        return not self._items and not (self._moved or self._found or self._more)
