"""Searches below a location: many concurrent listings; matches are sent page by page.

The memory does not grow with the number of keys: a page is matched and dropped. Tags are read last, only for objects
that match the other criteria. The number of these requests is sent before the first of them.
"""

from __future__ import annotations

import asyncio
import re
import time
from array import array
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from math import inf

from msgspec.structs import replace

from tui.core import searching
from tui.core.identity import AddressBook
from tui.core.listing import UNKNOWN_INDEX, Page, chosen_rows
from tui.core.location import DELIMITER, Location
from tui.core.naming import counted
from tui.core.orders import Filters, Selection
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.wildcards import compile_glob, last_segment
from tui.stores.base import Store
from tui.transfers.selection import ObjectFilter

BETWEEN = 0.1
"""Seconds after which progress is sent even without matches."""

MOST_KEPT = 20_000
"""Candidates in memory until their tags are read; if there are more, the keys are listed again."""

PIECE = 100
"""Objects whose tags are read between two progress messages."""

ListPages = Callable[[], AsyncGenerator[Page, None]]


@dataclass(frozen=True, slots=True)
class KeySource:
    """The source of the keys: a function that lists them, or reads them from a report."""

    pages: ListPages
    report: searching.InventoryReport | None = None


async def find(
    store: Store, location: Location, search: searching.Search, matcher: Matcher, source: KeySource
) -> AsyncGenerator[searching.SearchUpdate, None]:
    """The matches, in key order if the source has one, and the progress; the last message is `complete`.

    Raises `ProblemError` as listings do, and (INVALID) if more requests for tags are needed than allowed.
    """
    meter = _Meter(source.report)
    if search.criteria.tags:
        searched = _find_tagged(store, location, search, matcher, source, meter)
    else:
        searched = _find_listed(matcher, source, meter)
    async with aclosing(searched) as founds:
        async for found in founds:
            yield found
    yield searching.SearchUpdate(replace(meter.progress(), complete=True))


class _Meter:
    """Counts, and says when to send progress."""

    def __init__(self, report: searching.InventoryReport | None) -> None:
        self._began = self._sent = time.monotonic()
        self._counts = searching.FindProgress(report=report)

    def count(self, *, looked_at: int = 0, found: int = 0) -> None:
        counts = self._counts
        self._counts = replace(counts, looked_at=counts.looked_at + looked_at, found=counts.found + found)

    def count_tags(self, reader: TagReader, requests: int) -> None:
        self._counts = replace(
            self._counts,
            tag_requests=requests,
            tags_read=reader.read,
            unreadable=reader.unreadable,
            why_unreadable=reader.why,
        )

    @property
    def due(self) -> bool:
        return time.monotonic() - self._sent >= BETWEEN

    def progress(self) -> searching.FindProgress:
        self._sent = time.monotonic()
        return replace(self._counts, seconds=self._sent - self._began)


async def _find_listed(
    matcher: Matcher, source: KeySource, meter: _Meter
) -> AsyncGenerator[searching.SearchUpdate, None]:
    async with aclosing(_candidates(matcher, source, meter)) as candidates:
        async for page in candidates:
            if page:
                meter.count(found=len(page.names))
                yield searching.SearchUpdate(meter.progress(), page)
            elif meter.due:
                yield searching.SearchUpdate(meter.progress())


async def _find_tagged(
    store: Store, location: Location, search: searching.Search, matcher: Matcher, source: KeySource, meter: _Meter
) -> AsyncGenerator[searching.SearchUpdate, None]:
    kept, count = list[Page](), 0
    async with aclosing(_candidates(matcher, source, meter)) as candidates:
        async for page in candidates:
            count += len(page.names) if page else 0
            if page and count <= MOST_KEPT:
                kept.append(page)
            if meter.due:
                yield searching.SearchUpdate(meter.progress())
    if count > search.tag_requests:
        raise too_many(count, search.tag_requests, location.uri)
    reader = TagReader(store, location.bucket, search.criteria)
    meter.count_tags(reader, count)
    yield searching.SearchUpdate(meter.progress())
    again = _kept(kept) if count <= MOST_KEPT else _candidates(matcher, source, _Meter(None))
    async with aclosing(again) as pages:
        async for page in pages:
            if page is None:
                continue
            for start in range(0, len(page.names), PIECE):
                some = chosen_rows(page, range(start, min(start + PIECE, len(page.names))))
                if reader.read + len(some.names) > search.tag_requests:  # more objects were written in between
                    raise too_many(reader.read + len(some.names), search.tag_requests, location.uri)
                rows = await reader.rows(some)
                meter.count(found=len(rows))
                meter.count_tags(reader, max(count, reader.read))
                yield searching.SearchUpdate(meter.progress(), chosen_rows(some, rows) if rows else None)


