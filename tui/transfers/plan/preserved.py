"""What a copy keeps and how it will be verified, in the words of the route card."""

from __future__ import annotations

from tui.core.naming import counted
from tui.core.orders import AclChoice, CopyOptions, Route
from tui.core.transfer import Access, Check
from tui.stores.digests import ALGORITHMS
from tui.stores.store_values import PLAIN_ENCRYPTION, Checksum, ObjectAttributes, ObjectHead
from tui.transfers.attributes import DEFAULT_CLASS
from tui.transfers.copy.checksums import is_content_md5, is_plain
from tui.transfers.deletion import LOCKED
from tui.transfers.local_disk import Direction
from tui.transfers.sides import Sides

SIZE_ALONE = "by size only: no checksum or ETag to compare"
UNVERIFIED_STAYS = "if verification is inconclusive, the source is kept"
LOCK_UNASKED = "copied only on request"
LOCK_REFUSED = "the target does not accept it"
UNTRIED = "not known until it is tried: it cannot be tested without deleting"


def kept(head: ObjectHead, sent: ObjectAttributes | None, options: CopyOptions, *, tags: bool, acl: bool) -> list[str]:
    """What the copy of this object takes along; `sent` are the attributes that the write probe was taken with."""
    with_tags = ["tags"] if tags else []
    grants = ["ACL (the source's grants, if they can be read)"] if acl else []
    kept_class = (sent.storage_class if sent else options.storage_class or head.storage_class) or DEFAULT_CLASS
    asked = " (requested)" if options.storage_class == kept_class else ""
    encryption = [_encryption(sent)] if sent and sent.encryption else []
    lock = [f"Object Lock ({sent.lock.words})"] if sent and sent.lock else []
    return ["type", "headers", "metadata", *with_tags, *grants, f"class {kept_class}{asked}", *encryption, *lock]


def dropped(head: ObjectHead, sent: ObjectAttributes | None, options: CopyOptions, *, tags: bool) -> list[str]:
    """What it leaves behind besides its ACL, and what it gets instead."""
    drops = [] if tags else ["tags"]
    now = (sent.storage_class or DEFAULT_CLASS) if sent else head.storage_class
    asked = f" ({now} was requested)" if options.storage_class == now else ""
    if head.storage_class != now and (asked or head.storage_class != DEFAULT_CLASS):
        drops.append(f"class {head.storage_class}{asked}")
    if head.lock and not (sent and sent.lock):
        drops.append(f"Object Lock ({head.lock.words}; {LOCK_REFUSED if options.object_lock else LOCK_UNASKED})")
    if head.encryption not in PLAIN_ENCRYPTION and not (sent and sent.encryption == head.encryption):
        instead = f"{sent.encryption} instead" if sent and sent.encryption else "the target bucket's default applies"
        drops.append(f"encryption {head.encryption} ({instead})")
    return drops


def annotations_kept(number: int, options: CopyOptions, *, by_server: bool) -> list[str]:
    """How the annotations of the first object are copied, if it has any, and what each costs."""
    if not number or not options.annotations:
        return []
    how = "by CopyObject, each billed as a PUT" if by_server else "one GET and one PUT for each"
    return [f"{counted(number, 'annotation')} ({how})"]


def annotations_dropped(number: int, options: CopyOptions) -> list[str]:
    """The annotations that are not to be copied."""
    return [f"{counted(number, 'annotation')} (not copied)"] if number and not options.annotations else []


def acl_instead(sent: ObjectAttributes | None, *, enforced: bool) -> str:
    """The ACL that a copy gets, where it is not the source's."""
    if sent and sent.acl and sent.acl != AclChoice.PRIVATE:
        return f"{sent.acl} instead"
    return "bucket: enforced" if enforced else "private to its owner"


def how_verified(head: ObjectHead, route: Route, direction: Direction, *, move: bool) -> str:
    """How a copy of this object will be verified, best first, as far as both sides support it."""
    relayed = not route.server_side
    ways = [each.algorithm for each in head.checksums if each.full_object and _is_kept(each, relayed=relayed)][:1]
    if direction is Direction.BETWEEN_BUCKETS:
        ways += ["ETag"] if is_content_md5(head) else []
        ways += ["ETag of the same parts"] if head.parts and is_plain(head) else []
    if relayed:
        ways.append(_relayed(direction))
    how = ", else ".join(ways) or SIZE_ALONE
    return f"{how}; {UNVERIFIED_STAYS}" if move else how


def _is_kept(checksum: Checksum, *, relayed: bool) -> bool:
    """Whether the copy will have a checksum by this algorithm; what is relayed only gets one that is computed here."""
    return not relayed or checksum.algorithm in ALGORITHMS


def deletion_check(sides: Sides, head: ObjectHead | None) -> Check:
    """The right to delete the source of a move, of which nothing is known before but that it is locked."""
    subject = sides.source_uri(sides.order.selection.base.key)
    if head and head.lock:
        kept = LOCKED.format(head.lock.words)
        return Check(sides.source.label, "DeleteObject", subject, Access.UNKNOWN, f"{UNTRIED}; {kept}")
    return Check(sides.source.label, "DeleteObject", subject, Access.UNKNOWN, UNTRIED)


def _relayed(direction: Direction) -> str:
    if direction in (Direction.DOWNLOAD, Direction.ON_DISK):
        return "MD5 of the download and of the file read back"
    return "MD5 on read and on write"


def _encryption(sent: ObjectAttributes) -> str:
    return f"encryption {sent.encryption}" + (f" with {sent.kms_key}" if sent.kms_key else "")
