"""ACLs as S3 writes them, and conditions of writes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from tui.aws.transport import no_object
from tui.core.facts import Grant
from tui.core.identity import Owner
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.s3.calls import Calls, Operations
from tui.stores.s3.headers import GROUPS, of_version, stored_of
from tui.stores.store_values import ANYTHING, Acl, ObjectHead, WriteCondition, WriteResult

ACL = "GetObjectAcl"


class S3Acls(Operations):
    """ACLs of objects; the methods are documented in `Store`."""

    async def object_acl(self, bucket: str, key: str, version: str = "") -> Acl:
        async with self._calls.first_alone(ACL):
            with self._calls.asking(ACL, bucket, key), no_object():
                answer = await self._calls.client.get_object_acl(Bucket=bucket, Key=key, **of_version(version))
            self._calls.learn(ACL, has=True)
        return read_acl(self._calls, answer)

    async def put_object_acl(
        self, bucket: str, key: str, version: str = "", *, canned: str = "", acl: Acl | None = None
    ) -> None:
        await self._calls.require(ACL, partial(self.object_acl, bucket, key, version))
        parameters = {**self._calls.named(bucket, key, version), **acl_parameters(canned, acl)}
        with self._calls.asking("PutObjectAcl", bucket, key):
            await self._calls.client.put_object_acl(**parameters)


def acl_parameters(canned: str, acl: Acl | None) -> dict[str, Any]:
    """S3 takes a canned ACL in a header, or grants in the body; the body names the owner, too."""
    if not acl:
        return {"ACL": canned}
    grants = [{"Grantee": _named(grant), "Permission": grant.permission} for grant in acl.grants]
    return {"AccessControlPolicy": {"Owner": {"ID": acl.owner.id}, "Grants": grants}}


def _named(grant: Grant) -> dict[str, str]:
    name = grant.grantee.id
    if grant.is_group:
        return {"Type": "Group", "URI": GROUPS.get(name, name)}
    if "@" in name:
        return {"Type": "AmazonCustomerByEmail", "EmailAddress": name}
    return {"Type": "CanonicalUser", "ID": name}


def read_acl(calls: Calls, answer: Mapping[str, Any]) -> Acl:
    """The ACL of a response; its owners go into the address book."""
    owner = _owner(answer.get("Owner", {}))
    grants = [_grant(entry) for entry in answer.get("Grants", [])]
    calls.connection.addresses.see([owner, *(grant.grantee for grant in grants if not grant.is_group)])
    return Acl(owner, grants)


def _grant(entry: Mapping[str, Any]) -> Grant:
    grantee, permission = entry.get("Grantee", {}), entry.get("Permission", "")
    if uri := grantee.get("URI"):
        return Grant(Owner(str(uri).rpartition("/")[2]), permission, is_group=True)
    return Grant(_owner(grantee) if grantee.get("ID") else Owner(grantee.get("EmailAddress", "")), permission)


def _owner(said: Mapping[str, Any]) -> Owner:
    return Owner(said.get("ID", ""), said.get("DisplayName", ""))


_NOT_TAKEN = ("NotImplemented", "InvalidArgument", "InvalidRequest")
"""What servers answer that do not know the condition; AWS's S3 has it for every write (since 2025)."""

Conditions = dict[str, Any]
SendWrite = Callable[[Conditions], Awaitable[WriteResult]]
"""A write under conditions, given as parameters of the request."""

ReadHead = Callable[[], Awaitable[ObjectHead]]


@dataclass(frozen=True, slots=True)
class ConditionalWrite:
    """A key that is written under a condition.

    `look` asks for what is there; `is_ours` recognizes the object that this write has made, if its response was lost
    and it was sent again.
    """

    calls: Calls
    bucket: str
    key: str
    when: WriteCondition
    look: ReadHead
    is_ours: Callable[[ObjectHead], bool]

    @property
    def conditions(self) -> list[Conditions]:
        """The condition as parameters, in the forms that servers read: Ceph 18 compares If-Match without the quotes."""
        if self.when.only_new:
            return [{"IfNoneMatch": "*"}]
        forms = [{"IfMatch": self.when.replaces}, {"IfMatch": self.when.replaces.strip('"')}]
        return forms[::-1] if self.calls.connection.support.bare_etags else forms


async def write_if(write: SendWrite, place: ConditionalWrite) -> WriteResult:
    """Write under the condition of a place, or without it where the server does not take that.

    In another form if it has failed though what is there is what was to be replaced. What a server does not take is not
    sent to that bucket again. Raises the `ProblemError` of an object that somebody else has written since.
    """
    support = place.calls.connection.support
    if place.when == ANYTHING or (support.conditions.get(place.bucket) is False and not place.when.surely):
        return await write({})
    refusal: ProblemError | None = None
    for condition in place.conditions:
        try:
            stored = await write(condition)
        except ProblemError as error:
            not_taken = error.problem.kind is ProblemKind.UNSUPPORTED or error.problem.code in _NOT_TAKEN
            if not_taken and not place.when.surely:
                stored = await write({})
                support.conditions[place.bucket] = False  # now it is known that nothing else was wrong with it
                return stored
            if not _has_failed(error.problem, place):
                raise
            refusal = error
            if ours := await _who_was_it(error, place):
                return ours
        else:
            support.bare_etags = not condition.get("IfMatch", '"').startswith('"')
            return stored
    raise refusal or AssertionError("no condition")


def _has_failed(problem: Problem, place: ConditionalWrite) -> bool:
    """Whether a condition has failed: 412, 409 for writes at the same moment, 404 where If-Match finds nothing."""
    gone = place.when.replaces and problem.kind is ProblemKind.NO_SUCH_KEY and problem.code != "NoSuchUpload"
    return bool(gone) or problem.kind is ProblemKind.CHANGED


async def _who_was_it(refusal: ProblemError, place: ConditionalWrite) -> WriteResult | None:
    """After a failed condition: our own object, or the problem of a foreign one.

    None if what was to be replaced is still there: then it was the source's condition, or the server reads another
    form of ours.
    """
    uri = f"s3://{place.bucket}/{place.key}"
    try:
        there = await place.look()
    except ProblemError as error:
        if place.when.replaces and error.problem.kind is ProblemKind.NO_SUCH_KEY:
            raise _by_others(refusal, uri, "changed", "it is gone") from refusal
        raise refusal from error  # it was the source's condition, or nobody may look
    if place.is_ours(there):
        return stored_of(there)
    if there.etag == place.when.replaces:
        return None
    if place.when.replaces:
        raise _by_others(refusal, uri, "changed", "its ETag is not the expected one") from refusal
    raise _by_others(refusal, uri, "written", "it did not exist when the copy started; it is kept") from refusal


def _by_others(refusal: ProblemError, uri: str, done: str, cause: str) -> ProblemError:
    changes = {"kind": ProblemKind.EXISTS, "title": f"{uri} was {done} by someone else", "resource": uri}
    remedy = "check it, then copy again"
    return ProblemError(msgspec.structs.replace(refusal.problem, **changes, cause=cause, remedy=remedy))
