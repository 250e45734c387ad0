"""DeleteObject and DeleteObjects; on a condition, DeleteObject deletes the object that was seen and no newer one.

AWS's S3 takes ``If-Match`` for that (since September 2025: 412 for another ETag, 404 for a missing key). So
does MiniStack; Ceph 18 and MinIO ignore it and delete. Ceph takes its own ``x-amz-delete-if-unmodified-since``
(documentation of the Ceph Object Gateway, "Delete Object"), in whole seconds. ``x-amz-if-match-size`` and
``…-last-modified-time`` are for directory buckets alone: AWS refuses them on any other.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from types import MappingProxyType
from typing import Any, TypeVar

from msgspec.structs import replace

from tui.aws.connection import is_aws
from tui.aws.refusals import ErrorResponse
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.s3.calls import Calls, s3_problem
from tui.stores.s3.headers import of_version
from tui.stores.s3.objects import head
from tui.stores.s3.requests import UNMODIFIED_SINCE
from tui.stores.s3.write_conditions import expected_owner
from tui.stores.store_values import ObjectHead, ObjectLock

NO_CONDITIONS: Mapping[str, Any] = MappingProxyType({})

AT_ONCE = 8
"""DeleteObject requests side by side."""

_NOT_FOR_XML = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]|^\s|\s$")
"""Keys that XML 1.0 cannot represent, or that its readers may take for another one: a carriage return becomes a line
feed (XML 1.0, "End-of-Line Handling"), and blanks at the ends may get lost."""

Named = TypeVar("Named")


def apart_for_xml(items: Iterable[Named], key_of: Callable[[Named], str]) -> tuple[list[Named], list[Named]]:
    """Those whose keys may stand in one XML document, and those that have to go alone."""
    together: list[Named] = []
    alone: list[Named] = []
    for each in items:
        (alone if _NOT_FOR_XML.search(key_of(each)) else together).append(each)
    return together, alone


_BETTER_ALONE = (ProblemKind.UNSUPPORTED, ProblemKind.INVALID)
"""A server that does not take DeleteObjects, or not with one of these keys."""


async def delete(
    calls: Calls, bucket: str, key: str, version: str = "", conditions: Mapping[str, Any] = NO_CONDITIONS
) -> str:
    """DeleteObject; returns the id of the delete marker that goes on top where no version of several is named."""
    try:
        with calls.asking("DeleteObject", bucket, key, DELETE_VERSION if version else ""):
            answer: Any = await calls.client.delete_object(
                Bucket=bucket, Key=key, **of_version(version), **expected_owner(calls, bucket), **conditions
            )
    except ProblemError as error:
        if version and error.problem.kind is ProblemKind.DENIED:
            raise ProblemError(await explained(calls, bucket, key, version, error.problem)) from error
        raise
    return "" if version or not answer.get("DeleteMarker") else str(answer.get("VersionId", ""))


async def delete_many(
    calls: Calls, bucket: str, keys: Sequence[str], markers: dict[str, str] | None = None
) -> dict[str, Problem]:
    """DeleteObjects, and DeleteObject for each key that has to go alone."""
    together, alone = apart_for_xml(keys, str)
    problems: dict[str, Problem] = {}
    if together:
        try:
            problems |= await _delete_together(calls, bucket, together, markers)
        except ProblemError as error:
            if not _may_go_alone(calls, error.problem):
                raise
            alone += together
    return problems | await _delete_alone(calls, bucket, alone, {} if markers is None else markers)


def _may_go_alone(calls: Calls, problem: Problem) -> bool:
    """Ceph 18 asks the policy about the bucket, not about each object, and refuses all of them."""
    denied = problem.kind is ProblemKind.DENIED and not is_aws(calls.connection.endpoint)
    return denied or problem.kind in _BETTER_ALONE


async def _delete_together(
    calls: Calls, bucket: str, keys: Sequence[str], markers: dict[str, str] | None
) -> dict[str, Problem]:
    """DeleteObjects; quiet, so that only what went wrong is answered, where nobody asks for `markers`."""
    with calls.asking("DeleteObjects", bucket):
        answer: Any = await calls.client.delete_objects(
            Bucket=bucket,
            Delete={"Objects": [{"Key": key} for key in keys], "Quiet": markers is None},
            **expected_owner(calls, bucket),
        )
    if markers is not None:
        made = (each for each in answer.get("Deleted", []) if each.get("DeleteMarker"))
        markers |= {each["Key"]: each.get("DeleteMarkerVersionId", "") for each in made}
    return {entry["Key"]: _problem(calls, bucket, entry) for entry in answer.get("Errors", [])}


async def _delete_alone(calls: Calls, bucket: str, keys: Sequence[str], markers: dict[str, str]) -> dict[str, Problem]:
    problems: dict[str, Problem] = {}
    waiting = iter(keys)

    async def work() -> None:
        for key in waiting:
            try:
                markers[key] = await delete(calls, bucket, key, "")
            except ProblemError as error:
                problems[key] = error.problem

    async with asyncio.TaskGroup() as group:
        for _ in range(min(AT_ONCE, len(keys))):
            group.create_task(work())
    return problems


def _problem(calls: Calls, bucket: str, entry: Mapping[str, Any]) -> Problem:
    refusal = ErrorResponse(
        code=entry.get("Code", ""), message=entry.get("Message", ""), status=0, request_id="", operation="DeleteObject"
    )
    return s3_problem(refusal, calls.attempt("DeleteObject", bucket, entry["Key"]))


NO_ETAG = '"00000000000000000000000000000000"'
"""What no object's ETag is: the MD5 of nothing that anybody knows."""

_NOT_TAKEN = ("NotImplemented", "InvalidArgument", "InvalidRequest")


