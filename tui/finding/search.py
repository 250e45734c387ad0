"""A search below a location: every key is listed, many lists at once, and what matches is sent page by page.

Memory stays the same however many keys there are: a page is matched and dropped. Tags are read last, of what all else
has matched; how many requests this takes is known, and sent, before the first of them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass

from msgspec.structs import replace

from tui.core.listing import Page, chosen_rows
from tui.core.location import Location
from tui.core.searching import FindProgress, Found, Report, Search
from tui.finding.matching import Matcher
from tui.finding.tagged import TagReader, too_many
from tui.stores.base import Store

BETWEEN = 0.1
"""Seconds after which the progress is sent though nothing was found."""

MOST_KEPT = 20_000
"""Candidates that are kept until their tags are read; of more, the keys are listed once more."""

PIECE = 100
"""Objects whose tags are read between two reports of the progress."""

Pages = Callable[[], AsyncGenerator[Page, None]]


@dataclass(frozen=True, slots=True)
class Source:
    """Where the keys come from: a function that lists them, or reads them from a report."""

    pages: Pages
    report: Report | None = None


async def find(
    store: Store, location: Location, search: Search, matcher: Matcher, source: Source
) -> AsyncGenerator[Found, None]:
    """What matches, in key order where the source has one, and how far the search has come; the last is `complete`.

    Raises `ProblemError` as listings do, and (INVALID) for more requests for tags than are allowed.
    """
    meter = _Meter(source.report)
    if search.criteria.tags:
        searched = _find_tagged(store, location, search, matcher, source, meter)
    else:
        searched = _find_listed(matcher, source, meter)
    async with aclosing(searched) as founds:
        async for found in founds:
            yield found
    yield Found(replace(meter.progress(), complete=True))


class _Meter:
    """Counts, and says when the progress is due."""

    def __init__(self, report: Report | None) -> None:
        self._began = self._sent = time.monotonic()
        self._counts = FindProgress(report=report)

    def count(self, *, looked_at: int = 0, found: int = 0) -> None:
        """More of both."""
        counts = self._counts
        self._counts = replace(counts, looked_at=counts.looked_at + looked_at, found=counts.found + found)

    def count_tags(self, reader: TagReader, requests: int) -> None:
        """How far the reading of tags has come."""
        self._counts = replace(
            self._counts,
            tag_requests=requests,
            tags_read=reader.read,
            unreadable=reader.unreadable,
            why_unreadable=reader.why,
        )

    @property
    def due(self) -> bool:
        """Whether the progress was last sent some time ago."""
        return time.monotonic() - self._sent >= BETWEEN

    def progress(self) -> FindProgress:
        """To be sent now."""
        self._sent = time.monotonic()
        return replace(self._counts, seconds=self._sent - self._began)


async def _find_listed(matcher: Matcher, source: Source, meter: _Meter) -> AsyncGenerator[Found, None]:
    async with aclosing(_candidates(matcher, source, meter)) as candidates:
        async for page in candidates:
            if page:
                meter.count(found=len(page.names))
                yield Found(meter.progress(), page)
            elif meter.due:
                yield Found(meter.progress())


async def _find_tagged(
    store: Store, location: Location, search: Search, matcher: Matcher, source: Source, meter: _Meter
) -> AsyncGenerator[Found, None]:
    kept, count = list[Page](), 0
    async with aclosing(_candidates(matcher, source, meter)) as candidates:
        async for page in candidates:
            count += len(page.names) if page else 0
            if page and count <= MOST_KEPT:
                kept.append(page)
            if meter.due:
                yield Found(meter.progress())
    if count > search.tag_requests:
        raise too_many(count, search.tag_requests, location.uri)
    reader = TagReader(store, location.bucket, search.criteria)
    meter.count_tags(reader, count)
    yield Found(meter.progress())
    again = _kept(kept) if count <= MOST_KEPT else _candidates(matcher, source, _Meter(None))
    async with aclosing(again) as pages:
        async for page in pages:
            for some in _pieces(page) if page else ():
                if reader.read + len(some.names) > search.tag_requests:  # more have been written in between
                    raise too_many(reader.read + len(some.names), search.tag_requests, location.uri)
                rows = await reader.rows(some)
                meter.count(found=len(rows))
                meter.count_tags(reader, max(count, reader.read))
                yield Found(meter.progress(), chosen_rows(some, rows) if rows else None)


def _pieces(page: Page) -> Iterator[Page]:
    """A page in pieces: the progress is sent between them."""
    for start in range(0, len(page.names), PIECE):
        yield chosen_rows(page, range(start, min(start + PIECE, len(page.names))))


async def _candidates(matcher: Matcher, source: Source, meter: _Meter) -> AsyncGenerator[Page | None, None]:
    """Of each page the objects that match, None where none does."""
    async with aclosing(source.pages()) as pages:
        async for page in pages:
            rows = matcher.rows(page)
            meter.count(looked_at=len(page.names))
            yield chosen_rows(page, rows) if rows else None
            await asyncio.sleep(0)


async def _kept(pages: list[Page]) -> AsyncGenerator[Page | None, None]:
    for page in pages:
        yield page
