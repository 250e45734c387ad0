"""Tests a grant: requests that must be allowed, and requests that must stay denied.

Every probe is harmless: it lists, sends HeadObject, creates and aborts a multipart upload, or sends a conditional
delete for a key that does not exist.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

from msgspec.structs import replace

from tui.aws.control_plane import ControlPlane
from tui.core.facts import Applies, Effect
from tui.core.identity import Identity
from tui.core.location import Location
from tui.core.problem import ProblemError, ProblemKind
from tui.features.access.access_statements import LISTS, own_sids
from tui.features.access.plan_access import grantee_of
from tui.features.access.values import Allow, GrantConditions, GrantMethod, GrantOrder, ProbeAnswer, ProbeResult
from tui.policies.bucket_policy import PolicyRequest, is_of_bucket, read_policy, resource_arn
from tui.policies.request_context import Caller, KnownRequest, caller_of, request_context_of
from tui.stores.base import Store
from tui.stores.store_values import ObjectAttributes, ObjectHead

_FIRST_WAIT, _LONGEST_PAUSE = 0.5, 8.0
_MOST_PAGES = 5
"""Pages of a listing that are searched for an object to read."""
_TEST = "xs3-tui-test-"
"""Prefix of test names that do not exist."""

SendProbe = Callable[[Store, Location], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Probe:
    operation: str
    action: str
    location: Location
    expected: ProbeAnswer
    send: SendProbe


async def prove(
    order: GrantOrder, store: Store, owner: Store, patience: float, *, refused_only: bool = False
) -> AsyncGenerator[ProbeResult, None]:
    """Test an order as the other identity, whose store is `store`; `owner` finds an object to read.

    Unexpected results are retried for up to `patience` seconds: a change takes time to take effect. `refused_only`
    omits the requests that must be allowed. Raises no `ProblemError`.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + patience
    for probe in await _probes(order, owner):
        if refused_only and probe.expected is ProbeAnswer.ALLOWED:
            continue
        pause = _FIRST_WAIT
        result = await _tried(probe, store)
        while not result.agrees and loop.time() + pause < end:
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            result = await _tried(probe, store)
        yield result


async def _tried(probe: _Probe, store: Store) -> ProbeResult:
    answer, detail = ProbeAnswer.ALLOWED, ""
    try:
        await probe.send(store, probe.location)
    except ProblemError as error:
        problem = error.problem
        answer = ProbeAnswer.REFUSED if problem.kind is ProblemKind.DENIED else ProbeAnswer.UNKNOWN
        detail = problem.sentence()
    if answer is probe.expected:
        detail = ""
    elif answer is ProbeAnswer.ALLOWED:
        detail = "another policy allows it"
    return ProbeResult(probe.operation, probe.action, probe.location, probe.expected, answer, detail)


async def _probes(order: GrantOrder, owner: Store) -> list[_Probe]:
    probes = await (_probes_of_needs(order, owner) if order.needs else _probes_of_grant(order, owner))
    if await _deletes_nothing(owner, order.location.bucket):
        return probes
    return [each for each in probes if each.send is not _delete]


async def _probes_of_grant(order: GrantOrder, owner: Store) -> list[_Probe]:
    inside, outside = order.location, Location(order.location.bucket, f"{_TEST}{secrets.token_hex(4)}/")
    found = await _first_key(owner, inside)
    probes = _of_place(order, inside, found, allowed=True)
    if order.location.key:
        probes += _of_place(order, outside, "", allowed=False)
    policy = Location(order.location.bucket)
    probes.append(_Probe("GetBucketPolicy", "s3:GetBucketPolicy", policy, ProbeAnswer.REFUSED, _policy))
    return probes


def _of_place(order: GrantOrder, place: Location, found: str, *, allowed: bool) -> list[_Probe]:
    fresh = Location(place.bucket, f"{place.key}{_TEST}{secrets.token_hex(4)}")
    read = Location(place.bucket, found) if found else fresh
    allow = order.allow

    def expected(answer: bool) -> ProbeAnswer:
        return ProbeAnswer.ALLOWED if answer and allowed else ProbeAnswer.REFUSED

    reads, writes = allow in (Allow.READ, Allow.READ_WRITE), allow in (Allow.WRITE, Allow.READ_WRITE)
    probes = [
        _Probe("ListObjectsV2", "s3:ListBucket", place, expected(allow in LISTS), _list),
        _Probe("HeadObject", "s3:GetObject", read, expected(reads), _head),
        _Probe("CreateMultipartUpload", "s3:PutObject", fresh, expected(writes), _begin(order)),
        _Probe("DeleteObject", "s3:DeleteObject", fresh, expected(allow is Allow.DELETE), _delete),
    ]
    # S3 answers 403 for a missing object unless the whole bucket may be listed: HeadObject has no prefix.
    tells = bool(found) or not (reads and allowed) or (allow in LISTS and not order.location.key)
    return [each for each in probes if tells or each.send is not _head]


