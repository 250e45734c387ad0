"""The attributes of a copy, and those left out when the target does not accept them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from msgspec.structs import replace

from tui.core.facts import Grant
from tui.core.location import Location
from tui.core.orders import DEEP, CopyOptions, RestoreTier
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.store_values import ObjectAttributes, ObjectHead
from tui.transfers.bucket_owner import BUCKET_OWNER_FULL_CONTROL

T = TypeVar("T")

DEFAULT_CLASS = "STANDARD"

NO_ACL = "without ACL: the target does not support {}"
NO_TAGS = "without tags: the writer is not allowed to set them"
NO_CLASS = "in the default storage class: the target does not support {}"
NO_LOCK = "without Object Lock ({}): the target does not accept it"
NO_EMAILS = "without the grants to {}: S3 no longer accepts e-mail grantees, use their canonical IDs"
WITH_ACL = f"with ACL {BUCKET_OWNER_FULL_CONTROL}: the target requires it"

_NO_ACLS_HERE = "AccessControlListNotSupported"
_CLASS_REFUSALS = ("InvalidStorageClass", "InvalidArgument", "NotImplemented", "400", "501", "")
"""What servers answer (with status 400 or 501) to a storage class they do not have; AWS answers the first."""


_GRANT_REFUSALS = ("InvalidArgument", "InvalidRequest", "UnresolvableGrantByEmailAddress", "MethodNotAllowed")
"""What servers answer to grantees they do not know, such as those of another service; AWS's S3 answers the last one to
all that are named by e-mail, since October 2025 (Amazon S3 User Guide, "Access control list (ACL) overview")."""

_FOR_ANNOTATIONS = ("s3:GetObjectAnnotation", "s3:PutObjectAnnotation")

_FOR_LOCKS = ("s3:PutObjectRetention", "s3:PutObjectLegalHold")
_LOCK_REFUSALS = ("InvalidRequest", "InvalidArgument", "NotImplemented")
"""What a bucket answers that has no Object Lock, and a server that does not know it."""

AS_IT_IS = CopyOptions()


@dataclass(slots=True)
class TargetRefusals:
    """The attributes that the target has refused to the writes of one route: they are not tried again."""

    exact: bool = False
    """All attributes or no write: a copy of an object onto itself would lose what is left out."""
    copies_annotations: bool = False
    """Not learned but known before: CopyObject may be denied for annotations, without a word about them."""
    without_acl: bool = False
    with_acl: bool = False
    refused_classes: set[str] = field(default_factory=set)

    def accepted(self, attributes: ObjectAttributes) -> ObjectAttributes:
        if self.without_acl and has_acl(attributes):
            attributes = without_acl(attributes)
        elif self.with_acl:
            attributes = replace(attributes, acl=BUCKET_OWNER_FULL_CONTROL, grants=())
        if attributes.storage_class in self.refused_classes:
            attributes = replace(attributes, storage_class="")
        return attributes

    def note(self, sent: ObjectAttributes, accepted: ObjectAttributes) -> None:
        """Remember which parts of `sent` were left out until the target took it. Tags are tried for each object."""
        self.without_acl = self.without_acl or (has_acl(sent) and not has_acl(accepted))
        self.with_acl = self.with_acl or (has_acl(accepted) and not has_acl(sent))
        if sent.storage_class and not accepted.storage_class:
            self.refused_classes.add(sent.storage_class)


def has_acl(attributes: ObjectAttributes) -> bool:
    return bool(attributes.acl or attributes.grants)


def without_acl(attributes: ObjectAttributes) -> ObjectAttributes:
    return replace(attributes, acl="", grants=())


def emails(attributes: ObjectAttributes) -> list[str]:
    return [grant.grantee.id for grant in attributes.grants if not grant.is_group and "@" in grant.grantee.id]


def without_emails(attributes: ObjectAttributes) -> ObjectAttributes:
    named = emails(attributes)
    return replace(attributes, grants=tuple(grant for grant in attributes.grants if grant.grantee.id not in named))


def attributes_of(
    head: ObjectHead,
    tags: list[tuple[str, str]] | None,
    acl: str,
    below: str = "",
    *,
    options: CopyOptions = AS_IT_IS,
    grants: Sequence[Grant] = (),
) -> ObjectAttributes:
    """What the copy of an object with this head is to get; `below` is the prefix that was chosen as target.

    `grants`, if any, are given instead of the canned `acl`. Of object locks nothing is said unless it is asked for: the
    bucket's apply.
    """
    storage_class = options.storage_class or head.storage_class
    return ObjectAttributes(
        headers={**head.headers, **options.headers},
        metadata={**head.metadata, **options.metadata},
        tags=tags or None,
        storage_class="" if storage_class == DEFAULT_CLASS else storage_class,
        acl="" if grants else acl,
        grants=tuple(grants),
        encryption=options.encryption,
        kms_key=options.kms_key,
        annotations=options.annotations,
        lock=head.lock if options.object_lock else None,
        modified=head.modified,
        below=below,
    )


async def write_degrading(
    attributes: ObjectAttributes,
    write: Callable[[ObjectAttributes], Awaitable[T]],
    learned: TargetRefusals,
    *,
    foreign: bool,
) -> tuple[T, ObjectAttributes]:
    """Write with all attributes, or with as many as the target takes; return what `write` did and what it sent.

    `foreign`: the bucket is (or may be) another account's. Raises the first refusal when leaving out does not help.
    """
    wanted = learned.accepted(attributes)
    try:
        return await write(wanted), wanted
    except ProblemError as error:
        if wanted.as_source or learned.exact:
            raise  # what it has of its source is not known: it has to be looked at first
        first = error
    for fewer in weaker(wanted, first.problem, foreign=foreign, annotated=learned.copies_annotations):
        try:
            done = await write(fewer)
        except ProblemError as error:
            if not _is_about_attributes(error.problem):
                raise
            continue
        learned.note(wanted, fewer)
        return done, fewer
    raise first


def weaker(
    wanted: ObjectAttributes, refusal: Problem, *, foreign: bool, annotated: bool = False
) -> list[ObjectAttributes]:
    """The attributes to try after a refusal, the best first; empty when it is not about attributes.

    `annotated`: the write may take annotations along, and may so be denied for them without a word.
    """
    no_acl, no_class = without_acl(wanted), replace(wanted, storage_class="")
    candidates: list[ObjectAttributes] = []
    if refusal.code == _NO_ACLS_HERE:
        candidates = [no_acl, replace(no_acl, storage_class="")]
    elif wanted.storage_class and _may_be_the_class(refusal):
        candidates = [no_class, without_acl(no_class)]
    elif wanted.grants and _may_be_a_grant(refusal):
        candidates = [without_emails(wanted), no_acl]
    elif wanted.lock and _may_be_the_lock(refusal):
        candidates = [replace(wanted, lock=None)]
    elif refusal.kind is ProblemKind.DENIED:
        candidates = _after_denial(wanted, refusal.permission, foreign=foreign)
        if wanted.annotations and (refusal.permission in _FOR_ANNOTATIONS or annotated):
            none = replace(wanted, annotations=False)
            least = [replace(each, annotations=False) for each in candidates[-1:]]  # not all: each is a request
            candidates = [none, *candidates, *least]
    elif wanted.annotations and annotated and refusal.kind is ProblemKind.UNSUPPORTED:
        candidates = [replace(wanted, annotations=False)]  # as directory buckets do
    return _distinct(wanted, candidates)


def _distinct(wanted: ObjectAttributes, candidates: list[ObjectAttributes]) -> list[ObjectAttributes]:
    found: list[ObjectAttributes] = []
    for each in candidates:
        if each != wanted and each not in found:
            found.append(each)
    return found


def _after_denial(wanted: ObjectAttributes, permission: str, *, foreign: bool) -> list[ObjectAttributes]:
    """A denial may be about the tags, the ACL or both; the permission it names, if any, says which to leave out first.

    A policy may also demand the ACL, even of a bucket with ACLs off (which takes this one).
    """
    no_tags, no_acl = replace(wanted, tags=None), without_acl(wanted)
    first = [no_acl, no_tags] if permission == "s3:PutObjectAcl" else [no_tags, no_acl]
    candidates = [*first, replace(no_acl, tags=None)]
    if foreign and not has_acl(wanted):
        with_acl = replace(wanted, acl=BUCKET_OWNER_FULL_CONTROL)
        candidates += [with_acl, replace(with_acl, tags=None)]
    return candidates


def _may_be_the_class(refusal: Problem) -> bool:
    return refusal.status in (400, 501) and refusal.code in _CLASS_REFUSALS


def _may_be_a_grant(refusal: Problem) -> bool:
    return refusal.status in (400, 405) and refusal.code in _GRANT_REFUSALS


def _may_be_the_lock(refusal: Problem) -> bool:
    named = refusal.permission in _FOR_LOCKS
    return named or (refusal.status in (400, 501) and refusal.code in _LOCK_REFUSALS)


def _is_about_attributes(refusal: Problem) -> bool:
    about = refusal.kind is ProblemKind.DENIED or refusal.code == _NO_ACLS_HERE
    return about or _may_be_the_class(refusal) or _may_be_a_grant(refusal) or _may_be_the_lock(refusal)


def not_as_asked(head: ObjectHead, options: CopyOptions) -> list[str]:
    """The headers and metadata of the options that an object does not have."""
    asked, has = options.headers | options.metadata, head.headers | head.metadata
    return [name for name, value in asked.items() if has.get(name) != value]


def left_out(wanted: ObjectAttributes, sent: ObjectAttributes) -> list[str]:
    notes = []
    if wanted.tags and not sent.tags:
        notes.append(NO_TAGS)
    if has_acl(wanted) and not has_acl(sent):
        notes.append(NO_ACL.format(wanted.acl or "grants like the source's"))
    elif emails(wanted) and not emails(sent):
        notes.append(NO_EMAILS.format(" and ".join(emails(wanted))))
    if has_acl(sent) and not has_acl(wanted):
        notes.append(WITH_ACL)
    if wanted.lock and not sent.lock:
        notes.append(NO_LOCK.format(wanted.lock.words))
    if wanted.storage_class and not sent.storage_class:
        notes.append(NO_CLASS.format(wanted.storage_class))
    return notes


RESTORE = "restore it (RestoreObject), or let the copy restore it and wait"
RESTORED_FIRST = "restored from the archive first"
WAIT = "copy it after the restore, or let the copy wait for it"


async def archived(store: Store, bucket: str, key: str, head: ObjectHead, version: str = "") -> Problem | None:
    """Why the object cannot be read; None if it can, or only reading it will show. Raises nothing that a read does.

    A class says little where a server is not AWS's: the first byte is asked for, and the answer counts.
    """
    if not head.archived or not head.size:
        return None
    try:
        await store.read(bucket, key, etag=head.etag, start=0, length=1, version=version)
    except ProblemError as error:
        return _problem(Location(bucket, key).uri, head, error) if error.problem.kind is ProblemKind.ARCHIVED else None
    return None


def tier_refusal(tier: RestoreTier, archive: str, uri: str) -> Problem | None:
    if tier is not RestoreTier.EXPEDITED or archive not in DEEP:
        return None
    title = f"{archive} has no Expedited restore"
    return Problem(ProblemKind.INVALID, title, remedy="choose the tier Standard or Bulk", resource=uri)


def still_closed(closed: Problem | None, head: ObjectHead, options: CopyOptions, *, planned: bool) -> Problem | None:
    """Why a copy cannot read an object for which `archived` has said so; None: it can, or nothing was said.

    `planned`: the copy is yet to begin, so that what it restores counts as restored.
    """
    if closed is None or options.restore is None:
        return closed
    refused = None if head.restoring else tier_refusal(options.restore, head.archived, closed.resource)
    return refused or (None if planned else closed)


def _problem(uri: str, head: ObjectHead, refusal: ProblemError) -> Problem:
    title, remedy = f"archived: restore first ({head.archived}, it is not restored)", RESTORE
    if head.restoring:
        title, remedy = f"archived: its restore is in progress ({head.archived})", WAIT
    return Problem(
        kind=ProblemKind.ARCHIVED,
        title=title,
        remedy=remedy,
        operation="GetObject",
        resource=uri,
        identity=refusal.problem.identity,
        request_id=refusal.problem.request_id,
        status=refusal.problem.status,
        code=refusal.problem.code,
    )
