"""Who repairs what: the bucket's owner, the uploader, and the objects that are meant.

The rules are those of the Amazon S3 User Guide, "Controlling ownership of objects and disabling ACLs".
"""

from __future__ import annotations

from array import array
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from tui.core.facts import Half
from tui.core.identity import Owner
from tui.core.listing import UNKNOWN_INDEX
from tui.core.location import Location
from tui.core.naming import MAX_SINGLE_COPY
from tui.core.orders import RepairOrder, Selection
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.inventory_report import read_manifest, report_pages
from tui.stores.store_values import ARCHIVES
from tui.transfers.bucket_owner import TargetBucket, read_target_bucket
from tui.transfers.deletion import refuse_versions_of_many
from tui.transfers.local_disk import is_disk
from tui.transfers.selection import KEYS_PER_PAGE, SectionPage, SelectedObject, outermost, section_count, section_pages
from tui.transfers.sides import same_service

OWN = "already owned by the bucket owner"
UNLISTED = "without an owner in the listing"
ARCHIVED = "archived ({}): restore first"
OTHERS = "owned by {}, which is neither of the two identities"


@dataclass(frozen=True, slots=True)
class Parties:
    """The identities of a repair: `uploader` grants, `owner` copies; None where that half is not done here.

    `bucket_owner` is None where the uploader is alone and may not read the bucket's owner.
    """

    order: RepairOrder
    lister: Store
    uploader: Store | None
    owner: Store | None
    bucket: TargetBucket
    bucket_owner: Owner | None
    uploader_account: Owner | None

    @property
    def name(self) -> str:
        return self.order.selection.base.bucket

    @property
    def large_from(self) -> int:
        """Objects of more bytes are copied in parts."""
        return self.order.multipart_threshold or MAX_SINGLE_COPY

    def uri(self, key: str) -> str:
        return Location(self.name, key).uri

    def owns(self, owner: str) -> bool:
        """Whether this canonical id is the bucket's owner."""
        return self.bucket_owner is not None and owner == self.bucket_owner.id

    def why_not(self, picked: SelectedObject) -> str:
        """Why an object stays as it is, as a clause, by what its listing says; empty: it is to be repaired."""
        if self.owns(picked.owner):
            return OWN
        if not picked.owner:
            return UNLISTED
        if self.owner and picked.archived:
            return ARCHIVED.format(picked.storage_class)
        account = self.uploader_account
        if self.uploader is None or account is None or account.id == picked.owner:
            return ""  # whether it can be done is then found out by doing it
        return OTHERS.format(picked.owner if len(picked.owner) <= 12 else f"{picked.owner[:8]}…")


async def parties_of(
    order: RepairOrder, source: Store, uploader: Store | None, account: Owner | None, other: Owner | None
) -> Parties:
    """Find out who owns the bucket and who does what. `account` is that of `source`, `other` that of `uploader`.

    Raises `ProblemError` for an order that makes no sense, and for a copy into a bucket whose owner is not known.
    """
    refuse_nonsense(order, source, uploader)
    bucket_name = order.selection.base.bucket
    bucket = await read_target_bucket([source, *([uploader] if uploader else [])], bucket_name)
    owner = bucket.owner or (account if uploader and order.half is not Half.GRANT else None)
    grants, copies = _halves(order, account, owner)
    remedy = "name the bucket owner's identity first (--profile), the uploader's second (--other)"
    if copies and owner is None:
        title, cause = f"the owner of {bucket_name} is unknown", "; ".join(bucket.unknown)
        raise ProblemError(Problem(ProblemKind.DENIED, title, cause, remedy, resource=Location(bucket_name).uri))
    if copies and account and owner and account.id != owner.id:
        texts = f"{source.label} does not own {bucket_name}", "a copy by another account would belong to that account"
        uri = Location(bucket_name).uri
        raise ProblemError(Problem(ProblemKind.INVALID, *texts, remedy, resource=uri, identity=source.label))
    return Parties(
        order=order,
        lister=source,
        uploader=(uploader or source) if grants else None,
        owner=source if copies else None,
        bucket=bucket,
        bucket_owner=owner,
        uploader_account=other if uploader else account,
    )


def _halves(order: RepairOrder, account: Owner | None, bucket_owner: Owner | None) -> tuple[bool, bool]:
    """Whether this repair grants, and whether it copies: the halves for which it has an identity.

    A bucket's owner may read its ACL: an identity that does not know the owner is not the owner.
    """
    match order.half:
        case Half.GRANT:
            return True, False
        case Half.COPY:
            return False, True
        case Half.BOTH if order.uploader:
            return True, True
        case Half.BOTH:
            is_owner = bucket_owner is not None and (account is None or account.id == bucket_owner.id)
            return not is_owner, is_owner


def refuse_nonsense(order: RepairOrder, source: Store, uploader: Store | None) -> None:
    """Raise `ProblemError` for an order that makes no sense, as far as that is known without a request."""
    base = order.selection.base
    refuse_versions_of_many(order.selection)
    if is_disk(source) or (uploader and is_disk(uploader)) or not base.bucket:
        raise ProblemError(_invalid("only objects in a bucket have owners", "choose a bucket", base))
    if order.selection.version:
        raise ProblemError(_invalid("only current versions can be repaired", "leave out the version ID", base))
    if uploader and not same_service(source, uploader):
        raise ProblemError(_invalid("the two identities use different S3 services", "use one endpoint for both", base))


def _invalid(title: str, remedy: str, base: Location) -> Problem:
    return Problem(kind=ProblemKind.INVALID, title=title, remedy=remedy, resource=base.uri)


NEEDED = ("Size", "ObjectOwner")
"""Fields that a report must have."""


async def inventory_pages(
    store: Store, location: Location, selection: Selection, section: int
) -> AsyncGenerator[SectionPage]:
    """The current objects below one prefix of a selection, in the order of the report, with their owners.

    Raises `ProblemError` for a report that cannot be used, and for a file of it that is damaged.
    """
    prefix = outermost(selection.prefixes)[section - 1]
    manifest = await read_manifest(store, location, selection.base.bucket, NEEDED)
    picked: list[SelectedObject] = []
    async with aclosing(report_pages(store, location, manifest, prefix)) as pages:
        async for page in pages:
            owners = [page.owners[each].id if each != UNKNOWN_INDEX else "" for each in array("H", page.owner_index)]
            picked += [
                SelectedObject(
                    each.key,
                    each.size,
                    each.modified,
                    archived=each.storage_class in ARCHIVES,
                    etag=each.etag,
                    storage_class=each.storage_class,
                    owner=owner,
                )
                for each, owner in zip(page.objects(), owners, strict=True)
            ]
            while len(picked) >= KEYS_PER_PAGE:
                yield SectionPage(section, picked[:KEYS_PER_PAGE])
                picked = picked[KEYS_PER_PAGE:]
    if picked:
        yield SectionPage(section, picked)


def pages_of(parties: Parties, section: int, after: str = "") -> AsyncGenerator[SectionPage]:
    """One section of the selection, what lies `after` a key; an inventory, which has no order, from its beginning.

    Marked keys (section 0) have no owner yet. Raises `ProblemError` as listings do.
    """
    order = parties.order
    if order.inventory and section:
        return inventory_pages(parties.lister, order.inventory, order.selection, section)
    return section_pages(parties.lister, order.selection, section, after, owners=True)


async def all_pages(parties: Parties) -> AsyncGenerator[SectionPage]:
    """All sections. Raises `ProblemError` as listings do."""
    for section in range(section_count(parties.order.selection)):
        async with aclosing(pages_of(parties, section)) as pages:
            async for page in pages:
                yield page
