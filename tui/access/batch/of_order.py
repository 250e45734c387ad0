"""What the role of an order's job must be allowed. Pure."""

from __future__ import annotations

from tui.model.access.batch_jobs import BatchOperation, JobAccess, JobPlace
from tui.model.batch.operations import BatchAcl, BatchChecksum, BatchRestore, BatchTags, ManifestSource
from tui.model.location import Location
from tui.model.orders import AclChoice, BatchCopy, BatchOrder

FOLDER = "xs3-tui/"
"""Below the place of the reports: manifests and reports of all transfers are there."""


def access_of(order: BatchOrder, account: str, region: str) -> JobAccess:
    """The access of the job, made in an account and a region (empty: not known)."""
    operation, options = order.operation, order.options
    reports = JobPlace(Location(options.reports.bucket, options.reports.key + FOLDER))
    manifest = JobPlace(options.inventory) if options.inventory else reports
    copy = operation if isinstance(operation, BatchCopy) else None
    acl = operation.acl if isinstance(operation, BatchAcl) else ""
    if copy and copy.options.acl not in (AclChoice.AUTO, AclChoice.NONE):
        acl = copy.options.acl.value
    return JobAccess(
        kind_of(operation),
        account,
        JobPlace(order.selection.base),
        target=JobPlace(copy.destination.location) if copy else None,
        manifest=manifest,
        report=reports,
        region=region,
        role=options.role,
        versions=options.versions or bool(order.selection.version),
        inventory=options.manifest is ManifestSource.INVENTORY,
        acl=acl,
        annotations=bool(copy and copy.options.annotations),
    )


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
