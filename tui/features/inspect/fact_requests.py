"""The requests about a bucket or object: each is one operation that answers one or more facts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from contextlib import aclosing
from typing import Any, TypeVar

from tui.aws.connection import is_aws
from tui.aws.control_plane import ControlPlane, ControlPlaneService
from tui.core.facts import (
    AbsentFact,
    FactName,
    FactSection,
    Grants,
    KnownFact,
    Lifecycle,
    LifecycleRules,
    ObjectOwnership,
    OwnedBy,
    OwnershipSetting,
    PolicyReading,
    names_in,
)
from tui.core.location import Location
from tui.core.network import EffectiveEndpoint
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.network.classify import needs_instance
from tui.policies.asking import Asker, AskNetworkPath, FactAnswers, FactRequest, by_store
from tui.policies.head_facts import HEAD_FACTS, head_facts, pairs, text_fact
from tui.stores.base import Store
from tui.stores.operations import BucketConfiguration, VersioningConfiguration

V = TypeVar("V")
ALGORITHMS = {"AES256": "SSE-S3", "aws:kms": "SSE-KMS", "aws:kms:dsse": "DSSE-KMS"}


MANAGED_KEY = "aws/s3 of the bucket's account, which no other account can use"
"""The default key if none is named (Amazon S3 user guide, "Using server-side encryption with AWS KMS keys")."""


def _of_bucket(
    operation: str,
    name: FactName,
    read: Callable[[BucketConfiguration, str], Awaitable[V]],
    fact: Callable[[V], KnownFact | AbsentFact],
) -> FactRequest:
    """A request that answers one fact about the bucket from its settings."""

    async def ask(asker: Asker, where: Location) -> FactAnswers:
        return {name: fact(await read(asker.store.settings, where.bucket))}

    return FactRequest(operation, (name,), ask)


async def _retention(store: Store, where: Location) -> FactAnswers:
    return {FactName.RETENTION: text_fact(await store.settings.retention(where.bucket, where.key) or "")}


async def _legal_hold(store: Store, where: Location) -> FactAnswers:
    held = await store.settings.legal_hold(where.bucket, where.key)
    return {FactName.LEGAL_HOLD: text_fact("" if held is None else "on" if held else "off")}


def _is_public(public: bool | None) -> KnownFact | AbsentFact:
    return text_fact("" if public is None else "public" if public else "not public")


def _versioning(found: VersioningConfiguration | None) -> KnownFact | AbsentFact:
    mfa = ", deleting a version takes an MFA code" if found and found.mfa_delete else ""
    return text_fact(f"{found.status}{mfa}" if found else "")


def _lifecycle(rules: LifecycleRules | None) -> KnownFact | AbsentFact:
    return KnownFact(Lifecycle(rules, [])) if rules else AbsentFact()


def _payer(payer: str) -> KnownFact | AbsentFact:
    return text_fact({"BucketOwner": "bucket owner", "Requester": "requester"}.get(payer, payer))


async def _default_encryption(asker: Asker, where: Location) -> FactAnswers:
    """With the account of the KMS key, which decides who else may use the key."""
    found = await asker.store.settings.default_encryption(where.bucket)
    if found is None:
        return {FactName.DEFAULT_ENCRYPTION: AbsentFact()}
    rows = [("method", ALGORITHMS.get(found.algorithm, found.algorithm))]
    if found.key:
        rows += [("key", found.key), ("key account", await _account_of_key(asker, found.key))]
    elif found.algorithm.startswith("aws:kms"):
        rows.append(("key", MANAGED_KEY))
    if found.bucket_key:
        rows.append(("bucket key", "on"))
    if found.blocked:
        rows.append(("blocked", ", ".join(found.blocked)))
    return {FactName.DEFAULT_ENCRYPTION: pairs(rows)}


async def _account_of_key(asker: Asker, key: str) -> str:
    """From its ARN, else from KMS; or why it is not known."""
    account = _account_in(key)
    if account:
        return account
    try:
        return _account_in(await described_key(asker, key)) or "unknown"
    except ProblemError as error:
        return f"unknown: {error.problem.sentence()}"


def _account_in(arn: str) -> str:
    parts = arn.split(":")
    return parts[4] if parts[0] == "arn" and len(parts) > 5 else ""


LATER_OBJECT_REQUESTS = (
    FactRequest("GetObjectRetention", (FactName.RETENTION,), by_store(_retention)),
    FactRequest("GetObjectLegalHold", (FactName.LEGAL_HOLD,), by_store(_legal_hold)),
)

LATER_BUCKET_REQUESTS = (
    _of_bucket(
        "GetBucketPolicyStatus", FactName.POLICY_STATUS, lambda its, bucket: its.policy_is_public(bucket), _is_public
    ),
    FactRequest("GetBucketEncryption", (FactName.DEFAULT_ENCRYPTION,), _default_encryption),
    _of_bucket("GetObjectLockConfiguration", FactName.BUCKET_LOCK, lambda its, bucket: its.object_lock(bucket), pairs),
    _of_bucket("GetBucketVersioning", FactName.VERSIONING, lambda its, bucket: its.versioning(bucket), _versioning),
    _of_bucket("GetBucketReplication", FactName.REPLICATION, lambda its, bucket: its.replication(bucket), pairs),
    _of_bucket(
        "GetBucketLifecycleConfiguration", FactName.LIFECYCLE, lambda its, bucket: its.lifecycle(bucket), _lifecycle
    ),
    _of_bucket("GetBucketTagging", FactName.BUCKET_TAGS, lambda its, bucket: its.bucket_tags(bucket), pairs),
    _of_bucket("GetBucketLogging", FactName.LOGGING, lambda its, bucket: its.logging(bucket), pairs),
    _of_bucket("GetBucketWebsite", FactName.WEBSITE, lambda its, bucket: its.website_settings(bucket), pairs),
    _of_bucket("GetBucketCors", FactName.CORS, lambda its, bucket: its.cors(bucket), pairs),
    _of_bucket("GetBucketRequestPayment", FactName.PAYER, lambda its, bucket: its.payer(bucket), _payer),
)


async def _head(store: Store, where: Location) -> FactAnswers:
    return head_facts(await store.head(where.bucket, where.key))


async def _tags(store: Store, where: Location) -> FactAnswers:
    return {FactName.TAGS: pairs(await store.tags(where.bucket, where.key))}


async def _object_acl(store: Store, where: Location) -> FactAnswers:
    acl = await store.object_acl(where.bucket, where.key)
    return {FactName.OBJECT_OWNER: KnownFact(OwnedBy(acl.owner)), FactName.GRANTS: KnownFact(Grants(acl.grants))}


async def _bucket_acl(store: Store, where: Location) -> FactAnswers:
    acl = await store.settings.bucket_acl(where.bucket)
    return {FactName.BUCKET_OWNER: KnownFact(OwnedBy(acl.owner)), FactName.BUCKET_GRANTS: KnownFact(Grants(acl.grants))}


async def _listed_owner(store: Store, where: Location) -> FactAnswers:
    """The owner in a listing. The object is the first key that begins with its own name."""
    async with aclosing(store.pages(where.bucket, where.key, recursive=True)) as pages:
        async for page in pages:
            found = next((one for one in page.objects() if one.key == where.key), None)
            return {FactName.OBJECT_OWNER: KnownFact(OwnedBy(found.owner))} if found and found.owner else {}
    return {}


async def _own_bucket(store: Store, where: Location) -> FactAnswers:
    """ListBuckets returns only the caller's own buckets. So the caller owns a bucket that is in the response."""
    listed = await store.buckets()
    mine = listed.owner and any(bucket.name == where.bucket for bucket in listed.buckets)
    return {FactName.BUCKET_OWNER: KnownFact(OwnedBy(listed.owner))} if listed.owner and mine else {}


