"""What S3 Batch Operations cannot do, said before anything is listed or written.

Amazon S3 user guide, "Copy objects" (Batch Operations) and "Using Batch Operations with directory buckets"; API
reference, S3CopyObjectOperation and JobReport. What the role and the other account must allow:
`tui.features.access.role_needs`.
"""

from __future__ import annotations

from tui.core import orders
from tui.core.naming import counted
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.batch.job_sources import why_not
from tui.features.batch.manifest_keys import NO_XML, is_directory_bucket, is_key_arn, role_account, target_prefix
from tui.queue.job_control import JobControl
from tui.stores.base import Store
from tui.stores.operations import NEW_OBJECTS
from tui.transfers.restorer import refuse_days
from tui.transfers.selection import ObjectFilter
from tui.transfers.sides import same_service

CLASSES = ("STANDARD", "STANDARD_IA", "ONEZONE_IA", "GLACIER", "INTELLIGENT_TIERING", "DEEP_ARCHIVE", "GLACIER_IR")
ALGORITHMS = ("CRC32", "CRC32C", "CRC64NVME", "MD5", "SHA1", "SHA256", "SHA512", "XXHASH64", "XXHASH3", "XXHASH128")
CANNED_ACLS = (
    *("private", "public-read", "public-read-write", "aws-exec-read", "authenticated-read"),
    *("bucket-owner-read", "bucket-owner-full-control"),
)
_LONGEST_REPORTS = 450
"""Characters of the prefix of the reports: 512 with the folder of a transfer."""

_MOST_JOB_TAGS = 49
"""Besides our own (Amazon S3 user guide, "Controlling access and labeling jobs using tags")."""

NAME_A_ROLE = "give a role: arn:aws:iam::123456789012:role/NAME"
NO_PAUSE = "S3 Batch Operations cannot pause a job"


def refuse_senseless_job(order: orders.BatchOrder, source: Store, target: Store) -> None:
    """Raise `ProblemError` for an order that no job can carry out, whatever its role. `target` sees the copies."""
    ObjectFilter(order.selection)
    _refuse_options(order)
    for side in (source, target):
        if not side.capabilities.copies:
            cause = f"one side is a {side.label}"
            raise _invalid("S3 Batch Operations works in S3 only", cause, "use the engine local")
    operation = order.operation
    match operation:
        case orders.BatchCopy(options=options):
            _refuse_copy(order, options, source, target)
        case orders.BatchTags(tags=tags):
            if len(tags) > orders.MOST_TAGS:
                raise _invalid(counted(len(tags), "tag"), f"an object has {orders.MOST_TAGS} at most", "leave some out")
        case orders.BatchAcl(acl=acl):
            _refuse_other(acl, CANNED_ACLS, "canned ACL")
        case orders.BatchRestore(days=days):
            refuse_days(1 if days is None else days)
        case orders.BatchChecksum(algorithm=algorithm):
            _refuse_other(algorithm, ALGORITHMS, "checksum algorithm")
    if not isinstance(operation, orders.BatchCopy) and is_directory_bucket(order.selection.base.bucket):
        title = "S3 Batch Operations only copies objects of directory buckets"
        raise _invalid(title, f"{order.selection.base.bucket} is one", "use a general purpose bucket")


def _refuse_options(order: orders.BatchOrder) -> None:
    options = order.options
    reports = options.reports
    if not reports.in_s3 or (reports.key and not reports.key.endswith("/")):
        raise _invalid("no place for manifest and report", f"{reports.uri!r} is none", "name one: s3://BUCKET/PREFIX/")
    if is_directory_bucket(reports.bucket):
        raise _invalid(
            "directory buckets take no completion reports", f"{reports.bucket} is one", "use a general purpose bucket"
        )
    if NO_XML.search(reports.key):
        raise _invalid("no place for manifest and report", f"{reports.key!r} has a control character", "use another")
    if len(reports.key) > _LONGEST_REPORTS:
        raise _invalid(
            "the prefix of the reports is too long", counted(len(reports.key), "character"), "use a shorter one"
        )
    if not 0 <= options.priority <= orders.MOST_PRIORITY:
        raise _invalid(f"no priority: {options.priority}", "", f"use 0 to {orders.MOST_PRIORITY:,}")
    if len(options.tags) > _MOST_JOB_TAGS:
        raise _invalid(counted(len(options.tags), "tag"), f"a job has {_MOST_JOB_TAGS} besides ours", "leave some out")
    if options.manifest is orders.ManifestSource.GENERATOR and (why := why_not(order)):
        raise _invalid("the manifest generator of S3 cannot find this", why, "use the manifest list")
    if options.manifest is orders.ManifestSource.GENERATOR and is_directory_bucket(order.selection.base.bucket):
        raise _invalid("S3 generates no manifest of a directory bucket", "", "use the manifest list")


def refuse_without_role(order: orders.BatchOrder, remedy: str = NAME_A_ROLE) -> None:
    """Raise `ProblemError` for an order that names no role."""
    role = order.options.role
    if not role_account(role):
        given = f"{role!r} is not the ARN of a role" if role else "the order names none"
        raise _invalid("a job of S3 Batch Operations needs an IAM role", given, remedy)


