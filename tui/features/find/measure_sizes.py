"""Measures what is stored below a location: sums pages of a listing, and sends the sums as they grow.

Keeps only the amounts since the last message, for a bounded number of prefixes.
"""

from __future__ import annotations

import asyncio
import time
from array import array
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import TypeVar

from tui.core import searching
from tui.core.listing import UNKNOWN_INDEX, Page
from tui.core.location import DELIMITER, Location, LocationError, parse_location
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.versions import VersionPage
from tui.features.find.search import KeySource
from tui.stores.base import Store
from tui.stores.inventory_report import newest_report, read_manifest, report_pages
from tui.stores.operations import version_pages

BETWEEN = 0.25
"""Seconds between two messages."""

MOST_PARTS = 5_000
"""Amounts after which a message is sent, however recent the last one was."""

UPLOADS_AT_ONCE = 16
"""Uploads whose parts are listed concurrently."""

DEFAULT_CLASS = "STANDARD"

P = TypeVar("P", Page, VersionPage)


class AmountCounter:
    """Collects amounts, and says when to send them."""

    def __init__(
        self, location: Location, depth: int, now: float, report: searching.InventoryReport | None = None
    ) -> None:
        """`depth`: separate levels; 0: all. `now` in seconds since the epoch: ages count from it."""
        base = location if location.is_prefix else location.parent
        self._base, self._depth, self._now, self._report = len(base.key), depth, now, report
        self._began = self._sent = time.monotonic()
        self._amounts: dict[tuple[str, searching.Share], searching.Amount] = {}
        self._looked_at = self._unreadable = self._current = 0
        self._why: Problem | None = None
        self._shares: dict[tuple[str, str, int], searching.Share] = {}

    def page(self, page: Page) -> None:
        lead = page.prefix[self._base :]
        classes = [name or DEFAULT_CLASS for name in page.classes]
        owners = [owner.id for owner in page.owners]
        columns = zip(
            page.names,
            array("q", page.sizes),
            array("q", page.modified),
            array("H", page.class_index),
            array("H", page.owner_index),
            strict=True,
        )
        for name, size, modified, class_number, owner_number in columns:
            storage_class = DEFAULT_CLASS if class_number == UNKNOWN_INDEX else classes[class_number]
            owner = "" if owner_number == UNKNOWN_INDEX else owners[owner_number]
            self._count(lead + name, size, self._share(searching.StorageUse.CURRENT, storage_class, owner, modified))
        self._looked_at += len(page.names)

    def versions(self, page: VersionPage) -> None:
        """Count the noncurrent versions of a page, and every delete marker."""
        for version in page.versions:
            if version.latest and not version.marker:
                self._current += 1
                continue
            owner, storage_class = version.owner.id if version.owner else "", version.storage_class or DEFAULT_CLASS
            share = self._share(searching.StorageUse.NONCURRENT, storage_class, owner, version.modified)
            self._count(version.key[self._base :], version.size, share)
        self._looked_at += len(page.versions)

    def upload(self, key: str, size: int | Problem, started: float) -> None:
        """Count an incomplete upload; a problem instead of the size says why the size is unknown.

        Listings do not show the class of its parts: it counts as STANDARD.
        """
        if isinstance(size, Problem):
            self._unreadable += 1
            self._why = self._why or size
            size = 0
        self._count(key[self._base :], size, self._share(searching.StorageUse.UPLOADS, DEFAULT_CLASS, "", started))
        self._looked_at += 1

    def _share(self, stored: searching.StorageUse, storage_class: str, owner: str, modified: float) -> searching.Share:
        age = self._now - modified
        number = next(number for number, (most, _) in enumerate(searching.AGES) if age < most)
        known = self._shares.get((storage_class, owner, number))
        if known is None:
            known = self._shares[storage_class, owner, number] = searching.Share(stored, storage_class, owner, number)
        return known

    def _count(self, name: str, size: int, share: searching.Share) -> None:
        prefix = name[: name.rfind(DELIMITER) + 1]
        if self._depth:
            prefix = "".join(f"{segment}/" for segment in prefix.split(DELIMITER)[:-1][: self._depth])
        amount = self._amounts.get((prefix, share))
        if amount is None:
            amount = self._amounts[prefix, share] = searching.Amount()
        amount.objects += 1
        amount.bytes += size
        if size < searching.SMALL_OBJECT:
            amount.missing += searching.SMALL_OBJECT - size
        else:
            amount.monitored += 1

    @property
    def due(self) -> bool:
        return len(self._amounts) >= MOST_PARTS or time.monotonic() - self._sent >= BETWEEN

    def found(self, *, complete: bool = False) -> searching.SizesFound:
        parts = [searching.SizePart(prefix, share, amount) for (prefix, share), amount in self._amounts.items()]
        self._amounts = {}
        self._sent = time.monotonic()
        seconds, report = self._sent - self._began, self._report
        progress = searching.SizeProgress(
            self._looked_at, seconds, self._unreadable, self._why, report, complete, self._current
        )
        return searching.SizesFound(parts, progress)