def _ownership(setting: ObjectOwnership | None) -> KnownFact | AbsentFact:
    return KnownFact(OwnershipSetting(setting)) if setting else AbsentFact()


def _policy(document: str | None) -> KnownFact | AbsentFact:
    return KnownFact(PolicyReading(document, [], True)) if document else AbsentFact()


async def _endpoint(store: Store, where: Location) -> FactAnswers:
    return {FactName.ENDPOINT: KnownFact(await store.settings.effective_endpoint(where.bucket))}


_LISTED_OWNER = FactRequest("ListObjectsV2 FetchOwner", (FactName.OBJECT_OWNER,), by_store(_listed_owner), quiet=True)
_OWN_BUCKET = FactRequest("ListBuckets", (FactName.BUCKET_OWNER,), by_store(_own_bucket), quiet=True)

OBJECT_REQUESTS = (
    FactRequest("HeadObject", HEAD_FACTS, by_store(_head)),
    FactRequest("GetObjectAcl", (FactName.OBJECT_OWNER, FactName.GRANTS), by_store(_object_acl), instead=_LISTED_OWNER),
    FactRequest("GetObjectTagging", (FactName.TAGS,), by_store(_tags)),
)

BUCKET_REQUESTS = (
    FactRequest(
        "GetBucketAcl", (FactName.BUCKET_OWNER, FactName.BUCKET_GRANTS), by_store(_bucket_acl), instead=_OWN_BUCKET
    ),
    _of_bucket("GetBucketOwnershipControls", FactName.OWNERSHIP, lambda its, bucket: its.ownership(bucket), _ownership),
    _of_bucket("GetBucketPolicy", FactName.POLICY, lambda its, bucket: its.policy(bucket), _policy),
    _of_bucket(
        "GetPublicAccessBlock", FactName.PUBLIC_ACCESS, lambda its, bucket: its.public_access_block(bucket), pairs
    ),
    FactRequest("HeadBucket", (FactName.ENDPOINT,), by_store(_endpoint), of_mine=True),
)


