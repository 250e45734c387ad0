"""What is asked about a bucket and an object: each request one operation, answering one or more facts."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import aclosing

from tui.core.facts import Absent, FactName, Grants, Known, OwnedBy, Ownership, PolicyReading, Section, names_in
from tui.core.location import Location
from tui.core.network import EffectiveEndpoint
from tui.inspection.requests import bucket
from tui.inspection.requests.account import ACCOUNT_REQUESTS
from tui.network.classify import needs_instance
from tui.policies.asking import Answers, Asker, FactRequest, FindPath, by_store
from tui.policies.head_facts import HEAD_FACTS, head_facts, pairs
from tui.stores.base import Store


async def _head(store: Store, where: Location) -> Answers:
    return head_facts(await store.head(where.bucket, where.key))


async def _tags(store: Store, where: Location) -> Answers:
    return {FactName.TAGS: pairs(await store.tags(where.bucket, where.key))}


async def _object_acl(store: Store, where: Location) -> Answers:
    acl = await store.object_acl(where.bucket, where.key)
    return {FactName.OBJECT_OWNER: Known(OwnedBy(acl.owner)), FactName.GRANTS: Known(Grants(acl.grants))}


async def _bucket_acl(store: Store, where: Location) -> Answers:
    acl = await store.settings.bucket_acl(where.bucket)
    return {FactName.BUCKET_OWNER: Known(OwnedBy(acl.owner)), FactName.BUCKET_GRANTS: Known(Grants(acl.grants))}


async def _listed_owner(store: Store, where: Location) -> Answers:
    """The owner as a listing returns it: the key is the first one that begins with itself."""
    async with aclosing(store.pages(where.bucket, where.key, recursive=True)) as pages:
        async for page in pages:
            found = next((one for one in page.objects() if one.key == where.key), None)
            return {FactName.OBJECT_OWNER: Known(OwnedBy(found.owner))} if found and found.owner else {}
    return {}


async def _own_bucket(store: Store, where: Location) -> Answers:
    """ListBuckets lists the caller's own buckets only: a bucket that stands there is the caller's."""
    listed = await store.buckets()
    mine = listed.owner and any(bucket.name == where.bucket for bucket in listed.buckets)
    return {FactName.BUCKET_OWNER: Known(OwnedBy(listed.owner))} if listed.owner and mine else {}


async def _ownership(store: Store, where: Location) -> Answers:
    setting = await store.settings.ownership(where.bucket)
    return {FactName.OWNERSHIP: Known(Ownership(setting)) if setting else Absent()}


async def _policy(store: Store, where: Location) -> Answers:
    document = await store.settings.policy(where.bucket)
    return {FactName.POLICY: Known(PolicyReading(document, [], True)) if document else Absent()}


async def _public_access(store: Store, where: Location) -> Answers:
    block = await store.settings.public_access_block(where.bucket)
    return {FactName.PUBLIC_ACCESS: pairs(block or [])}


async def _endpoint(store: Store, where: Location) -> Answers:
    return {FactName.ENDPOINT: Known(await store.settings.effective_endpoint(where.bucket))}


_LISTED_OWNER = FactRequest("ListObjectsV2 FetchOwner", (FactName.OBJECT_OWNER,), by_store(_listed_owner), quiet=True)
_OWN_BUCKET = FactRequest("ListBuckets", (FactName.BUCKET_OWNER,), by_store(_own_bucket), quiet=True)

OBJECT_REQUESTS = (
    FactRequest("HeadObject", HEAD_FACTS, by_store(_head)),
    FactRequest(
        "GetObjectAcl",
        (FactName.OBJECT_OWNER, FactName.GRANTS),
        by_store(_object_acl),
        instead=_LISTED_OWNER,
    ),
    FactRequest("GetObjectTagging", (FactName.TAGS,), by_store(_tags)),
)
"""Asked about an object only."""

BUCKET_REQUESTS = (
    FactRequest(
        "GetBucketAcl",
        (FactName.BUCKET_OWNER, FactName.BUCKET_GRANTS),
        by_store(_bucket_acl),
        instead=_OWN_BUCKET,
    ),
    FactRequest(
        "GetBucketOwnershipControls",
        (FactName.OWNERSHIP,),
        by_store(_ownership),
    ),
    FactRequest("GetBucketPolicy", (FactName.POLICY,), by_store(_policy)),
    FactRequest(
        "GetPublicAccessBlock",
        (FactName.PUBLIC_ACCESS,),
        by_store(_public_access),
    ),
    FactRequest("HeadBucket", (FactName.ENDPOINT,), by_store(_endpoint), of_mine=True),
)
"""Asked about the bucket of every location."""


def path_request(find_path: FindPath, endpoint: EffectiveEndpoint) -> FactRequest:
    """Asks what requests pass that go by an endpoint; it takes no store."""

    async def ask(_asker: Asker, _where: Location) -> Answers:
        return {FactName.NETWORK_PATH: Known(await find_path(endpoint))}

    operation = "IMDS, EC2" if needs_instance(endpoint) else "HeadBucket"
    return FactRequest(operation, (FactName.NETWORK_PATH,), ask, of_mine=True)


def requests_about(location: Location) -> tuple[FactRequest, ...]:
    """What owner, grants, endpoint and findings need: an object's and its bucket's requests, or its bucket's only."""
    return BUCKET_REQUESTS if location.is_prefix else OBJECT_REQUESTS + BUCKET_REQUESTS


def requests_of(location: Location, sections: Collection[Section]) -> tuple[FactRequest, ...]:
    """What is asked when these sections are looked at."""
    wanted = names_in(sections)
    known = (*(() if location.is_prefix else bucket.OBJECT_REQUESTS), *bucket.BUCKET_REQUESTS, *ACCOUNT_REQUESTS)
    return tuple(each for each in known if not wanted.isdisjoint(each.names))