def honors_if_match(calls: Calls) -> bool | None:
    """Whether the server honors ``If-Match`` on DeleteObject; None as long as no deletion has shown it."""
    return True if is_aws(calls.connection.endpoint) else calls.connection.services.honors_if_match(_service(calls))


async def delete_matching(calls: Calls, bucket: str, key: str, seen: ObjectHead) -> str:
    """DeleteObject if the object is still the one that was seen; raises `ProblemError`: CHANGED, or NO_SUCH_KEY.

    Where the server does not take the condition, the object is deleted all the same. Returns what `delete` does.
    """
    if honors_if_match(calls) is None:
        async with calls.connection.services.learning(_service(calls)):
            if honors_if_match(calls) is None:
                marker = await _deleted_while_learning(calls, bucket, key, seen)
                if marker is not None:
                    return marker
    if honors_if_match(calls) is False:
        return await _delete_unmodified(calls, bucket, key, seen)
    return await delete(calls, bucket, key, conditions={"IfMatch": seen.etag})


async def _deleted_while_learning(calls: Calls, bucket: str, key: str, seen: ObjectHead) -> str | None:
    """Ask for the deletion on a condition that does not apply; if it was done all the same, returns what `delete` does.

    That costs no object that should stay: this one was to be deleted anyway, and a server that ignores a wrong ETag
    would have ignored the right one.
    """
    conditions = {"IfMatch": NO_ETAG, **_unmodified(calls, seen)}
    try:
        marker = await delete(calls, bucket, key, conditions=conditions)
    except ProblemError as error:
        if error.problem.kind is ProblemKind.CHANGED:
            await _require_same(calls, bucket, key, seen, error)
            _learn(calls, honors_it=True)
        elif _is_not_taken(error):
            _learn(calls, honors_it=False)
        else:
            raise
        return None
    _learn(calls, honors_it=False)
    return marker


async def _require_same(calls: Calls, bucket: str, key: str, seen: ObjectHead, refusal: ProblemError) -> None:
    """Raise the refusal if it is the object that has changed: then it does not show that ``If-Match`` was honored."""
    now = await head(calls, bucket, key)
    if (now.etag, int(now.modified)) != (seen.etag, int(seen.modified)):
        raise refusal


async def _delete_unmodified(calls: Calls, bucket: str, key: str, seen: ObjectHead) -> str:
    """DeleteObject on Ceph's condition, or on none where the server does not take that one."""
    try:
        return await delete(calls, bucket, key, conditions=_unmodified(calls, seen))
    except ProblemError as error:
        if not _is_not_taken(error):
            raise
        calls.connection.services.refuse_unmodified_since(_service(calls))
        return await delete(calls, bucket, key)


def _unmodified(calls: Calls, seen: ObjectHead) -> dict[str, Any]:
    return (
        {UNMODIFIED_SINCE: seen.modified} if calls.connection.services.takes_unmodified_since(_service(calls)) else {}
    )


def _is_not_taken(error: ProblemError) -> bool:
    return error.problem.kind is ProblemKind.UNSUPPORTED or error.problem.code in _NOT_TAKEN


def _learn(calls: Calls, *, honors_it: bool) -> None:
    calls.connection.services.learn_if_match(_service(calls), honors=honors_it)


def _service(calls: Calls) -> str:
    return calls.connection.service


# Why a version cannot be deleted: Object Lock, MFA delete, or a permission that is missing; and what to do about it.
#
# Amazon S3 User Guide, "Locking objects with Object Lock" and "Configuring MFA delete": S3 answers all of them with a
# bare ``AccessDenied``, so that the lock of the version and the setting of the bucket are looked at.

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


ObjectIdentifier = tuple[str, str]
"""Key and version id."""

_VERSION_ALONE = (ProblemKind.UNSUPPORTED, ProblemKind.INVALID, ProblemKind.DENIED)


async def delete_versions(
    calls: Calls, bucket: str, versions: Sequence[ObjectIdentifier]
) -> dict[ObjectIdentifier, Problem]:
    """DeleteObjects, and DeleteObject for what has to go alone, or is not taken together with others."""
    together, alone = apart_for_xml(versions, itemgetter(0))
    problems: dict[ObjectIdentifier, Problem] = {}
    if together:
        try:
            problems |= await _together(calls, bucket, together)
        except ProblemError as error:
            if error.problem.kind not in _VERSION_ALONE:
                raise
            alone += together
    for key, version in alone:
        try:
            await delete(calls, bucket, key, version)
        except ProblemError as error:
            problems[key, version] = error.problem
    return problems


async def _together(calls: Calls, bucket: str, versions: Sequence[ObjectIdentifier]) -> dict[ObjectIdentifier, Problem]:
    objects = [{"Key": key, **({"VersionId": version} if version else {})} for key, version in versions]
    with calls.asking("DeleteObjects", bucket):
        client: Any = calls.client  # its stub wants TypedDicts
        answer = await client.delete_objects(
            Bucket=bucket, Delete={"Objects": objects, "Quiet": True}, **expected_owner(calls, bucket)
        )
    problems: dict[ObjectIdentifier, Problem] = {}
    for each in answer.get("Errors", []):
        own = [(each["Key"], each["VersionId"])] if each.get("VersionId") else []  # some servers leave it out
        named = own or [version for version in versions if version[0] == each["Key"]]
        problems |= dict.fromkeys(named, _version_problem(calls, bucket, each))
    return problems


def _version_problem(calls: Calls, bucket: str, entry: Any) -> Problem:
    refusal = ErrorResponse(
        code=entry.get("Code", ""), message=entry.get("Message", ""), status=0, request_id="", operation="DeleteObject"
    )
    return s3_problem(refusal, calls.attempt("DeleteObject", bucket, entry["Key"]))
