"""Why a version cannot be deleted: Object Lock, MFA delete, or a permission that is missing; and what to do about it.

Amazon S3 User Guide, "Locking objects with Object Lock" and "Configuring MFA delete": S3 answers all of them with a
bare ``AccessDenied``, so that the lock of the version and the setting of the bucket are looked at.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from tui.core.problem import Problem, ProblemError
from tui.stores.s3.calls import Calls
from tui.stores.s3.conditions import expected_owner
from tui.stores.s3.objects import head
from tui.stores.values import ObjectLock

DELETE_VERSION = "s3:DeleteObjectVersion"

BY_LOCK = "Object Lock protects this version: {}"
BY_MFA = "this bucket requires MFA to delete versions (MFA delete)"
COMPLIANCE = "wait until the retention ends: in compliance mode no user can shorten it"
GOVERNANCE = "wait until the retention ends, or delete it as an identity with s3:BypassGovernanceRetention"
LEGAL_HOLD = "remove the legal hold first (s3:PutObjectLegalHold)"
EVENT_HOLD = "remove the event hold first"
ROOT_WITH_MFA = "the root user of the bucket's account can delete it with an MFA code: aws s3api delete-object --mfa"


async def explained(calls: Calls, bucket: str, key: str, version: str, denied: Problem) -> Problem:
    """A denied deletion with its reason, as far as this identity may see it."""
    if lock := await _lock(calls, bucket, key, version):
        return replace(denied, title=BY_LOCK.format(lock.words), permission="", remedy=lock_remedy(lock))
    if await _wants_mfa(calls, bucket):
        return replace(denied, title=BY_MFA, permission="", remedy=ROOT_WITH_MFA)
    return denied


def lock_remedy(lock: ObjectLock) -> str:
    """What ends a lock; of several the first."""
    if lock.legal_hold:
        return LEGAL_HOLD
    if lock.event_hold:
        return EVENT_HOLD
    return COMPLIANCE if lock.mode == "COMPLIANCE" else GOVERNANCE


async def _lock(calls: Calls, bucket: str, key: str, version: str) -> ObjectLock | None:
    try:
        return (await head(calls, bucket, key, version)).lock
    except ProblemError:
        return None  # a delete marker, or this identity may not look


async def _wants_mfa(calls: Calls, bucket: str) -> bool:
    try:
        with calls.asking("GetBucketVersioning", bucket):
            answer: Any = await calls.client.get_bucket_versioning(Bucket=bucket, **expected_owner(calls, bucket))
    except ProblemError:
        return False
    return bool(answer.get("MFADelete") == "Enabled")
