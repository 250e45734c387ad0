"""What the role of an order's job must be allowed. Pure."""

from __future__ import annotations

from tui.model.access.batch_jobs import BatchOperation, JobAccess, JobPlace, job_folder
from tui.model.batch.operations import BatchAcl, BatchChecksum, BatchRestore, BatchTags, ManifestSource
from tui.model.location import Location
from tui.model.orders import BatchCopy, BatchOrder
from tui.transfers.batch.requests import sent_acl
from tui.transfers.batch.sources import chosen_source


def access_of(
    order: BatchOrder, account: str, region: str, target_acl: str, report: Location | None = None
) -> JobAccess:
    """The access of the job, made in an account and a region (empty: not known).

    `target_acl` is the canned ACL of copies with ACL AUTO, `report` the report of S3 Inventory that the job takes
    itself. Copies always get the tags of their sources: CreateJob names no others (`tui.transfers.batch.requests`).
    """
    operation, options = order.operation, order.options
    reports = JobPlace(job_folder(options.reports))
    generated = chosen_source(order) is ManifestSource.GENERATOR
    copy = operation if isinstance(operation, BatchCopy) else None
    acl = operation.acl if isinstance(operation, BatchAcl) else ""
    return JobAccess(
        kind_of(operation),
        account,
        JobPlace(order.selection.base),
        target=_target(copy) if copy else None,
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


def _target(copy: BatchCopy) -> JobPlace:
    options = copy.options
    return JobPlace(copy.destination.location, encryption=options.encryption, kms_key=options.kms_key)


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