def measure_current(
    location: Location, depth: int, now: float, source: KeySource
) -> AsyncGenerator[searching.SizesFound, None]:
    """Measure objects from a listing or a report. Raises `ProblemError` as listings do."""
    counter = AmountCounter(location, depth, now, source.report)
    return _counted(counter, source.pages(), counter.page)


def measure_noncurrent(
    store: Store, location: Location, depth: int, now: float
) -> AsyncGenerator[searching.SizesFound, None]:
    """Measure noncurrent versions and delete markers, by ListObjectVersions. Raises `ProblemError` as listings do."""
    counter = AmountCounter(location, depth, now)
    pages = version_pages(store, location.bucket, location.key, recursive=True)
    return _counted(counter, pages, counter.versions)


async def _counted(
    counter: AmountCounter, pages: AsyncGenerator[P, None], count: Callable[[P], None]
) -> AsyncGenerator[searching.SizesFound, None]:
    async with aclosing(pages):
        async for page in pages:
            count(page)
            if counter.due:
                yield counter.found()
    yield counter.found(complete=True)


async def measure_uploads(
    store: Store, location: Location, depth: int, now: float
) -> AsyncGenerator[searching.SizesFound, None]:
    """Measure incomplete multipart uploads: one ListParts request each. Raises `ProblemError` as listings do."""
    counter = AmountCounter(location, depth, now)
    uploads = await store.uploads(location.bucket, location.key)
    for start in range(0, len(uploads), UPLOADS_AT_ONCE):
        some = uploads[start : start + UPLOADS_AT_ONCE]
        sizes = await asyncio.gather(*(_size(store, location.bucket, each.key, each.upload) for each in some))
        for each, size in zip(some, sizes, strict=True):
            counter.upload(each.key, size, each.started)
        if counter.due:
            yield counter.found()
    yield counter.found(complete=True)


async def _size(store: Store, bucket: str, key: str, upload: str) -> int | Problem:
    try:
        return sum(part.size for part in await store.parts(bucket, key, upload))
    except ProblemError as error:
        return error.problem


AUTO = "auto"


async def from_report(store: Store, place: Location, inventory: str, needed: Sequence[str]) -> KeySource:
    """The objects of a report: of the bucket's newest one (`AUTO`), or of the manifest's.

    Raises `ProblemError`, also if fields that are `needed`, or the size, are not in the report.
    """
    scope = ""
    if inventory == AUTO:
        location, configuration = await newest_report(store, place)
        scope = configuration.prefix
    else:
        try:
            location = parse_location(inventory)
        except LocationError as error:
            remedy = "name s3://bucket/…/manifest.json, or auto for the newest report"
            problem = Problem(ProblemKind.INVALID, "not an S3 Inventory report", str(error), remedy)
            raise ProblemError(problem) from error
    manifest = await read_manifest(store, location, place.bucket, ["Size", *needed])
    report = searching.InventoryReport(location.uri, manifest.created, scope, manifest.file_format)
    return KeySource(partial(report_pages, store, location, manifest, place.key), report)


def fields_needed(criteria: searching.Criteria) -> list[str]:
    """The report fields that the criteria need."""
    filters = criteria.filters
    by_age = filters.newer_than is not None or filters.older_than is not None
    asked = {
        "LastModifiedDate": by_age,
        "StorageClass": bool(criteria.classes),
        "ObjectOwner": bool(criteria.owners or criteria.foreign),
    }
    return [name for name, is_asked in asked.items() if is_asked]
