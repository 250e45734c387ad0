"""Where the list of a job's objects is from: S3's own generator, a report of S3 Inventory, or a listing."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from tui.inventory.manifest import FileFormat, Manifest, read_manifest
from tui.inventory.newest import newest_report
from tui.inventory.reading import report_pages
from tui.model.batch.operations import ManifestSource
from tui.model.location import Location
from tui.model.orders import BatchOrder, Filters
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.transfers.batch.choosing import Listing
from tui.transfers.batch.generator import generator_of, why_not
from tui.transfers.batch.kept import KeptManifest
from tui.transfers.batch.manifest import located
from tui.transfers.copy.conflict_policy import looks_at_target
from tui.transfers.order.selection import SectionPage, first_picked, outermost, picked_of

INVENTORY_FORMAT = "S3InventoryReport_CSV_20161130"

OLDEST = 8 * 86400.0
"""Seconds; an older report is taken only where it is named. The rarest reports are weekly ones."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What need not be written: a manifest that is there, or a listing that another one stands for."""

    manifest: KeptManifest | None = None
    listing: Listing | None = None
    notes: list[str] = field(default_factory=list)


def chosen_source(order: BatchOrder) -> ManifestSource:
    """Where the list is from: as ordered, or the best one."""
    if order.options.manifest is not ManifestSource.AUTO:
        return order.options.manifest
    return ManifestSource.LIST if why_not(order) else ManifestSource.GENERATOR


async def ready_made(order: BatchOrder, source: Store, store: Store, *, again: bool = False) -> Ready:
    """What is there of the list. `source` sees the objects, `store` the reports.

    `again`: only what is left is wanted, which no list that is ready-made says. Raises `ProblemError`.
    """
    match chosen_source(order):
        case ManifestSource.GENERATOR if not again:
            if await first_picked(source, order.selection) is None:
                return Ready(KeptManifest({}, 0, 0, 0))
            generator = generator_of(order, "", "")
            return Ready(
                KeptManifest({"ManifestGenerator": generator}, None, 0, None if order.copy else 0),
                notes=["the list of objects is made by S3 itself (S3JobManifestGenerator)"],
            )
        case ManifestSource.INVENTORY:
            return await _of_inventory(order, source, store, again=again)
        case _:
            return Ready()


async def _of_inventory(order: BatchOrder, source: Store, store: Store, *, again: bool) -> Ready:
    place, covers = await _report(order, source)
    needed = ["Size"] if order.copy else []
    needed += ["LastModifiedDate"] if _asks_time(order.selection.filters) else []
    reader = store if order.options.inventory else source
    manifest = await read_manifest(reader, place, order.selection.base.bucket, needed)
    if manifest.column("VersionId") and not (manifest.column("IsLatest") and manifest.column("IsDeleteMarker")):
        raise _unusable(place, "it names versions, but not the current ones", "add IsLatest and IsDeleteMarker")
    if order.copy and looks_at_target(order.copy.options.conflict):
        raise _unusable(
            place,
            f"conflicts are answered by {order.copy.options.conflict}, and its rows are in no order",
            "use --batch-manifest list, or overwrite",
        )
    age = time.time() - manifest.created
    if order.options.inventory is None and age > OLDEST:
        raise _unusable(
            place, f"it is {age / 86400:.0f} days old", "name it with --batch-inventory, or use the manifest list"
        )
    notes = [f"the list of objects is the report {place.uri} of {age / 3600:.0f} hours ago"]
    if _as_it_is(order, manifest, covers) and not again:
        head = await reader.head(place.bucket, place.key)
        parameters = report_manifest(order.options.role, place, head.etag, head.version)
        return Ready(KeptManifest(parameters, None, 0, 0), notes=notes)

    async def listing(section: int) -> AsyncGenerator[SectionPage]:
        prefix = outermost(order.selection.prefixes)[section - 1]
        async with aclosing(report_pages(reader, place, manifest, prefix)) as pages:
            async for page in pages:
                yield SectionPage(section, picked_of(page))

    return Ready(listing=listing, notes=notes)


def report_manifest(role: str, place: Location, etag: str, version: str) -> dict[str, Any]:
    """The parameters of a job that takes a report of S3 Inventory itself, whose ``manifest.json`` is at `place`."""
    return {"Manifest": {"Spec": {"Format": INVENTORY_FORMAT}, "Location": located(place, role, etag, version)}}


async def _report(order: BatchOrder, source: Store) -> tuple[Location, str | None]:
    """The report, and the prefix that it is known to be about."""
    if order.options.inventory:
        return order.options.inventory, None
    place, configuration = await newest_report(source, order.selection.base)
    return place, configuration.prefix


def _as_it_is(order: BatchOrder, manifest: Manifest, covers: str | None) -> bool:
    """Whether a job can take the report itself: CSV, current objects alone, and exactly what is selected."""
    whole = order.selection.prefixes == [covers if covers is not None else ""]
    fits = manifest.file_format == FileFormat.CSV and not manifest.column("VersionId")
    return may_be_taken(order) and whole and fits


def may_be_taken(order: BatchOrder) -> bool:
    """Whether an order leaves nothing of a report of S3 Inventory out, so that a job could take the report itself.

    Not for copies: what is above CopyObject's limit has to be left out.
    """
    selection, by_report = order.selection, order.options.manifest is ManifestSource.INVENTORY
    return by_report and order.copy is None and not selection.keys and selection.filters == Filters()


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
