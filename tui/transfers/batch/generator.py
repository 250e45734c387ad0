"""The service's own manifest generator: what its filters can say (Amazon S3 API reference, JobManifestGeneratorFilter).

It finds objects by what their keys begin with, contain and end with, by size, time of creation and storage class. All
of it is exclusive: greater, less, after, before. Sizes are whole bytes, so that greater than 9 is 10 and more.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from tui.core.naming import MAX_SINGLE_COPY
from tui.core.orders import BatchOrder, BatchRestore, ConflictPolicy, Filters
from tui.transfers.batch.arns import bucket_arn
from tui.transfers.batch.keys import NO_XML

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
    most = _most_size(order, filters)
    if most is not None:
        found["ObjectSizeLessThanBytes"] = most + 1
    return found


def _most_size(order: BatchOrder, filters: Filters) -> int | None:
    bounds = [bound for bound in (filters.max_size, MAX_SINGLE_COPY if order.copy else None) if bound is not None]
    return min(bounds, default=None)


def _suffix(pattern: str) -> str | None:
    """What names end with by a pattern like ``*.csv``; empty for all names, None for any other pattern."""
    rest = pattern.lstrip("*")
    if rest == pattern or _GLOB.search(rest):
        return None
    return rest
