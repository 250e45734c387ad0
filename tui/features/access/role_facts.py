"""The facts about the buckets of a job: their accounts, regions, ACLs and KMS keys.

Only requests what the order leaves open. What nobody may read stays unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from msgspec.structs import replace

from tui.aws.control_plane import ControlPlaneService
from tui.core.facts import ObjectOwnership
from tui.core.identity import Identity
from tui.core.jobs import AUTO_ACL, BatchOperation, JobAccess, JobPlace
from tui.core.orders import AclChoice
from tui.core.problem import ProblemError, ProblemKind
from tui.documents.document import Services
from tui.policies.access import MANAGED_KEY
from tui.policies.evaluation.reading_iam import refusal_words
from tui.stores.base import Store
from tui.stores.operations import DefaultEncryption

A = TypeVar("A")
T = TypeVar("T")


async def with_facts(job: JobAccess, services: Services, identities: Sequence[Identity]) -> JobAccess:
    """The job with what `identities` may read of its buckets. The first one belongs to the job's account.

    A job without a region is created in the region of the bucket that it writes.
    """
    first = identities[0]
    job = replace(job, account=job.account or first.account)
    if first.arn.startswith("arn:"):
        job = replace(job, partition=first.arn.split(":")[1])
    named = job.places
    found = await asyncio.gather(*(_place(place, services, identities) for place in named.values()))
    places = dict(zip(named, found, strict=True))
    written = places.get("target") or places["source"]
    job = replace(job, region=job.region or written.region)
    if job.manifest is not None and not (job.inventory or job.generated):  # xs3-tui writes it, and names its version
        stores = [await services.store(each.connection) for each in identities]
        bucket = job.manifest.location.bucket
        told = await _first(stores, lambda store: store.settings.versioning(bucket))
        job = replace(job, manifest_version=told is not None and told.status != "")
    if job.acl == AUTO_ACL:
        job = replace(job, acl=_acl(job, places.get("target")))
    return job.with_places({name: _without_keys(job, name, place) for name, place in places.items()})


def _acl(job: JobAccess, target: JobPlace | None) -> str:
    """The same as for copies (`tui.transfers.bucket_owner.acl_to_send`): for a bucket of another account with ACLs."""
    foreign = target is not None and target.account != job.role_account and target.has_acls
    return AclChoice.BUCKET_OWNER_FULL_CONTROL.value if foreign else ""


def _without_keys(job: JobAccess, name: str, place: JobPlace) -> JobPlace:
    """Remove the keys if the operation does not use them: tags, ACLs and restores do not."""
    used = name != "source" or job.operation in (BatchOperation.COPY, BatchOperation.CHECKSUM)
    return place if used else replace(place, kms_keys=[], managed_key=False, unread_key="")


async def _place(place: JobPlace, services: Services, identities: Sequence[Identity]) -> JobPlace:
    bucket = place.location.bucket
    stores = [await services.store(each.connection) for each in identities]
    account = place.account or await _account(bucket, services, stores, identities)
    # an identity of the bucket's account most likely may read the rest
    pairs = sorted(zip(identities, stores, strict=True), key=lambda each: each[0].account != account)
    sorted_stores = [store for _, store in pairs]
    region = place.region
    if not region and (told := await _first(sorted_stores, lambda store: store.settings.effective_endpoint(bucket))):
        region = told.bucket_region
    ownership = place.ownership or await _first(sorted_stores, lambda store: _ownership(store, bucket))
    place = replace(place, account=account, region=region, ownership=ownership)
    return place if place.kms_keys else await _with_keys(place, services, sorted_stores, identities)


async def _account(bucket: str, services: Services, stores: Sequence[Store], identities: Sequence[Identity]) -> str:
    acl = await _first(stores, lambda store: store.settings.bucket_acl(bucket))
    owner = acl.owner.id if acl else ""
    known = next((each.account for each in identities if owner and each.canonical_id == owner), "")
    entry = services.book().entries.get(owner)
    return known or (entry.account if entry else "")


async def _first(stores: Sequence[Store], ask: Callable[[Store], Awaitable[T]]) -> T | None:
    try:
        return await _told(stores, ask)
    except ProblemError:
        return None


async def _told(askers: Sequence[A], ask: Callable[[A], Awaitable[T]]) -> T:
    """The same; raises the first `ProblemError` if all are denied."""
    refused: ProblemError | None = None
    for asker in askers:
        try:
            return await ask(asker)
        except ProblemError as error:
            refused = refused or error
    assert refused is not None, "somebody is asked"
    raise refused


async def _ownership(store: Store, bucket: str) -> ObjectOwnership:
    """A bucket without the setting counts as ObjectWriter."""
    return await store.settings.ownership(bucket) or ObjectOwnership.OBJECT_WRITER


async def _with_keys(
    place: JobPlace, services: Services, stores: Sequence[Store], identities: Sequence[Identity]
) -> JobPlace:
    """The place with the job's key, else with the key of its bucket's default encryption.

    If nobody may read that, with the reason.
    """
    default: DefaultEncryption | None = DefaultEncryption(place.encryption, place.kms_key)
    if not place.encryption:
        try:
            default = await _told(stores, lambda store: store.settings.default_encryption(place.location.bucket))
        except ProblemError as error:
            unread = "" if error.problem.kind is ProblemKind.UNSUPPORTED else refusal_words(error.problem)
            return replace(place, unread_key=unread)
    if default is None or not default.algorithm.startswith("aws:kms"):
        return place
    if not default.key or default.key.endswith(MANAGED_KEY):
        return replace(place, managed_key=True)
    if ":key/" in default.key:
        return replace(place, kms_keys=[default.key])
    region = default.key.split(":")[3] if default.key.startswith("arn:") else place.region

    async def describe(identity: Identity) -> str:
        answer = await services.control_plane.read(
            identity.connection, ControlPlaneService.KMS, "DescribeKey", region=region, KeyId=default.key
        )
        return str((answer or {})["KeyMetadata"]["Arn"])

    asked = identities[0]  # S3 looks for the job's key in the account of its role
    able = [each for each in identities if each.account == asked.account]
    if not place.encryption:
        able = sorted(identities, key=lambda one: one.account != place.account)
    try:
        known = await _told(able, describe)
    except ProblemError as error:
        partition = asked.arn.split(":")[1] if asked.arn.startswith("arn:") else ""
        if not place.encryption or default.key.startswith(("arn:", "alias/")) or not (partition and place.region):
            return replace(place, unread_key=refusal_words(error.problem))
        known = f"arn:{partition}:kms:{place.region}:{asked.account}:key/{default.key}"
    return replace(place, kms_keys=[known])