async def _candidates(matcher: Matcher, source: KeySource, meter: _Meter) -> AsyncGenerator[Page | None, None]:
    """The matching objects of each page; None if there are none."""
    async with aclosing(source.pages()) as pages:
        async for page in pages:
            rows = matcher.rows(page)
            meter.count(looked_at=len(page.names))
            yield chosen_rows(page, rows) if rows else None
            await asyncio.sleep(0)


async def _kept(pages: list[Page]) -> AsyncGenerator[Page | None, None]:
    for page in pages:
        yield page


DEFAULT_CLASS = "STANDARD"

Rows = Sequence[int]


class Matcher:
    """The criteria of one search, prepared for many pages."""

    def __init__(
        self, criteria: searching.Criteria, location: Location, book: AddressBook | None = None, bucket_owner: str = ""
    ) -> None:
        """`bucket_owner` is the canonical ID, needed for foreign-owned objects. Raises `ProblemError` (INVALID)."""
        base = location if location.is_prefix else location.parent
        self._criteria, self._base = criteria, len(base.key)
        self._filter = ObjectFilter(Selection("", base, filters=criteria.filters))
        self._by_name = bool(criteria.filters.include or criteria.filters.exclude)
        self._names = [_name_test(glob) for glob in criteria.names]
        self._contains = criteria.contains.casefold()
        self._regex = _regex_test(criteria.regex, location) if criteria.regex else None
        self._classes = frozenset(name.upper() for name in criteria.classes)
        self._owners = _owner_ids(criteria.owners, book or AddressBook())
        self._bucket_owner = bucket_owner
        if criteria.foreign and not bucket_owner:
            title = f"the owner of {location.bucket} is unknown"
            cause = "a foreign-owned object belongs to another account than its bucket"
            remedy = "search as an identity that may read the bucket's ACL, or name an object owner"
            raise ProblemError(Problem(ProblemKind.INVALID, title, cause, remedy, resource=location.uri))

    def rows(self, page: Page) -> Rows:
        """The indices of the objects that match, by the listing alone; tags are not checked."""
        rows = self._by_bounds(page, range(len(page.names)), self._criteria.filters)
        if self._classes:
            classes = [name or DEFAULT_CLASS for name in page.classes]
            rows = _by_index(page.class_index, rows, classes, self._classes.__contains__, DEFAULT_CLASS)
        if self._owners:
            rows = _by_index(page.owner_index, rows, [each.id for each in page.owners], self._owners.__contains__, "")
        if self._criteria.foreign:
            ids = [each.id for each in page.owners]
            rows = _by_index(page.owner_index, rows, ids, lambda each: each not in ("", self._bucket_owner), "")
        return self._by_names(page, rows) if rows else rows

    @staticmethod
    def _by_bounds(page: Page, rows: Rows, filters: Filters) -> Rows:
        if filters.min_size is not None or filters.max_size is not None:
            least, most = filters.min_size or 0, inf if filters.max_size is None else filters.max_size
            sizes = array("q", page.sizes)
            rows = [row for row in rows if least <= sizes[row] <= most]
        if filters.newer_than is not None or filters.older_than is not None:
            first = -inf if filters.newer_than is None else int(filters.newer_than)
            last = inf if filters.older_than is None else filters.older_than
            modified = array("q", page.modified)
            rows = [row for row in rows if first <= modified[row] <= last]
        return rows

    def _by_names(self, page: Page, rows: Rows) -> Rows:
        lead, names = page.prefix[self._base :], page.names
        if not self._criteria.markers:
            rows = [row for row in rows if not names[row].endswith(DELIMITER)]
        if self._contains:
            if self._contains not in (lead + f"\n{lead}".join(names)).casefold():
                return []  # fast check for the usual page, which has none of it
            rows = [row for row in rows if self._contains in (lead + names[row]).casefold()]
        if self._names:
            rows = [row for row in rows if any(test(lead + names[row]) for test in self._names)]
        if self._regex:
            rows = [row for row in rows if self._regex(lead + names[row])]
        if self._by_name:
            rows = [row for row in rows if self._filter.takes_name(page.prefix + names[row])]
        return rows


