"""Versions of objects: listed, counted, brought back."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from tui.engine.rooms import Answers, Feeds, Rooms
from tui.model.listing import Page
from tui.model.versions import VersionPage, VersionTally
from tui.protocol.messages.versions import CountVersions, ListVersions, ListWithDeleted
from tui.transfers.versions.listing import count_versions, pages_with_deleted, versions_below, versions_of


async def list_versions(rooms: Rooms, feed: ListVersions) -> AsyncGenerator[VersionPage, None]:
    """Pages of versions."""
    store, location = await rooms.store(feed.connection), feed.location
    alone = not location.is_prefix and not feed.recursive
    listing = versions_of(store, location) if alone else versions_below(store, location, recursive=feed.recursive)
    async with aclosing(listing) as pages:
        async for page in pages:
            yield page


async def list_with_deleted(rooms: Rooms, feed: ListWithDeleted) -> AsyncGenerator[Page, None]:
    """Pages of a level."""
    async with aclosing(pages_with_deleted(await rooms.store(feed.connection), feed.location)) as pages:
        async for page in pages:
            yield page


async def count(rooms: Rooms, feed: CountVersions) -> AsyncGenerator[VersionTally, None]:
    """Numbers of versions."""
    async with aclosing(count_versions(await rooms.store(feed.connection), feed.location)) as tallies:
        async for tally in tallies:
            yield tally


ANSWERS: Answers = {}
FEEDS: Feeds = {ListVersions: list_versions, ListWithDeleted: list_with_deleted, CountVersions: count}