def _refuse_copy(order: orders.BatchOrder, options: orders.CopyOptions, source: Store, target: Store) -> None:
    copy = order.copy
    assert copy is not None
    if not same_service(source, target):
        title = "S3 Batch Operations copies within one service"
        raise _invalid(title, f"{source.endpoint} and {target.endpoint}", "use another engine")
    if options.move:
        raise _invalid("S3 Batch Operations does not move", "a job deletes nothing", "copy, verify, then delete")
    if options.conflict in (orders.ConflictPolicy.ASK, orders.ConflictPolicy.RENAME):
        title = f"conflicts cannot be answered by {options.conflict} in a job"
        cause = "nobody is asked while S3 copies, and every object keeps its key"
        raise _invalid(title, cause, "choose skip, overwrite, newer or different")
    for given, what in (
        (options.acl is orders.AclChoice.COPY, "the grants of each source (--acl copy)"),
        (options.headers or options.metadata, "other headers or metadata beside those of each source"),
        (options.object_lock, "the retention of each source (--object-lock)"),
        (options.restore is not None, "a restore before the copy (--restore): restore first"),
        (options.route is orders.CopyRoute.RELAY, "relay: S3 copies by itself"),
        (options.storage_class not in ("", *CLASSES), f"the storage class {options.storage_class}"),
    ):
        if given:
            raise _invalid("a job gives all copies the same", f"it cannot do this: {what}", "use the engine local")
    prefix = target_prefix(copy)
    if not prefix and order.selection.base.bucket == copy.destination.location.bucket and not _changes(options):
        raise _invalid("objects would be copied onto themselves", "same bucket, same keys", "choose another target")


def _changes(options: orders.CopyOptions) -> bool:
    """Whether a copy of an object onto itself changes it: that is how a class or an encryption is changed."""
    return bool(options.storage_class or options.encryption)


def _refuse_other(given: str, known: tuple[str, ...], what: str) -> None:
    if given not in known:
        raise _invalid(f"{given!r} is no {what} of a job", "", f"use one of {', '.join(known)}")


async def job_refusal(order: orders.BatchOrder, store: Store) -> Problem | None:
    """What the user's settings forbid, by the store of the job's identity; None: it may be tried."""
    written = order.copy.destination.location.bucket if order.copy else order.selection.base.bucket
    return await store.write_refusal(written) or await store.write_refusal(order.options.reports.bucket)


async def refuse_impossible_job(order: orders.BatchOrder, store: Store, control: JobControl, region: str) -> None:
    """Raise `ProblemError` where no job can be made: another account's role, no jobs here, reports that are locked."""
    account = await control.account(order.connection)
    if role_account(order.options.role) != account:
        cause = f"{order.options.role} does not belong to {account}: a role can be passed only within its own account"
        remedy = f"use a role of {account}, and allow that role in the bucket policy of the other account"
        raise _invalid("the role and the job belong to different accounts", cause, remedy)
    _refuse_key(order, region)
    if problem := await control.reachable(order.connection, region):
        raise ProblemError(problem)
    try:
        locked = await store.settings.object_lock(order.options.reports.bucket)
    except ProblemError:
        return  # it may not be read: the job says so
    if any(name == NEW_OBJECTS for name, _ in locked or []):
        cause = f"{order.options.reports.bucket} locks new objects by default (Object Lock)"
        raise _invalid("completion reports cannot be written there", cause, "use a bucket without a default retention")


def _refuse_key(order: orders.BatchOrder, region: str) -> None:
    """Raise `ProblemError` for a key that is not in the region of the target bucket, or may not be."""
    key = order.operation.options.kms_key if isinstance(order.operation, orders.BatchCopy) else ""
    if not key:
        return
    if not is_key_arn(key):
        if not region:
            title = f"the region of KMS key {key} is not known"
            remedy = "give the key's ARN (arn:aws:kms:REGION:ACCOUNT:key/ID) or the region of the job"
            raise _invalid(title, "the region of the target bucket cannot be read", remedy)
    elif region and key.split(":")[3] != region:
        title = f"the KMS key is in {key.split(':')[3]}, and the target bucket in {region}"
        raise _invalid(title, f"S3 encrypts only with keys of the bucket's region: {key}", f"give a key in {region}")


async def region_of(order: orders.BatchOrder, source: Store, target: Store) -> str:
    """The region of a job: that of the bucket that is written; empty: not known, so the identity's own."""
    bucket = order.copy.destination.location.bucket if order.copy else order.selection.base.bucket
    try:
        return (await (target if order.copy else source).settings.effective_endpoint(bucket)).bucket_region
    except ProblemError:
        return ""


def pause_problem() -> Problem:
    remedy = "cancel the job, or lower its priority: xs3-tui batch priority"
    return Problem(ProblemKind.INVALID, NO_PAUSE, remedy=remedy)


def _invalid(title: str, cause: str, remedy: str) -> ProblemError:
    return ProblemError(Problem(ProblemKind.INVALID, title, cause, remedy))
