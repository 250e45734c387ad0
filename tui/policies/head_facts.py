"""The facts of one HeadObject. Pure."""

from __future__ import annotations

import re
from urllib.parse import unquote

from tui.core.facts import AbsentFact, AccessVerdict, FactName, Instant, KnownFact, Pairs, Size, Text, UnknownFact
from tui.core.identity import Identity
from tui.core.orders import header_date
from tui.core.policy import Cause, Evaluation, ResourceType
from tui.policies.bucket_policy import READ_OBJECT, is_of_bucket
from tui.policies.evidence import Evidence
from tui.stores.store_values import ObjectHead

NO_OBJECT = "the object does not exist"
NO_BUCKET = "the bucket does not exist"
"""Why a fact about something that does not exist is unknown."""

UNDER_WAY = "under way"
RESTORED_UNTIL = "restored until "
"""The words, or first words, of the fact about a restore. Rules look at them, too."""

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
"""Parameter names and their headers; the content type is a fact of its own."""


def head_facts(head: ObjectHead) -> dict[FactName, KnownFact | AbsentFact]:
    """Each fact of `HEAD_FACTS`; a fact that the response omits is absent.

    A lock is only included if present: S3 also omits it for identities that may not read it.
    """
    return {
        FactName.SIZE: KnownFact(Size(head.size)),
        FactName.MODIFIED: KnownFact(Instant(head.modified)),
        FactName.STORAGE_CLASS: KnownFact(Text(head.storage_class)),
        **_where_there_is_one(head),
        FactName.CONTENT_TYPE: text_fact(head.headers.get("ContentType", "")),
        FactName.HEADERS: pairs([(_HEADERS[name], head.headers[name]) for name in _HEADERS if name in head.headers]),
        FactName.ENCRYPTION: text_fact(f"{head.encryption} {head.kms_key}".strip()),
        FactName.ETAG: text_fact(head.etag),
        FactName.CHECKSUMS: pairs(
            [(one.algorithm, one.value + ("" if one.full_object else " (of its parts)")) for one in head.checksums]
        ),
        FactName.VERSION: text_fact(head.version),
        FactName.METADATA: pairs(sorted(head.metadata.items())),
    }


def _where_there_is_one(head: ObjectHead) -> dict[FactName, KnownFact | AbsentFact]:
    found: dict[FactName, str] = {
        FactName.RESTORE: _restore(head),
        FactName.EXPIRES: _expires(head.expiration),
        FactName.REPLICATION_STATUS: head.replication,
    }
    known: dict[FactName, KnownFact | AbsentFact] = {
        name: KnownFact(Text(text)) for name, text in found.items() if text
    }
    return known | ({FactName.LOCK: pairs(head.lock.pairs)} if head.lock else {})


_QUOTED = re.compile(r'([a-z-]+)="([^"]*)"')
"""A part of the headers x-amz-restore and x-amz-expiration (Amazon S3 API Reference, HeadObject)."""


def _restore(head: ObjectHead) -> str:
    if head.restoring:
        return UNDER_WAY
    until = dict(_QUOTED.findall(head.restore)).get("expiry-date", "")
    if until:
        return RESTORED_UNTIL + header_date(until)
    return f"needed before it can be read: it is in {head.archived}" if head.archived else ""


def _expires(header: str) -> str:
    """When a lifecycle rule expires the object, as S3 reports it."""
    parts = dict(_QUOTED.findall(header))
    rule = unquote(parts.get("rule-id", ""))
    return (
        header_date(parts["expiry-date"]) + (f" by lifecycle rule {rule}" if rule else "")
        if "expiry-date" in parts
        else ""
    )


def pairs(found: list[tuple[str, str]] | None) -> KnownFact | AbsentFact:
    return KnownFact(Pairs(found)) if found else AbsentFact()


def text_fact(text: str) -> KnownFact | AbsentFact:
    return KnownFact(Text(text)) if text else AbsentFact()


# A request on something that does not exist: no policy is the cause, and none the remedy. Pure.
#
# Rules: Amazon S3 API Reference, "HeadObject" and "GetObject", permissions: without s3:ListBucket, S3 answers 403 for a
# key that does not exist, as for a key that is denied.

_WITHOUT_OBJECT = ("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")

MAY_BE_MISSING = (
    "The object may also not exist: S3 answers the same (403) for a key that does not exist to identities that may not "
    "list the bucket. Check the key."
)


def missing_place(evidence: Evidence, identity: Identity, action: str) -> Evaluation | None:
    """The evaluation if bucket or object does not exist; None: neither is known to be missing."""
    found = _missing(evidence, action)
    if found is None:
        return None
    place, seen_by = found
    where = evidence.location
    name = where.uri if place is ResourceType.OBJECT else f"s3://{where.bucket}"
    sentence = f"The {place.value} {name} does not exist. Check the name and the endpoint."
    notes = []
    if place is ResourceType.OBJECT and seen_by and identity.label not in seen_by:
        notes = [
            f"{seen_by[0]} may list the bucket, so S3 answers that the object is missing (404); identities that may "
            "not list it get 403."
        ]
    request = evidence.request(identity, action)
    return Evaluation(
        identity.label,
        request.caller.arn,
        action,
        request.resource,
        AccessVerdict.UNKNOWN,
        live=True,
        layers=[],
        cause=Cause(sentence),
        notes=notes,
        missing=place,
    )


def _missing(evidence: Evidence, action: str) -> tuple[ResourceType, list[str]] | None:
    by = {
        words: [
            fact.identity for fact in evidence.facts if isinstance(fact.state, UnknownFact) and fact.state.why == words
        ]
        for words in (NO_BUCKET, NO_OBJECT)
    }
    if by[NO_BUCKET]:
        return ResourceType.BUCKET, by[NO_BUCKET]
    if by[NO_OBJECT] and evidence.location.key and not is_of_bucket(action) and action not in _WITHOUT_OBJECT:
        return ResourceType.OBJECT, by[NO_OBJECT]
    return None


def may_be_missing(evidence: Evidence, action: str) -> bool:
    """Whether a denial to read may only mean that the key does not exist: no identity here has seen the object."""
    fact = evidence.fact(FactName.SIZE)
    seen = fact is not None and isinstance(fact.state, KnownFact)
    return action == READ_OBJECT and bool(evidence.location.key) and not seen
