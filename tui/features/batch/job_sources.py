"""Where the list of a job's objects is from: S3's own generator, a report of S3 Inventory, or a listing."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tui.core.location import DELIMITER, Location
from tui.core.naming import MAX_SINGLE_COPY, counted
from tui.core.orders import BatchOrder, BatchRestore, ConflictPolicy, Filters, ManifestSource
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.batch.job_objects import ListedSection, ListSections
from tui.features.batch.kept_job import KeptManifest
from tui.features.batch.manifest import located
from tui.features.batch.manifest_keys import NO_XML, bucket_arn
from tui.reader.report_rows import VERSION
from tui.stores.base import Store
from tui.stores.inventory_report import (
    FileFormat,
    Manifest,
    newest_report,
    read_manifest,
    report_pages,
    versioned_pages,
)
from tui.transfers.copy.decision import looks_at_target
from tui.transfers.selection import SectionPage, first_picked, outermost, picked_of


@dataclass(frozen=True, slots=True)
class Ready:
    """What need not be written: a manifest that is there, or a listing that another one stands for."""

    manifest: KeptManifest | None = None
    listing: ListSections | None = None
    notes: list[str] = field(default_factory=list)


def chosen_source(order: BatchOrder) -> ManifestSource:
    """Where the list is from: as ordered, or the best one."""
    if order.options.manifest is not ManifestSource.AUTO:
        return order.options.manifest
    return ManifestSource.LIST if why_not(order) else ManifestSource.GENERATOR


async def ready_made(order: BatchOrder, source: Store, store: Store, *, again: bool = False) -> Ready:
    """The existing parts of the list. `source` sees the objects, `store` the reports.

    `again`: only the remaining objects are wanted, which no existing list knows. Raises `ProblemError`.
    """
    match chosen_source(order):
        case ManifestSource.GENERATOR if not again:
            if await first_picked(source, order.selection) is None:
                return Ready(KeptManifest({}, 0, 0, 0))
            generator = generator_of(order, "", "")
            return Ready(
                KeptManifest({"ManifestGenerator": generator}, None, 0, None if order.copy else 0),
                notes=["S3 generates the list of objects (S3JobManifestGenerator)"],
            )
        case ManifestSource.INVENTORY:
            report = await usable_report(order, source, store)
            if report.is_taken and not again:
                return Ready(KeptManifest(await report.parameters(order.options.role), None, 0, 0), notes=[report.note])
            return Ready(listing=report.listing(order), notes=[report.note])
        case _:
            return Ready()


# The service's own manifest generator: what its filters can say (Amazon S3 API reference, JobManifestGeneratorFilter).
#
# It finds objects by what their keys begin with, contain and end with, by size, time of creation and storage class. All
# of it is exclusive: greater, less, after, before. Sizes are whole bytes, so that greater than 9 is 10 and more.

_GLOB = re.compile(r"[*?[]")


def why_not(order: BatchOrder) -> str:
    """Why the generator cannot find what the order selects, as a clause; empty: it can."""
    selection, copy = order.selection, order.copy
    if selection.keys:
        return "single objects are selected, and it knows prefixes only"
    if order.options.versions:
        return "the manifest is to name versions"
    if copy and copy.options.conflict is not ConflictPolicy.OVERWRITE:
        return f"conflicts are answered by {copy.options.conflict}, and it does not look at the target"
    if selection.filters.exclude:
        return "it cannot exclude names"
    if any(_suffix(pattern) is None for pattern in selection.filters.include):
        return "it knows names by their ends only: *.csv"
    if any(NO_XML.search(name) for name in (*selection.prefixes, *selection.filters.include)):
        return "a name has a character that requests in XML cannot have"
    return ""


def generator_of(order: BatchOrder, account: str, source_account: str) -> dict[str, Any]:
    """The ``S3JobManifestGenerator`` of an order that it can find; its manifest is written beside the report.

    `account` owns the reports, `source_account` the source; empty: not known. Objects above CopyObject's limit are left
    out of a copy.
    """
    selection, reports = order.selection, order.options.reports
    output: dict[str, Any] = {
        "Bucket": bucket_arn(reports.bucket, order.options.role),
        "ManifestFormat": "S3InventoryReport_CSV_20211130",
        "ManifestEncryption": {"SSES3": {}},
    }
    if reports.key:
        output["ManifestPrefix"] = reports.key.rstrip("/")
    if account:
        output["ExpectedManifestBucketOwner"] = account
    generator: dict[str, Any] = {
        "SourceBucket": bucket_arn(selection.base.bucket, order.options.role),
        "EnableManifestOutput": True,
        "ManifestOutputLocation": output,
    }
    if source_account:
        generator["ExpectedBucketOwner"] = source_account
    if found := _filter(order):
        generator["Filter"] = found
    return {"S3JobManifestGenerator": generator}


def _filter(order: BatchOrder) -> dict[str, Any]:
    filters, prefixes = order.selection.filters, [each for each in order.selection.prefixes if each]
    found: dict[str, Any] = {}
    names: dict[str, Any] = {}
    if prefixes and "" not in order.selection.prefixes:
        names["MatchAnyPrefix"] = prefixes
    suffixes = [_suffix(pattern) or "" for pattern in filters.include]
    if suffixes and "" not in suffixes:  # * means any name
        names["MatchAnySuffix"] = suffixes
    if names:
        found["KeyNameConstraint"] = names
    if isinstance(order.operation, BatchRestore):
        found["MatchAnyStorageClass"] = list(order.operation.classes)
    if filters.newer_than is not None:
        found["CreatedAfter"] = datetime.fromtimestamp(int(filters.newer_than) - 1, UTC)
    if filters.older_than is not None:
        found["CreatedBefore"] = datetime.fromtimestamp(int(filters.older_than) + 1, UTC)
    if filters.min_size:
        found["ObjectSizeGreaterThanBytes"] = filters.min_size - 1
    bounds = [bound for bound in (filters.max_size, MAX_SINGLE_COPY if order.copy else None) if bound is not None]
    if bounds:
        found["ObjectSizeLessThanBytes"] = min(bounds) + 1
    return found


def _suffix(pattern: str) -> str | None:
    """What names end with by a pattern like ``*.csv``; empty for all names, None for any other pattern."""
    rest = pattern.lstrip("*")
    if rest == pattern or _GLOB.search(rest):
        return None
    return rest


# A report of S3 Inventory as the list of a job's objects: taken by the job itself, or read and written as a list.
#
# A job takes reports in CSV alone, and does everything that is in them, versions that are not the current ones included
# (Amazon S3 user guide, "Creating an S3 Batch Operations job").

FORMAT = "S3InventoryReport_CSV_20161130"

OLDEST = 8 * 86400.0
"""Seconds; an older report is taken only where it is named. The rarest reports are weekly ones."""

_FOLDERS = 4
"""The bucket, the configuration, the date and ``manifest.json``: so ends the key of every report."""


@dataclass(frozen=True, slots=True)
class ReportSource:
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
        return f"the list of objects is the report {self.place.uri} of {counted(round(self.age / 3600), 'hour')} ago"

    async def parameters(self, role: str) -> dict[str, Any]:
        """Those of the job that takes it. Raises `ProblemError`."""
        head = await self.reader.head(self.place.bucket, self.place.key)
        return report_manifest(role, self.place, head.etag, head.version)

    def listing(self, order: BatchOrder) -> ListSections:
        """What it says in place of a listing."""

        async def listed(section: int) -> AsyncGenerator[ListedSection]:
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


async def usable_report(order: BatchOrder, source: Store, store: Store) -> ReportSource:
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


async def _report(order: BatchOrder, source: Store, store: Store) -> ReportSource:
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
    filters = order.selection.filters
    needed += ["LastModifiedDate"] if (filters.newer_than, filters.older_than) != (None, None) else []
    manifest = await read_manifest(reader, place, base.bucket, needed)
    whole = order.selection.prefixes == [covers or ""]
    fits = manifest.file_format == FileFormat.CSV and not manifest.column(VERSION)
    return ReportSource(place, reader, manifest, _may_be_taken(order) and whole and fits)


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


def _unusable(place: Location, cause: str, remedy: str) -> ProblemError:
    title = "the inventory report cannot be used for this job"
    return ProblemError(Problem(ProblemKind.INVALID, title, cause, remedy, resource=place.uri))
