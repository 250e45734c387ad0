"""A store that lists keys it is given, a few to a page, and tells how it was asked."""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import cast

from tui.core.listing import ObjectSummary, Page, make_page
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.store_values import Capabilities


class ListedKeys:
    """Keys in the order given; `fails` says of each request, by its number and how many are under way, whether it does.

    A key's size is its place among the keys.
    """

    endpoint = "http://listed"
    label = "someone"
    partition = "aws"

    def __init__(
        self,
        keys: Sequence[str],
        *,
        per_page: int = 5,
        fails: Callable[[int, int], bool] = lambda _number, _under_way: False,
        capabilities: Capabilities | None = None,
    ) -> None:
        self.keys, self._per_page, self._fails = list(keys), per_page, fails
        self.capabilities = capabilities or Capabilities()
        self.requests = self.under_way = self.most_under_way = self.open = 0
        self.started_after: list[str] = []
        self.answers = asyncio.Event()
        self.answers.set()

    @property
    def as_store(self) -> Store:
        return cast(Store, self)

    async def pages(
        self, bucket: str, prefix: str, *, recursive: bool = False, start_after: str = "", etags: bool = True
    ) -> AsyncGenerator[Page, None]:
        assert recursive
        assert bucket
        start_after.encode()  # what is no text would be sent to no server
        self.started_after.append(start_after)
        self.open += 1
        below = self.keys if not prefix else [key for key in self.keys if key.startswith(prefix)]
        try:
            at, more = self._place(below, start_after), True
            while more:
                await self._request()
                more = at + self._per_page < len(below)
                yield self._page(prefix, below, at, etags=etags, last=not more)
                at += self._per_page
        finally:
            self.open -= 1

    def _place(self, keys: Sequence[str], start_after: str) -> int:
        return bisect_right(keys, start_after)

    def _page(self, prefix: str, keys: Sequence[str], at: int, *, etags: bool, last: bool) -> Page:
        chosen = enumerate(keys[at : at + self._per_page], at)
        rows = [ObjectSummary(key, size, size + 1, etag=f'"{size}"' if etags else "") for size, key in chosen]
        return make_page(prefix, [], rows, last=last)

    async def _request(self) -> None:
        self.requests += 1
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        number, under_way = self.requests, self.under_way
        try:
            for _ in range(number % 5):  # some answers overtake others
                await asyncio.sleep(0)
            await self.answers.wait()
        finally:
            self.under_way -= 1
        if self._fails(number, under_way):
            raise ProblemError(Problem(kind=ProblemKind.THROTTLED, title="slow down"))


class FromTheStart(ListedKeys):
    """Ignores where to start."""

    def _place(self, *_: object) -> int:
        return 0