def _regex_test(regex: str, location: Location) -> Callable[[str], bool]:
    try:
        return searching.compile_regex(regex)
    except searching.RegexError as error:
        texts = "not a valid regular expression", str(error), "docs/find.md describes the syntax"
        if isinstance(error, searching.RegexMissingError):
            cause, remedy = "the package google-re2 is not installed", "pip install 'xs3-tui[regex]'"
            texts = "regular expressions are not available", cause, remedy
        raise ProblemError(Problem(ProblemKind.INVALID, *texts, resource=location.uri)) from None


def _name_test(glob: str) -> Callable[[str], object]:
    """A test for whole names; a glob without ``/`` also matches last segments."""
    exact = compile_glob(glob)
    pattern = re.compile(exact.pattern, exact.flags | re.IGNORECASE).fullmatch
    if DELIMITER in glob or glob.startswith("*"):  # a leading star matches the other segments
        return pattern
    return lambda name: pattern(name) or pattern(last_segment(name))


def _by_index(index: bytes, rows: Rows, values: Sequence[str], test: Callable[[str], bool], absent: str) -> Rows:
    """Rows by a column of indices into few values."""
    wanted = {number for number, value in enumerate(values) if test(value)}
    if test(absent):
        wanted.add(UNKNOWN_INDEX)
    if not wanted:
        return []
    column = array("H", index)
    return [row for row in rows if column[row] in wanted]


def _owner_ids(owners: Sequence[str], book: AddressBook) -> frozenset[str]:
    """The canonical IDs of owners; a text that is no label or number of the address book is an ID itself."""
    ids = set[str]()
    for owner in owners:
        known = [
            each.canonical_id
            for each in book.entries.values()
            if owner.casefold() in (each.label.casefold(), each.account, each.canonical_id)
        ]
        ids.update(known or [owner])
    return frozenset(ids)


AT_ONCE = 32
"""Concurrent GetObjectTagging requests."""

ANY = "*"

_SKIPPED = (ProblemKind.DENIED, ProblemKind.NO_SUCH_KEY)
"""Problems of one object: the search continues without it."""


class TagReader:
    """Reads the tags of candidates, and counts the requests."""

    def __init__(self, store: Store, bucket: str, criteria: searching.Criteria) -> None:
        self._store, self._bucket, self._wanted = store, bucket, criteria.tags
        self._slots = asyncio.Semaphore(AT_ONCE)
        self.read = self.unreadable = 0
        self.why: Problem | None = None
        """Why the first of them could not be read."""

    async def rows(self, page: Page) -> Sequence[int]:
        """The indices of the objects of a page that have all the tags. Raises `ProblemError`."""
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(self._has_tags(page.prefix + name)) for name in page.names]
        for task in asked:
            if isinstance(failed := task.result(), ProblemError):
                raise failed
        return [row for row, task in enumerate(asked) if task.result() is True]

    async def _has_tags(self, key: str) -> bool | ProblemError:
        async with self._slots:
            self.read += 1
            try:
                tags = await self._store.tags(self._bucket, key)
            except ProblemError as error:
                if error.problem.kind not in _SKIPPED:
                    return error
                if error.problem.kind is ProblemKind.DENIED:
                    self.unreadable += 1
                    self.why = self.why or error.problem
                return False
        return all(any(name == key and value in (ANY, has) for key, has in tags) for name, value in self._wanted)


def too_many(count: int, allowed: int, resource: str) -> ProblemError:
    title = f"{counted(count, 'object')} would need a GetObjectTagging request each"
    cause, remedy = f"you allow {allowed:,} of these requests", "narrow the search, or allow more requests"
    return ProblemError(Problem(ProblemKind.INVALID, title, cause, remedy, resource=resource))
