"""What a copy carries besides its bytes, and what is left out when the target does not take it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from msgspec.structs import replace

from tui.model.facts import Grant
from tui.model.plan import CopyOptions
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import ObjectAttributes, ObjectHead
from tui.transfers.ownership import BUCKET_OWNER_FULL_CONTROL

T = TypeVar("T")

DEFAULT_CLASS = "STANDARD"

NO_ACL = "without ACL: the target takes no {}"
NO_TAGS = "without tags: they may not be written at the target"
NO_CLASS = "in the default storage class: the target does not take {}"
WITH_ACL = f"with ACL {BUCKET_OWNER_FULL_CONTROL}: the target takes nothing without it"

_NO_ACLS_HERE = "AccessControlListNotSupported"
_CLASS_REFUSALS = ("InvalidStorageClass", "InvalidArgument", "NotImplemented", "400", "501", "")
"""What servers answer (with status 400 or 501) to a storage class they do not have; AWS answers the first."""


_GRANT_REFUSALS = ("InvalidArgument", "InvalidRequest", "UnresolvableGrantByEmailAddress")
"""What servers answer to grantees they do not know, such as those of another service."""

AS_IT_IS = CopyOptions()


@dataclass(slots=True)
class Learned:
    """What the writes of one transfer by one route have found the target to refuse, so that it is not tried again."""

    without_acl: bool = False
    with_acl: bool = False
    refused_classes: set[str] = field(default_factory=set)

    def heed(self, attributes: ObjectAttributes) -> ObjectAttributes:
        """The attributes with what is known to be refused left out."""
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
    """Whether an ACL is sent along, a canned one or grants."""
    return bool(attributes.acl or attributes.grants)


def without_acl(attributes: ObjectAttributes) -> ObjectAttributes:
    """The same without any ACL."""
    return replace(attributes, acl="", grants=())


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

    `grants`, if any, are given instead of the canned `acl`. Nothing is said of object locks: the bucket's apply.
    """
    storage_class = options.storage_class or head.storage_class
    return ObjectAttributes(
        headers=head.headers,
        metadata=head.metadata,
        tags=tags or None,
        storage_class="" if storage_class == DEFAULT_CLASS else storage_class,
        acl="" if grants else acl,
        grants=tuple(grants),
        encryption=options.encryption,
        kms_key=options.kms_key,
        modified=head.modified,
        below=below,
    )


async def write_degrading(
    attributes: ObjectAttributes,
    write: Callable[[ObjectAttributes], Awaitable[T]],
    learned: Learned,
    *,
    foreign: bool,
) -> tuple[T, ObjectAttributes]:
    """Write with all attributes, or with as many as the target takes; return what `write` did and what it sent.

    `foreign`: the bucket is (or may be) another account's. Raises the first refusal when leaving out does not help.
    """
    wanted = learned.heed(attributes)
    try:
        return await write(wanted), wanted
    except ProblemError as error:
        first = error
    for fewer in weaker(wanted, first.problem, foreign=foreign):
        try:
            done = await write(fewer)
        except ProblemError as error:
            if not _is_about_attributes(error.problem):
                raise
            continue
        learned.note(wanted, fewer)
        return done, fewer
    raise first


def weaker(wanted: ObjectAttributes, refusal: Problem, *, foreign: bool) -> list[ObjectAttributes]:
    """What to try after a refusal, the best first; empty when the refusal is not about attributes."""
    no_acl, no_class = without_acl(wanted), replace(wanted, storage_class="")
    candidates: list[ObjectAttributes] = []
    if refusal.code == _NO_ACLS_HERE:
        candidates = [no_acl, replace(no_acl, storage_class="")]
    elif wanted.storage_class and _may_be_the_class(refusal):
        candidates = [no_class, without_acl(no_class)]
    elif wanted.grants and _may_be_a_grant(refusal):
        candidates = [no_acl]
    elif refusal.kind is ProblemKind.DENIED:
        candidates = _after_denial(wanted, refusal.permission, foreign=foreign)
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
    return refusal.status == 400 and refusal.code in _GRANT_REFUSALS


def _is_about_attributes(refusal: Problem) -> bool:
    about = refusal.kind is ProblemKind.DENIED or refusal.code == _NO_ACLS_HERE
    return about or _may_be_the_class(refusal) or _may_be_a_grant(refusal)


def left_out(wanted: ObjectAttributes, sent: ObjectAttributes) -> list[str]:
    """What became of attributes that were wanted, as notes."""
    notes = []
    if wanted.tags and not sent.tags:
        notes.append(NO_TAGS)
    if has_acl(wanted) and not has_acl(sent):
        notes.append(NO_ACL.format(wanted.acl or "grants like the source's"))
    if has_acl(sent) and not has_acl(wanted):
        notes.append(WITH_ACL)
    if wanted.storage_class and not sent.storage_class:
        notes.append(NO_CLASS.format(wanted.storage_class))
    return notes
