"""What the role of an order's job must be allowed. Pure."""

from __future__ import annotations

from tui.core.jobs import BatchOperation, JobAccess, JobPlace, job_folder
from tui.core.location import Location
from tui.core.orders import BatchAcl, BatchChecksum, BatchCopy, BatchOrder, BatchRestore, BatchTags, ManifestSource
from tui.features.batch.job_requests import sent_acl
from tui.features.batch.job_sources import chosen_source


def access_of(
    order: BatchOrder, account: str, region: str, target_acl: str, report: Location | None = None
) -> JobAccess:
    """The access of the job, made in an account and a region (empty: not known).

    `target_acl` is the canned ACL of copies with ACL AUTO, `report` the report of S3 Inventory that the job takes
    itself. Copies always get the tags of their sources: CreateJob names no others (`tui.features.batch.job_requests`).
    """
    operation, options = order.operation, order.options
    reports = JobPlace(job_folder(options.reports))
    generated = chosen_source(order) is ManifestSource.GENERATOR
    copy = operation if isinstance(operation, BatchCopy) else None
    acl = operation.acl if isinstance(operation, BatchAcl) else ""
    return JobAccess(
        kind_of(operation),
        account,
        JobPlace(_source(order)),
        target=_target(order, copy) if copy else None,
        manifest=JobPlace(report or options.reports) if report or generated else reports,
        report=reports,
        region=region,
        role=options.role,
        versions=options.versions or bool(order.selection.version),
        inventory=report is not None,
        generated=generated,
        acl=sent_acl(copy.options, target_acl) if copy else acl,
        annotations=bool(copy and copy.options.annotations),
    )


def _source(order: BatchOrder) -> Location:
    """Where its objects are: the prefix, if it is one alone; else the place that all of them are below."""
    selection = order.selection
    alone = selection.prefixes[0] if len(selection.prefixes) == 1 and not selection.keys else selection.base.key
    return Location(selection.base.bucket, alone)


def _target(order: BatchOrder, copy: BatchCopy) -> JobPlace:
    options, there = copy.options, copy.destination.location
    below = _source(order).key.removeprefix(order.selection.base.key)
    place = Location(there.bucket, there.key + below)
    return JobPlace(place, encryption=options.encryption, kms_key=options.kms_key)


def kind_of(operation: BatchCopy | BatchTags | BatchAcl | BatchRestore | BatchChecksum) -> BatchOperation:
    """The operation as roles know it."""
    match operation:
        case BatchCopy():
            return BatchOperation.COPY
        case BatchTags(tags=tags):
            return BatchOperation.PUT_TAGS if tags else BatchOperation.DELETE_TAGS
        case BatchAcl():
            return BatchOperation.ACL
        case BatchRestore():
            return BatchOperation.RESTORE
        case BatchChecksum():
            return BatchOperation.CHECKSUM
