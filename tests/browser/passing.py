"""Real engines with buckets, and what stands between them and the screen: it notes what is asked, or holds it back."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.servers.buckets import BucketPair
from tui.core.location import Location
from tui.link.request import Feed
from tui.link.session import EngineAccess, EngineSession

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Buckets(BucketPair):
    engine: EngineSession

    @property
    def mine(self) -> Any:
        return self.server.client(self.server.a)

    @property
    def theirs(self) -> Any:
        return self.server.client(self.server.b)

    @property
    def here(self) -> Location:
        return Location(self.a)

    @property
    def there(self) -> Location:
        return Location(self.b)


class Passing:
    """Passes everything on, and notes the requests and feeds of some kinds."""

    def __init__(self, engine: EngineAccess, *noted: type) -> None:
        self.engine, self._noted = engine, noted
        self.asked: list[Any] = []
        self.other_has_ended = engine.other_has_ended

    async def ask(self, request: Any) -> Any:
        self._note(request)
        return await self.engine.ask(request)

    def follow(self, feed: Feed[A]) -> AsyncGenerator[A, None]:
        self._note(feed)
        return self.engine.follow(feed)

    def _note(self, asked: object) -> None:
        if isinstance(asked, self._noted):
            self.asked.append(asked)


class Holding(Passing):
    def __init__(self, engine: EngineAccess, kind: type) -> None:
        super().__init__(engine, kind)
        self.may_go_on = asyncio.Event()

    async def ask(self, request: Any) -> Any:
        self._note(request)
        if isinstance(request, self._noted):
            await self.may_go_on.wait()
        return await self.engine.ask(request)
