"""Listings of versions: of one key, of a level with its deleted objects, and counted."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from msgspec.structs import replace

from tui.core.listing import ObjectSummary, Page, make_page
from tui.core.location import Location
from tui.core.versions import DELETED, ObjectVersion, VersionPage, VersionTally
from tui.stores.base import Store
from tui.stores.operations import version_pages


async def versions_of(store: Store, location: Location) -> AsyncGenerator[VersionPage]:
    """The versions of one key, the newest first; none of other keys that begin with it. Raises `ProblemError`."""
    async with aclosing(version_pages(store, location.bucket, location.key, recursive=True)) as pages:
        async for page in pages:
            own = [each for each in page.versions if each.key == location.key]
            whole = len(own) == len(page.versions) and page.next is not None
            yield VersionPage([], own, page.next if whole else None)
            if not whole:
                return


async def pages_with_deleted(store: Store, location: Location) -> AsyncGenerator[Page]:
    """One level as `Store.pages` lists it, and between its objects the keys that are deleted, of class `DELETED`."""
    async with aclosing(version_pages(store, location.bucket, location.key, recursive=False)) as pages:
        async for page in pages:
            latest = [_summary(each) for each in page.versions if each.latest]
            yield make_page(location.key, page.prefixes, latest, last=page.next is None)


async def count_versions(store: Store, location: Location) -> AsyncGenerator[VersionTally]:
    """How many versions there are below a location, and their bytes, growing. Raises `ProblemError`."""
    tally = VersionTally()
    every = version_pages(store, location.bucket, location.key, recursive=True)
    async with aclosing(every if location.is_prefix else versions_of(store, location)) as listed:
        async for page in listed:
            for each in page.versions:
                if each.marker:
                    tally = replace(tally, markers=tally.markers + 1, deleted=tally.deleted + each.latest)
                elif each.latest:
                    tally = replace(tally, current=tally.current + 1, current_bytes=tally.current_bytes + each.size)
                else:
                    number, size = tally.noncurrent + 1, tally.noncurrent_bytes + each.size
                    tally = replace(tally, noncurrent=number, noncurrent_bytes=size)
            yield tally
    yield replace(tally, complete=True)


def _summary(one: ObjectVersion) -> ObjectSummary:
    return ObjectSummary(
        key=one.key,
        size=one.size,
        modified=int(one.modified),
        storage_class=DELETED if one.marker else one.storage_class or "STANDARD",
        owner=one.owner,
        etag=one.etag,
    )