def path_request(find_path: AskNetworkPath, endpoint: EffectiveEndpoint) -> FactRequest:
    """Finds the network path of requests to an endpoint. Needs no store."""

    async def ask(_asker: Asker, _where: Location) -> FactAnswers:
        return {FactName.NETWORK_PATH: KnownFact(await find_path(endpoint))}

    operation = "IMDS, EC2" if needs_instance(endpoint) else "HeadBucket"
    return FactRequest(operation, (FactName.NETWORK_PATH,), ask, of_mine=True)


def requests_about(location: Location) -> tuple[FactRequest, ...]:
    """The requests for owner, grants, endpoint and findings: of the object and its bucket, or of the bucket only."""
    return BUCKET_REQUESTS if location.is_prefix else OBJECT_REQUESTS + BUCKET_REQUESTS


def requests_of(location: Location, sections: Collection[FactSection]) -> tuple[FactRequest, ...]:
    wanted = names_in(sections)
    known = (*(() if location.is_prefix else LATER_OBJECT_REQUESTS), *LATER_BUCKET_REQUESTS, *ACCOUNT_REQUESTS)
    return tuple(each for each in known if not wanted.isdisjoint(each.names))


MOST_ACCESS_POINTS = 1_000


async def described_key(asker: Asker, key: str) -> str:
    """DescribeKey: the ARN of a KMS key with this ID or alias. Raises `ProblemError`."""
    answer = await _control(asker).read(
        asker.connection, ControlPlaneService.KMS, "DescribeKey", region=asker.region, KeyId=key
    )
    return str(((answer or {}).get("KeyMetadata") or {}).get("Arn", ""))


async def _account_block(asker: Asker, where: Location) -> FactAnswers:  # noqa: ARG001  # it is of the whole account
    answer = await _asked_s3_control(asker, "GetPublicAccessBlock", "s3:GetAccountPublicAccessBlock")
    settings = (answer or {}).get("PublicAccessBlockConfiguration") or {}
    return {FactName.ACCOUNT_PUBLIC_ACCESS: pairs([(name, str(value).lower()) for name, value in settings.items()])}


async def _access_points(asker: Asker, where: Location) -> FactAnswers:
    found: list[tuple[str, str]] = []
    more: dict[str, str] = {}
    while len(found) < MOST_ACCESS_POINTS:
        answer = await _asked_s3_control(asker, "ListAccessPoints", "s3:ListAccessPoints", Bucket=where.bucket, **more)
        found += [_access_point(each) for each in (answer or {}).get("AccessPointList") or []]
        more = {name: answer[name] for name in ("NextToken",) if answer and answer.get(name)}
        if not more:
            break
    return {FactName.ACCESS_POINTS: pairs(found)}


def _access_point(found: dict[str, Any]) -> tuple[str, str]:
    vpc = (found.get("VpcConfiguration") or {}).get("VpcId", "")
    return found.get("Name", ""), f"only from {vpc}" if vpc else "from the internet"


async def _asked_s3_control(asker: Asker, operation: str, permission: str, **parameters: Any) -> dict[str, Any] | None:
    """A response of S3 Control about the identity's own account. Servers other than AWS may not have it."""
    try:
        return await _control(asker).read(
            asker.connection,
            ControlPlaneService.S3_CONTROL,
            operation,
            absent=("NoSuchPublicAccessBlockConfiguration",),
            region=asker.region,
            permission=permission,
            AccountId=asker.account,
            **parameters,
        )
    except ProblemError as error:
        if error.problem.kind is ProblemKind.DENIED or is_aws(asker.store.endpoint):
            raise
        raise ProblemError(_without(asker, operation)) from error


def _control(asker: Asker) -> ControlPlane:
    if asker.control is None:
        raise ProblemError(_without(asker, ""))
    return asker.control


def _without(asker: Asker, operation: str) -> Problem:
    return Problem(
        ProblemKind.UNSUPPORTED, "this server has no S3 Control API", operation=operation, identity=asker.label
    )


ACCOUNT_REQUESTS = (
    FactRequest(
        "GetPublicAccessBlock of S3 Control",
        (FactName.ACCOUNT_PUBLIC_ACCESS,),
        _account_block,
        of_owner=True,
        action="s3:GetAccountPublicAccessBlock",
    ),
    FactRequest(
        "ListAccessPoints", (FactName.ACCESS_POINTS,), _access_points, of_owner=True, action="s3:ListAccessPoints"
    ),
)
