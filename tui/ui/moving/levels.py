"""Asks for the entries below a location that is being typed: one page, and again only when another one is needed."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from tui.core.location import Location, LocationError, names_a_path, typed_location
from tui.core.problem import ProblemError
from tui.link.session import EngineAccess
from tui.messages.listing_requests import ListObjects

PAUSE = 0.12
"""Seconds without another letter before a server is asked."""


class Levels:
    """The entries below what was typed, as one identity sees them."""

    def __init__(self, engine: EngineAccess, connection: str, *, local: bool = False) -> None:
        """`local`: the identity is the local disk, which lists whole directories only."""
        self._engine, self._connection, self._local = engine, connection, local
        self._asked: Location | None = None
        self._entries: list[Location] = []
        self._complete = False

    async def below(self, typed: str) -> list[Location]:
        """The prefixes, then the objects that start with what was typed; none where that cannot be listed."""
        place = self._place(typed)
        if place is None:
            return []
        if not self._knows(place):
            await asyncio.sleep(PAUSE)
            self._asked = None
            try:
                await self._ask(place.parent if self._local and not place.is_prefix else place)
            except ProblemError:  # denied, or not there: what is known without asking is still offered
                return []
        return [entry for entry in self._entries if entry.key.startswith(place.key) and entry != place]

    def _place(self, typed: str) -> Location | None:
        try:
            place = typed_location(typed.strip())
        except LocationError:
            return None
        whole_bucket = place.bucket and (place.key or typed.rstrip(" ").endswith("/"))
        return place if whole_bucket and place.is_local is self._local is names_a_path(typed) else None

    def _knows(self, place: Location) -> bool:
        asked = self._asked
        if asked is None or asked.bucket != place.bucket or not place.key.startswith(asked.key):
            return False
        return place == asked or (self._complete and "/" not in place.key[len(asked.key) :])

    async def _ask(self, place: Location) -> None:
        async with aclosing(self._engine.follow(ListObjects(self._connection, place))) as pages:
            async for page in pages:  # S3 takes half a name for a prefix
                names = [*page.prefixes, *(name for name in page.names if name)]
                self._entries = [Location(place.bucket, page.prefix + name) for name in names]
                self._asked, self._complete = place, page.last
                return
