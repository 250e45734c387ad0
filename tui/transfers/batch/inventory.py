"""A report of S3 Inventory as the list of a job's objects: taken by the job itself, or read and written as a list.

A job takes reports in CSV alone, and does everything that is in them, versions that are not the current ones included
(Amazon S3 user guide, "Creating an S3 Batch Operations job").
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from tui.core.location import DELIMITER, Location
from tui.core.naming import counted
from tui.core.orders import BatchOrder, BatchRestore, Filters, ManifestSource
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.reader.report_rows import VERSION
from tui.stores.base import Store
from tui.stores.inventory_report import FileFormat, Manifest, newest_report, read_manifest
from tui.stores.inventory_rows import report_pages, versioned_pages
from tui.transfers.batch.choosing import Listed, Listing
from tui.transfers.batch.manifest import located
from tui.transfers.copy.decision import looks_at_target
from tui.transfers.selection import SectionPage, outermost, picked_of

FORMAT = "S3InventoryReport_CSV_20161130"

OLDEST = 8 * 86400.0
"""Seconds; an older report is taken only where it is named. The rarest reports are weekly ones."""

_FOLDERS = 4
"""The bucket, the configuration, the date and ``manifest.json``: so ends the key of every report."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report whose ``manifest.json`` is at `place`. `is_taken`: the job takes it itself."""

    place: Location
    reader: Store
    manifest: Manifest
    is_taken: bool

    @property
    def age(self) -> float:
        """Seconds since it was begun."""
        return time.time() - self.manifest.created

    @property
    def note(self) -> str:
        """Which one it is, in words."""
        return f"the list of objects is the report {self.place.uri} of {counted(round(self.age / 3600), 'hour')} ago"

    async def parameters(self, role: str) -> dict[str, Any]:
        """Those of the job that takes it. Raises `ProblemError`."""
        head = await self.reader.head(self.place.bucket, self.place.key)
        return report_manifest(role, self.place, head.etag, head.version)

    def listing(self, order: BatchOrder) -> Listing:
        """What it says in place of a listing."""

        async def listed(section: int) -> AsyncGenerator[Listed]:
            prefix = outermost(order.selection.prefixes)[section - 1]
            if not order.options.versions:
                async with aclosing(report_pages(self.reader, self.place, self.manifest, prefix)) as pages:
                    async for page in pages:
                        yield SectionPage(section, picked_of(page)), {}
                return
            async with aclosing(versioned_pages(self.reader, self.place, self.manifest, prefix)) as with_versions:
                async for page, versions in with_versions:
                    picked = picked_of(page)
                    named = {each.key: version for each, version in zip(picked, versions, strict=True)}
                    yield SectionPage(section, picked), named

        return listed


async def usable_report(order: BatchOrder, source: Store, store: Store) -> Report:
    """The report of an order: the named one, or the newest. `source` sees the objects, `store` the reports.

    Raises `ProblemError` for one that does not say what is needed.
    """
    report = await _report(order, source, store)
    place, manifest = report.place, report.manifest
    if order.options.versions and not manifest.column(VERSION):
        raise _unusable(place, "it names no versions", "use a report of all versions, or --batch-manifest list")
    if manifest.column(VERSION) and not (manifest.column("IsLatest") and manifest.column("IsDeleteMarker")):
        raise _unusable(place, "it names versions, but not the current ones", "add IsLatest and IsDeleteMarker")
    if isinstance(order.operation, BatchRestore) and not manifest.column("StorageClass"):
        raise _unusable(place, "it names no storage classes", "add StorageClass, or use --batch-manifest list")
    if order.copy and looks_at_target(order.copy.options.conflict):
        raise _unusable(
            place,
            f"conflicts are answered by {order.copy.options.conflict}, and its rows are in no order",
            "use --batch-manifest list, or overwrite",
        )
    if order.options.inventory is None and report.age > OLDEST:
        raise _unusable(
            place,
            f"it is {counted(round(report.age / 86400), 'day')} old",
            "name it with --batch-inventory, or use the manifest list",
        )
    return report


async def taken_report(order: BatchOrder, source: Store, store: Store) -> Location | None:
    """The report that the job takes itself; None: there is none, or a list is written. Raises `ProblemError`."""
    if not _may_be_taken(order):
        return None
    report = await _report(order, source, store)
    return report.place if report.is_taken else None


def report_manifest(role: str, place: Location, etag: str, version: str) -> dict[str, Any]:
    """The parameters of a job that takes a report itself."""
    return {"Manifest": {"Spec": {"Format": FORMAT}, "Location": located(place, role, etag, version)}}


async def _report(order: BatchOrder, source: Store, store: Store) -> Report:
    base, place, reader = order.selection.base, order.options.inventory, store
    if place is None:
        reader = source
        place, configuration = await newest_report(source, base)
        covers: str | None = configuration.prefix
    else:
        covers = await _covered(place, base.bucket, source)
        if covers and not all(prefix.startswith(covers) for prefix in order.selection.prefixes):
            raise _unusable(
                place, f"it is about s3://{base.bucket}/{covers}, and more is selected", "use --batch-manifest list"
            )
    needed = ["Size"] if order.copy else []
    needed += ["LastModifiedDate"] if _asks_time(order.selection.filters) else []
    manifest = await read_manifest(reader, place, base.bucket, needed)
    whole = order.selection.prefixes == [covers or ""]
    fits = manifest.file_format == FileFormat.CSV and not manifest.column(VERSION)
    return Report(place, reader, manifest, _may_be_taken(order) and whole and fits)


async def _covered(report: Location, bucket: str, source: Store) -> str | None:
    """The prefix that a report is about, by the configuration that its folder names; None: it is not known."""
    try:
        configured = await source.settings.inventories(bucket) or []
    except ProblemError:
        return None
    folders = report.key.split(DELIMITER)[-_FOLDERS:-1]
    written = next((each for each in configured if [bucket, each.id] == folders[:2]), None)
    return written.prefix if written else None


def _may_be_taken(order: BatchOrder) -> bool:
    """Whether an order leaves nothing of a report out, so that a job could take the report itself.

    Not for copies: what is above CopyObject's limit has to be left out. Not for restores: other classes have to be left
    out. Only a report that is named: the role must be
    allowed to read it, and the newest one is another one every day.
    """
    selection, options = order.selection, order.options
    named = options.manifest is ManifestSource.INVENTORY and options.inventory is not None and not options.versions
    whole = order.copy is None and not isinstance(order.operation, BatchRestore)
    return named and whole and not selection.keys and selection.filters == Filters()


def _asks_time(filters: Filters) -> bool:
    return filters.newer_than is not None or filters.older_than is not None


def _unusable(place: Location, cause: str, remedy: str) -> ProblemError:
    return ProblemError(
        Problem(
            kind=ProblemKind.INVALID,
            title="the inventory report cannot be used for this job",
            cause=cause,
            remedy=remedy,
            resource=place.uri,
        )
    )