async def _probes_of_needs(order: GrantOrder, owner: Store) -> list[_Probe]:
    """One probe for each need that can be tested without harm; then requests that no need includes."""
    bucket, probes = order.location.bucket, list[_Probe]()
    for need in order.needs:
        prefix = need.prefixes[0] if need.prefixes else ""
        place = Location(bucket, need.keys[0] if need.keys else prefix)
        if "s3:ListBucket" in need.actions:
            probes.append(_Probe("ListObjectsV2", "s3:ListBucket", place, ProbeAnswer.ALLOWED, _list))
        if "s3:PutObject" in need.actions:
            fresh = place if need.keys else place.child(f"{_TEST}{secrets.token_hex(4)}")
            begin = _begin(order)
            probes.append(_Probe("CreateMultipartUpload", "s3:PutObject", fresh, ProbeAnswer.ALLOWED, begin))
        elif "s3:GetObject" in need.actions and (found := await _first_key(owner, place)):
            there = Location(bucket, found)
            probes.append(_Probe("HeadObject", "s3:GetObject", there, ProbeAnswer.ALLOWED, _head))
    outside = Location(bucket, f"{_TEST}{secrets.token_hex(4)}")
    everywhere = {action for need in order.needs if "" in need.prefixes for action in need.actions}
    refused = (
        _Probe("CreateMultipartUpload", "s3:PutObject", outside, ProbeAnswer.REFUSED, _begin(order)),
        _Probe("DeleteObject", "s3:DeleteObject", outside, ProbeAnswer.REFUSED, _delete),
        _Probe("GetBucketPolicy", "s3:GetBucketPolicy", Location(bucket), ProbeAnswer.REFUSED, _policy),
    )
    return [*probes, *(each for each in refused if each.action not in everywhere)]


async def _deletes_nothing(owner: Store, bucket: str) -> bool:
    """Whether a conditional delete has no effect.

    A server that ignores the condition adds a delete marker if the bucket has versions.
    """
    if owner.honors_delete_condition:
        return True
    try:
        return await owner.settings.versioning(bucket) is None
    except ProblemError:
        return False


async def _first_key(owner: Store, place: Location) -> str:
    """The key of an object below the prefix that the bucket owner owns: policies do not cover others' objects.

    Empty: the first pages have none, or listing is denied.
    """
    seen = 0
    try:
        bucket_owner = await _bucket_owner(owner, place.bucket)
        async with aclosing(owner.pages(place.bucket, place.key, recursive=True)) as pages:
            async for page in pages:
                objects = (one for one in page.objects() if not one.key.endswith("/"))
                own = (one.key for one in objects if not (bucket_owner and one.owner) or one.owner.id == bucket_owner)
                if found := next(own, ""):
                    return found
                seen += 1
                if seen == _MOST_PAGES:
                    break
    except ProblemError:
        return ""
    return ""


async def _bucket_owner(owner: Store, bucket: str) -> str:
    try:
        return (await owner.settings.bucket_acl(bucket)).owner.id
    except ProblemError:
        return ""


async def _list(store: Store, place: Location) -> None:
    async with aclosing(store.pages(place.bucket, place.key)) as pages:
        async for _ in pages:
            return


async def _head(store: Store, place: Location) -> None:
    try:
        await store.head(place.bucket, place.key)
    except ProblemError as error:
        if error.problem.kind is not ProblemKind.NO_SUCH_KEY:  # S3 answers 404 only if the identity may list
            raise


def _begin(order: GrantOrder) -> SendProbe:
    acl = "bucket-owner-full-control" if order.conditions.owner_full_control else ""

    async def begin(store: Store, place: Location) -> None:
        upload = await store.create_upload(place.bucket, place.key, ObjectAttributes(acl=acl))
        await store.abort_upload(place.bucket, place.key, upload)

    return begin


async def _delete(store: Store, place: Location) -> None:
    """Delete a key that does not exist, with If-Match: *. Servers that honor the condition delete nothing.

    An ETag as condition would also need s3:GetObject (Amazon S3 user guide, "How to perform conditional deletes"),
    which an identity that may only delete does not have.
    """
    nothing = ObjectHead(0, "*")
    try:
        await store.delete(place.bucket, place.key, matching=nothing)
    except ProblemError as error:
        if error.problem.kind not in (ProblemKind.NO_SUCH_KEY, ProblemKind.CHANGED):
            raise


async def _policy(store: Store, place: Location) -> None:
    await store.settings.policy(place.bucket)


_ALREADY = "already open without {}, by statement {} of the bucket policy"
_ALLOWED = "statement {} of the bucket policy allows it"


class OtherBucketStatements:
    """Finds statements outside the order that give `identity` access."""

    def __init__(self, order: GrantOrder, identity: Identity, owner: Store, control_plane: ControlPlane) -> None:
        self._order, self._identity = order, identity
        self._owner, self._control_plane = owner, control_plane

    async def explained(self, result: ProbeResult) -> ProbeResult:
        """The result with the statement that allows it, if this is not one of the order's."""
        order = self._order
        conditional = order.conditions != GrantConditions()
        if (
            result.answer is not ProbeAnswer.ALLOWED
            or order.way is GrantMethod.ROLE
            or (result.agrees and not conditional)
        ):
            return result
        try:
            sid = await self._statement(result)
        except ProblemError:  # it was allowed; only the reason is unknown
            return result
        if not sid:
            return result
        only_endpoint = order.conditions == GrantConditions(source_vpce=order.conditions.source_vpce)
        without = "this endpoint" if only_endpoint else "these conditions"
        return replace(result, detail=_ALREADY.format(without, sid) if result.agrees else _ALLOWED.format(sid))

    async def _statement(self, result: ProbeResult) -> str:
        """Another Allow that applies on any network path; empty: there is none."""
        policy = await self._owner.settings.policy(self._order.location.bucket)
        whom = await grantee_of(self._order, self._identity, self._control_plane)
        own = own_sids(self._order, whom.arn)
        caller = caller_of(self._identity)
        caller = caller if caller.arn else Caller(whom.account, whom.arn)
        known = KnownRequest(listed_prefix=result.location.key, writes=True)
        place = Location(result.location.bucket) if is_of_bucket(result.action) else result.location
        context = request_context_of(caller, known)
        request = PolicyRequest(caller, result.action, resource_arn(place, caller.partition), context)
        found = read_policy(policy, request).statements if policy else []
        allows = (one.sid for one in found if one.effect is Effect.ALLOW and one.applies is Applies.YES)
        return next((sid for sid in allows if sid not in own), "")
