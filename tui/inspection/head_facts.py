"""The facts of one HeadObject. Pure."""

from __future__ import annotations

import re
from urllib.parse import unquote

from tui.core.facts import Absent, FactName, FactValue, Instant, Known, Pairs, Size, Text
from tui.core.orders import header_date
from tui.stores.store_values import Checksum, ObjectHead

NO_OBJECT = "the object does not exist"
NO_BUCKET = "the bucket does not exist"
"""Why a fact of something that does not exist is unknown."""

UNDER_WAY = "under way"
RESTORED_UNTIL = "restored until "
"""How the fact of a restore reads, or begins: rules look at it, too."""

HEAD_FACTS = (
    FactName.SIZE,
    FactName.MODIFIED,
    FactName.STORAGE_CLASS,
    FactName.CONTENT_TYPE,
    FactName.HEADERS,
    FactName.ENCRYPTION,
    FactName.ETAG,
    FactName.CHECKSUMS,
    FactName.VERSION,
    FactName.METADATA,
)
"""The facts of HeadObject, in the order they are shown."""

_HEADERS = {
    "ContentEncoding": "Content-Encoding",
    "ContentDisposition": "Content-Disposition",
    "ContentLanguage": "Content-Language",
    "CacheControl": "Cache-Control",
    "Expires": "Expires",
    "WebsiteRedirectLocation": "x-amz-website-redirect-location",
}
"""Parameter names and the headers they stand for; the content type is a fact of its own."""


def head_facts(head: ObjectHead) -> dict[FactName, Known | Absent]:
    """Each fact of `HEAD_FACTS`; what the answer leaves out is absent. Of a lock only what there is: who may not read
    it is told nothing."""
    return {
        FactName.SIZE: Known(Size(head.size)),
        FactName.MODIFIED: Known(Instant(head.modified)),
        FactName.STORAGE_CLASS: Known(Text(head.storage_class)),
        **_where_there_is_one(head),
        FactName.CONTENT_TYPE: _text(head.headers.get("ContentType", "")),
        FactName.HEADERS: pairs([(_HEADERS[name], head.headers[name]) for name in _HEADERS if name in head.headers]),
        FactName.ENCRYPTION: _text(f"{head.encryption} {head.kms_key}".strip()),
        FactName.ETAG: _text(head.etag),
        FactName.CHECKSUMS: pairs([_checksum(one) for one in head.checksums]),
        FactName.VERSION: _text(head.version),
        FactName.METADATA: pairs(sorted(head.metadata.items())),
    }


def _where_there_is_one(head: ObjectHead) -> dict[FactName, Known | Absent]:
    """Facts that most objects do not have."""
    found: dict[FactName, str] = {
        FactName.RESTORE: _restore(head),
        FactName.EXPIRES: _expires(head.expiration),
        FactName.REPLICATION_STATUS: head.replication,
    }
    known: dict[FactName, Known | Absent] = {name: Known(Text(text)) for name, text in found.items() if text}
    return known | ({FactName.LOCK: pairs(head.lock.pairs)} if head.lock else {})


_QUOTED = re.compile(r'([a-z-]+)="([^"]*)"')
"""One part of the headers x-amz-restore and x-amz-expiration (Amazon S3 API Reference, HeadObject)."""


def _restore(head: ObjectHead) -> str:
    """How far the restore of an archived object is."""
    if head.restoring:
        return UNDER_WAY
    until = dict(_QUOTED.findall(head.restore)).get("expiry-date", "")
    if until:
        return RESTORED_UNTIL + header_date(until)
    return f"needed before it can be read: it is in {head.archived}" if head.archived else ""


def _expires(header: str) -> str:
    """When S3 itself says that a lifecycle rule ends the object."""
    parts = dict(_QUOTED.findall(header))
    rule = unquote(parts.get("rule-id", ""))
    return (
        header_date(parts["expiry-date"]) + (f" by lifecycle rule {rule}" if rule else "")
        if "expiry-date" in parts
        else ""
    )


def pairs(found: list[tuple[str, str]]) -> Known | Absent:
    """Names and values, or the fact that there are none."""
    return _known(Pairs(found)) if found else Absent()


def _text(text: str) -> Known | Absent:
    return _known(Text(text)) if text else Absent()


def _known(value: FactValue) -> Known:
    return Known(value)


def _checksum(checksum: Checksum) -> tuple[str, str]:
    return checksum.algorithm, checksum.value if checksum.full_object else f"{checksum.value} (of its parts)"
