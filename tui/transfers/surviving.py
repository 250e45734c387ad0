"""What survives a copy and how it will be told to be the same, in the words of the route card."""

from __future__ import annotations

from tui.model.plan import Access, AclChoice, Check, CopyOptions, Route
from tui.stores.base import PLAIN_ENCRYPTION, ObjectAttributes, ObjectHead
from tui.transfers.attributes import DEFAULT_CLASS
from tui.transfers.disk import Direction
from tui.transfers.sides import Sides
from tui.transfers.verify import is_content_md5, is_plain

SIZE_ALONE = "by size only: it has neither a checksum nor an ETag that can be compared"
UNVERIFIED_STAYS = "a source whose copy cannot be told the same stays"
UNTRIED = "will be seen when it is tried: no request finds it out without deleting"


def kept(head: ObjectHead, sent: ObjectAttributes | None, options: CopyOptions, *, tags: bool, acl: bool) -> list[str]:
    """What the copy of this object takes along; `sent` are the attributes that the write probe was taken with."""
    with_tags = ["tags"] if tags else []
    grants = ["ACL (the source's grants, where they can be read)"] if acl else []
    kept_class = (sent.storage_class if sent else options.storage_class or head.storage_class) or DEFAULT_CLASS
    asked = " (asked for)" if options.storage_class == kept_class else ""
    encryption = [_encryption(sent)] if sent and sent.encryption else []
    return ["type", "headers", "metadata", *with_tags, *grants, f"class {kept_class}{asked}", *encryption]


def dropped(head: ObjectHead, sent: ObjectAttributes | None, options: CopyOptions, *, tags: bool) -> list[str]:
    """What it leaves behind besides its ACL, and what it gets instead."""
    drops = [] if tags else ["tags"]
    now = (sent.storage_class or DEFAULT_CLASS) if sent else head.storage_class
    asked = f" ({now} was asked for)" if options.storage_class == now else ""
    if head.storage_class != now and (asked or head.storage_class != DEFAULT_CLASS):
        drops.append(f"class {head.storage_class}{asked}")
    if head.encryption not in PLAIN_ENCRYPTION and not (sent and sent.encryption == head.encryption):
        instead = f"{sent.encryption} instead" if sent and sent.encryption else "the target bucket's default applies"
        drops.append(f"encryption {head.encryption} ({instead})")
    return drops


def acl_instead(sent: ObjectAttributes | None, *, enforced: bool) -> str:
    """The ACL that a copy gets, where it is not the source's."""
    if sent and sent.acl and sent.acl != AclChoice.PRIVATE:
        return f"{sent.acl} instead"
    return "bucket: enforced" if enforced else "private to its owner"


def how_verified(head: ObjectHead, route: Route, direction: Direction, *, move: bool) -> str:
    """By what a copy of this object will be told to be the same, best first, as far as both sides have it."""
    ways = [each.algorithm for each in head.checksums if each.full_object][:1]
    if direction is Direction.BETWEEN_BUCKETS:
        ways += ["ETag"] if is_content_md5(head) else []
        ways += ["ETag of the same parts"] if head.parts and is_plain(head) else []
    if route is Route.RELAY:
        ways.append(_relayed(direction))
    how = ", else ".join(ways) or SIZE_ALONE
    return f"{how}; {UNVERIFIED_STAYS}" if move else how


def deletion_check(sides: Sides) -> Check:
    """The right to delete the source of a move, of which nothing is known before."""
    subject = sides.source_uri(sides.order.selection.base.key)
    return Check(sides.source.label, "DeleteObject", subject, Access.UNKNOWN, UNTRIED)


def _relayed(direction: Direction) -> str:
    if direction in (Direction.DOWNLOAD, Direction.ON_DISK):
        return "MD5 when read, and of the file read back"
    return "MD5 when read and when written"


def _encryption(sent: ObjectAttributes) -> str:
    return f"encryption {sent.encryption}" + (f" with {sent.kms_key}" if sent.kms_key else "")
