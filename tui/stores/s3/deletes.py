"""DeleteObject and DeleteObjects; on a condition, DeleteObject deletes the object that was seen and no newer one.

AWS's S3 takes ``If-Match`` for that (since September 2025: 412 for another ETag, 404 for a missing key). So
does MiniStack; Ceph 18 and MinIO ignore it and delete. Ceph takes its own ``x-amz-delete-if-unmodified-since``
(documentation of the Ceph Object Gateway, "Delete Object"), in whole seconds. ``x-amz-if-match-size`` and
``…-last-modified-time`` are for directory buckets alone: AWS refuses them on any other.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from types import MappingProxyType
from typing import Any, TypeVar

from msgspec.structs import replace

from tui.aws.connection import is_aws
from tui.aws.refusals import ErrorResponse
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.s3.calls import s3_problem
from tui.stores.s3.objects import S3Objects
from tui.stores.s3.requests import UNMODIFIED_SINCE
from tui.stores.store_values import ObjectHead, ObjectLock

NO_CONDITIONS: Mapping[str, Any] = MappingProxyType({})

AT_ONCE = 8
"""DeleteObject requests side by side."""

_NOT_FOR_XML = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]|^\s|\s$")
"""Keys that XML 1.0 cannot represent, or that its readers may take for another one: a carriage return becomes a line
feed (XML 1.0, "End-of-Line Handling"), and blanks at the ends may get lost."""

Named = TypeVar("Named")

ObjectIdentifier = tuple[str, str]
"""Key and version id; the id is empty for the current version."""


def apart_for_xml(items: Iterable[Named], key_of: Callable[[Named], str]) -> tuple[list[Named], list[Named]]:
    """Those whose keys may stand in one XML document, and those that have to go alone."""
    together: list[Named] = []
    alone: list[Named] = []
    for each in items:
        (alone if _NOT_FOR_XML.search(key_of(each)) else together).append(each)
    return together, alone


_BETTER_ALONE = (ProblemKind.UNSUPPORTED, ProblemKind.INVALID)
"""A server that does not take DeleteObjects, or not with one of these keys."""


class S3Deletes(S3Objects):
    """Deletions by the identity of a connection; the methods are documented in `Store` and `Versions`."""

    async def _delete(
        self, bucket: str, key: str, version: str = "", conditions: Mapping[str, Any] = NO_CONDITIONS
    ) -> str:
        """DeleteObject; returns the id of the delete marker that goes on top where no version of several is named."""
        try:
            with self._calls.asking("DeleteObject", bucket, key, DELETE_VERSION if version else ""):
                answer: Any = await self._calls.client.delete_object(
                    **self._calls.named(bucket, key, version), **conditions
                )
        except ProblemError as error:
            if version and error.problem.kind is ProblemKind.DENIED:
                raise ProblemError(await self._explained(bucket, key, version, error.problem)) from error
            raise
        return "" if version or not answer.get("DeleteMarker") else str(answer.get("VersionId", ""))

    async def delete_many(
        self, bucket: str, keys: Sequence[str], markers: dict[str, str] | None = None
    ) -> dict[str, Problem]:
        """Ceph 18 asks the policy about the bucket, not about each object, and denies DeleteObjects as a whole."""
        of_aws = is_aws(self._calls.connection.endpoint)
        alone_after = _BETTER_ALONE if of_aws else (*_BETTER_ALONE, ProblemKind.DENIED)
        problems = await self._delete_all(bucket, [(key, "") for key in keys], markers, alone_after)
        return {key: problem for (key, _), problem in problems.items()}

    async def delete_versions(
        self, bucket: str, versions: Sequence[ObjectIdentifier]
    ) -> dict[ObjectIdentifier, Problem]:
        return await self._delete_all(bucket, versions, None, (*_BETTER_ALONE, ProblemKind.DENIED))

    async def _delete_all(
        self,
        bucket: str,
        objects: Sequence[ObjectIdentifier],
        markers: dict[str, str] | None,
        alone_after: Collection[ProblemKind],
    ) -> dict[ObjectIdentifier, Problem]:
        """DeleteObjects, and DeleteObject for each object that has to go alone, or after a refusal of these kinds."""
        together, alone = apart_for_xml(objects, itemgetter(0))
        problems: dict[ObjectIdentifier, Problem] = {}
        if together:
            try:
                problems |= await self._delete_together(bucket, together, markers)
            except ProblemError as error:
                if error.problem.kind not in alone_after:
                    raise
                alone += together
        return problems | await self._delete_alone(bucket, alone, {} if markers is None else markers)

    async def _delete_together(
        self, bucket: str, objects: Sequence[ObjectIdentifier], markers: dict[str, str] | None
    ) -> dict[ObjectIdentifier, Problem]:
        """DeleteObjects; quiet, so that only what went wrong is answered, where nobody asks for `markers`."""
        named = [{"Key": key, **({"VersionId": version} if version else {})} for key, version in objects]
        wanted: Any = {"Objects": named, "Quiet": markers is None}  # the stub wants TypedDicts
        with self._calls.asking("DeleteObjects", bucket):
            answer: Any = await self._calls.client.delete_objects(
                Bucket=bucket, Delete=wanted, **self._calls.expected_owner(bucket)
            )
        if markers is not None:
            made = (each for each in answer.get("Deleted", []) if each.get("DeleteMarker"))
            markers |= {each["Key"]: each.get("DeleteMarkerVersionId", "") for each in made}
        problems: dict[ObjectIdentifier, Problem] = {}
        for each in answer.get("Errors", []):
            key, version = each["Key"], each.get("VersionId", "")  # some servers leave the version out
            meant = [known for known in objects if known[0] == key and version in ("", known[1])]
            problems |= dict.fromkeys(meant or [(key, version)], self._refused(bucket, each))
        return problems

    def _refused(self, bucket: str, entry: Mapping[str, Any]) -> Problem:
        code, message = entry.get("Code", ""), entry.get("Message", "")
        refusal = ErrorResponse(code=code, message=message, status=0, request_id="", operation="DeleteObject")
        return s3_problem(refusal, self._calls.attempt("DeleteObject", bucket, entry["Key"]))

    async def _delete_alone(
        self, bucket: str, objects: Sequence[ObjectIdentifier], markers: dict[str, str]
    ) -> dict[ObjectIdentifier, Problem]:
        problems: dict[ObjectIdentifier, Problem] = {}
        waiting = iter(objects)

        async def work() -> None:
            for key, version in waiting:
                try:
                    markers[key] = await self._delete(bucket, key, version)
                except ProblemError as error:
                    problems[key, version] = error.problem

        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, len(objects))):
                group.create_task(work())
        return problems

    @property
    def honors_delete_condition(self) -> bool | None:
        """Whether the server honors ``If-Match`` on DeleteObject; None as long as no deletion has shown it."""
        connection = self._calls.connection
        return True if is_aws(connection.endpoint) else connection.traits.honors_if_match

    async def delete(self, bucket: str, key: str, version: str = "", *, matching: ObjectHead | None = None) -> str:
        """Where the server does not take the condition, the object is deleted all the same."""
        if version or matching is None:
            return await self._delete(bucket, key, version)
        if self.honors_delete_condition is None:
            async with self._calls.connection.traits.learning:
                if self.honors_delete_condition is None:
                    marker = await self._deleted_while_learning(bucket, key, matching)
                    if marker is not None:
                        return marker
        if self.honors_delete_condition is False:
            return await self._delete_unmodified(bucket, key, matching)
        return await self._delete(bucket, key, conditions={"IfMatch": matching.etag})

    async def _deleted_while_learning(self, bucket: str, key: str, seen: ObjectHead) -> str | None:
        """Delete on a condition that does not apply; returns what `delete` does if that was done all the same.

        That costs no object that should stay: this one was to be deleted anyway, and a server that ignores a wrong ETag
        would have ignored the right one.
        """
        traits = self._calls.connection.traits
        try:
            marker = await self._delete(bucket, key, conditions={"IfMatch": NO_ETAG, **self._unmodified(seen)})
        except ProblemError as error:
            if error.problem.kind is ProblemKind.CHANGED:
                now = await self.head(bucket, key)
                if (now.etag, int(now.modified)) != (seen.etag, int(seen.modified)):
                    raise  # the object itself has changed: this does not show that If-Match was honored
                traits.honors_if_match = True
            elif _is_not_taken(error):
                traits.honors_if_match = False
            else:
                raise
            return None
        traits.honors_if_match = False
        return marker

    async def _delete_unmodified(self, bucket: str, key: str, seen: ObjectHead) -> str:
        """DeleteObject on Ceph's condition, or on none where the server does not take that one."""
        try:
            return await self._delete(bucket, key, conditions=self._unmodified(seen))
        except ProblemError as error:
            if not _is_not_taken(error):
                raise
            self._calls.connection.traits.takes_unmodified_since = False
            return await self._delete(bucket, key)

    def _unmodified(self, seen: ObjectHead) -> dict[str, Any]:
        return {UNMODIFIED_SINCE: seen.modified} if self._calls.connection.traits.takes_unmodified_since else {}

    async def _explained(self, bucket: str, key: str, version: str, denied: Problem) -> Problem:
        """A denied deletion with its reason, as far as this identity may see it."""
        if lock := await self._lock(bucket, key, version):
            return replace(denied, title=BY_LOCK.format(lock.words), permission="", remedy=lock_remedy(lock))
        if await self._wants_mfa(bucket):
            return replace(denied, title=BY_MFA, permission="", remedy=ROOT_WITH_MFA)
        return denied

    async def _lock(self, bucket: str, key: str, version: str) -> ObjectLock | None:
        try:
            return (await self.head(bucket, key, version)).lock
        except ProblemError:
            return None  # a delete marker, or this identity may not look

    async def _wants_mfa(self, bucket: str) -> bool:
        try:
            with self._calls.asking("GetBucketVersioning", bucket):
                answer: Any = await self._calls.client.get_bucket_versioning(
                    Bucket=bucket, **self._calls.expected_owner(bucket)
                )
        except ProblemError:
            return False
        return bool(answer.get("MFADelete") == "Enabled")


