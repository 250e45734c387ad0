"""S3 Inventory reports as what a search or a measurement reads in place of a listing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from tui.core.location import Location, LocationError, parse_location
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.searching import Criteria, Report
from tui.finding.search import Source
from tui.stores.base import Store
from tui.stores.inventory_report import newest_report, read_manifest
from tui.stores.inventory_rows import report_pages

AUTO = "auto"


async def from_report(store: Store, place: Location, inventory: str, needed: Sequence[str]) -> Source:
    """The objects of a report: the newest that the bucket's configurations know of (`AUTO`), or that of a manifest.

    Raises `ProblemError`, also for a report without the fields that are `needed`, besides the size.
    """
    scope = ""
    if inventory == AUTO:
        location, configuration = await newest_report(store, place)
        scope = configuration.prefix
    else:
        location = _named(inventory)
    manifest = await read_manifest(store, location, place.bucket, ["Size", *needed])
    report = Report(location.uri, manifest.created, scope, manifest.file_format)
    return Source(partial(report_pages, store, location, manifest, place.key), report)


def fields_needed(criteria: Criteria) -> list[str]:
    """The fields without which a report does not tell what matches."""
    filters = criteria.filters
    by_age = filters.newer_than is not None or filters.older_than is not None
    asked = {
        "LastModifiedDate": by_age,
        "StorageClass": bool(criteria.classes),
        "ObjectOwner": bool(criteria.owners or criteria.foreign),
    }
    return [name for name, is_asked in asked.items() if is_asked]


def _named(uri: str) -> Location:
    try:
        return parse_location(uri)
    except LocationError as error:
        raise ProblemError(
            Problem(
                kind=ProblemKind.INVALID,
                title="this is no inventory report",
                cause=str(error),
                remedy="write s3://bucket/…/manifest.json, or auto for the newest",
            )
        ) from error
