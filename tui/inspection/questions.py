"""What is asked about a bucket and an object: each question one operation, answering one or more facts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from tui.inspection.heads import HEAD_FACTS, head_facts, pairs
from tui.model.facts import Absent, FactName, Grants, Known, OwnedBy, Ownership, PolicyReading
from tui.model.location import Location
from tui.stores.base import Store

Answers = Mapping[FactName, Known | Absent]
Ask = Callable[[Store, Location], Awaitable[Answers]]


@dataclass(frozen=True, slots=True)
class Question:
    """One operation. `names` are the facts it tells; `permission` is the IAM action it takes.

    `instead` tells some of them where nobody here may ask this one. `of_mine` questions concern the inspected pane's
    own connection: the other identity's answer would be about something else. A `quiet` question tells no refusals:
    it stands in for one that was refused already.
    """

    operation: str
    permission: str
    names: tuple[FactName, ...]
    ask: Ask
    instead: Question | None = None
    of_mine: bool = False
    quiet: bool = False


async def _head(store: Store, where: Location) -> Answers:
    return head_facts(await store.head(where.bucket, where.key))


async def _tags(store: Store, where: Location) -> Answers:
    return {FactName.TAGS: pairs(await store.tags(where.bucket, where.key))}


async def _object_acl(store: Store, where: Location) -> Answers:
    acl = await store.object_acl(where.bucket, where.key)
    return {FactName.OBJECT_OWNER: Known(OwnedBy(acl.owner)), FactName.GRANTS: Known(Grants(acl.grants))}


async def _bucket_acl(store: Store, where: Location) -> Answers:
    acl = await store.bucket_acl(where.bucket)
    return {FactName.BUCKET_OWNER: Known(OwnedBy(acl.owner)), FactName.BUCKET_GRANTS: Known(Grants(acl.grants))}


async def _listed_owner(store: Store, where: Location) -> Answers:
    """The owner as a listing tells it: the key is the first one that begins with itself."""
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
    setting = await store.ownership(where.bucket)
    return {FactName.OWNERSHIP: Known(Ownership(setting)) if setting else Absent()}


async def _policy(store: Store, where: Location) -> Answers:
    document = await store.policy(where.bucket)
    return {FactName.POLICY: Known(PolicyReading(document, [], True)) if document else Absent()}


async def _public_access(store: Store, where: Location) -> Answers:
    block = await store.public_access_block(where.bucket)
    return {FactName.PUBLIC_ACCESS: pairs(block or [])}


async def _endpoint(store: Store, where: Location) -> Answers:
    return {FactName.ENDPOINT: Known(await store.effective_endpoint(where.bucket))}


_LISTED_OWNER = Question(
    "ListObjectsV2 FetchOwner", "s3:ListBucket", (FactName.OBJECT_OWNER,), _listed_owner, quiet=True
)
_OWN_BUCKET = Question("ListBuckets", "s3:ListAllMyBuckets", (FactName.BUCKET_OWNER,), _own_bucket, quiet=True)

OBJECT_QUESTIONS = (
    Question("HeadObject", "s3:GetObject", HEAD_FACTS, _head),
    Question(
        "GetObjectAcl",
        "s3:GetObjectAcl",
        (FactName.OBJECT_OWNER, FactName.GRANTS),
        _object_acl,
        instead=_LISTED_OWNER,
    ),
    Question("GetObjectTagging", "s3:GetObjectTagging", (FactName.TAGS,), _tags),
)
"""Asked about an object only."""

BUCKET_QUESTIONS = (
    Question(
        "GetBucketAcl",
        "s3:GetBucketAcl",
        (FactName.BUCKET_OWNER, FactName.BUCKET_GRANTS),
        _bucket_acl,
        instead=_OWN_BUCKET,
    ),
    Question(
        "GetBucketOwnershipControls",
        "s3:GetBucketOwnershipControls",
        (FactName.OWNERSHIP,),
        _ownership,
    ),
    Question("GetBucketPolicy", "s3:GetBucketPolicy", (FactName.POLICY,), _policy),
    Question(
        "GetPublicAccessBlock",
        "s3:GetBucketPublicAccessBlock",
        (FactName.PUBLIC_ACCESS,),
        _public_access,
    ),
    Question("HeadBucket", "s3:ListBucket", (FactName.ENDPOINT,), _endpoint, of_mine=True),
)
"""Asked about the bucket of whatever is inspected."""


def questions_about(location: Location) -> tuple[Question, ...]:
    """An object's and its bucket's questions; of a bucket or prefix the bucket's only."""
    return BUCKET_QUESTIONS if location.is_prefix else OBJECT_QUESTIONS + BUCKET_QUESTIONS
