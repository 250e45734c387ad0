"""What a worker has to say, kept until the engine has written it down."""

from __future__ import annotations

import asyncio
from collections import deque

from tui.transfers.cluster.talk import Arrived, Item, Value

MOST_ITEMS = 4_000
"""Items of one report: about a megabyte."""
BACKLOG = 20_000
"""Items that wait before no new objects are begun."""


class Outbox:
    """Items in their order, each with a number; questions among them, and their answers. Used from one event loop."""

    def __init__(self) -> None:
        self.first = 0
        """The number of the oldest item."""
        self._items: deque[Item] = deque()
        self._questions: dict[int, asyncio.Future[Value]] = {}
        self._asked = 0
        self._moved = self._found = self._more = 0
        self._urgent, self._seen = asyncio.Event(), asyncio.Event()

    def put(self, item: Item, *, urgent: bool = False) -> None:
        """Say something; soon, if it is `urgent`."""
        self._items.append(item)
        if urgent or len(self._items) >= MOST_ITEMS:
            self._urgent.set()

    def arrived(self, moved: int, found: int, more: int = 0) -> None:
        """Bytes have arrived: added to those that were not told yet."""
        self._moved += moved
        self._found += found
        self._more += more

    def question(self) -> int:
        """A number for a question that is put next."""
        self._asked += 1
        self._questions[self._asked] = asyncio.get_running_loop().create_future()
        return self._asked

    async def answer(self, question: int) -> Value:
        """The answer to a question that was put."""
        try:
            return await self._questions[question]
        finally:
            self._questions.pop(question, None)

    def reply(self, question: int, value: Value) -> None:
        """The engine's answer; one that nobody waits for is dropped."""
        future = self._questions.get(question)
        if future is not None and not future.done():
            future.set_result(value)

    def seen(self, number: int) -> None:
        """All items below that number are written down."""
        while self._items and self.first < number:
            self._items.popleft()
            self.first += 1
        self._seen.set()
        self._seen = asyncio.Event()

    async def written(self) -> None:
        """Returns when all that was put so far is written down."""
        last = self.end
        self._urgent.set()
        while self.first < last and self._items:
            await self._seen.wait()

    async def drained(self) -> None:
        """Returns when little waits to be told."""
        while len(self._items) >= BACKLOG:
            await self._seen.wait()

    async def news(self, seconds: float) -> list[Item]:
        """The oldest items, at once if one is urgent, else after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._urgent.wait()
        except TimeoutError:
            pass
        self._urgent.clear()
        self._tell_bytes()
        some = [each for each, _ in zip(self._items, range(MOST_ITEMS), strict=False)]
        if len(self._items) > len(some):
            self._urgent.set()
        return some

    @property
    def end(self) -> int:
        """The number of the item that is put next."""
        return self.first + len(self._items)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to say."""
        return not self._items and not (self._moved or self._found or self._more)

    def _tell_bytes(self) -> None:
        if self._moved or self._found or self._more:
            self._items.append(Arrived(self._moved, self._found, self._more))
            self._moved = self._found = self._more = 0