NO_ETAG = '"00000000000000000000000000000000"'
"""What no object's ETag is: the MD5 of nothing that anybody knows."""

_NOT_TAKEN = ("NotImplemented", "InvalidArgument", "InvalidRequest")


def _is_not_taken(error: ProblemError) -> bool:
    return error.problem.kind is ProblemKind.UNSUPPORTED or error.problem.code in _NOT_TAKEN


# Why a version cannot be deleted. S3 answers a bare ``AccessDenied`` for Object Lock, MFA delete and a missing
# permission (Amazon S3 User Guide, "Locking objects with Object Lock", "Configuring MFA delete"): the lock of the
# version and the setting of the bucket tell them apart.

DELETE_VERSION = "s3:DeleteObjectVersion"

BY_LOCK = "Object Lock protects this version: {}"
BY_MFA = "this bucket requires MFA to delete versions (MFA delete)"
COMPLIANCE = "wait until the retention ends: in compliance mode no user can shorten it"
GOVERNANCE = "wait until the retention ends, or delete it as an identity with s3:BypassGovernanceRetention"
LEGAL_HOLD = "remove the legal hold first (s3:PutObjectLegalHold)"
EVENT_HOLD = "remove the event hold first"
ROOT_WITH_MFA = "the root user of the bucket's account can delete it with an MFA code: aws s3api delete-object --mfa"


def lock_remedy(lock: ObjectLock) -> str:
    """What ends a lock; of several the first."""
    if lock.legal_hold:
        return LEGAL_HOLD
    if lock.event_hold:
        return EVENT_HOLD
    return COMPLIANCE if lock.mode == "COMPLIANCE" else GOVERNANCE
