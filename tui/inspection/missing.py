"""A request on something that does not exist: then no policy is the cause, and none the remedy. Pure.

Rules: Amazon S3 API Reference, "HeadObject" and "GetObject", permissions: without s3:ListBucket a key that does not
exist is answered by 403, as one that may not be read is.
"""

from __future__ import annotations

from tui.core.facts import FactName, Known, Unknown, Verdict
from tui.core.identity import Identity
from tui.core.policy import Cause, Evaluation, Place
from tui.inspection.evidence import Evidence
from tui.inspection.head_facts import NO_BUCKET, NO_OBJECT
from tui.inspection.policies import READ_OBJECT, is_of_bucket

_WITHOUT_OBJECT = ("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
"""Actions on keys that need no object."""

MAY_BE_MISSING = (
    "The object may also not exist: S3 answers the same (403) for a key that does not exist to identities that may not "
    "list the bucket. Check the key."
)


def missing_place(evidence: Evidence, identity: Identity, action: str) -> Evaluation | None:
    """What a request on a bucket or an object that does not exist comes to; None: neither is known to be missing."""
    found = _missing(evidence, action)
    if found is None:
        return None
    place, seen_by = found
    where = evidence.location
    name = where.uri if place is Place.OBJECT else f"s3://{where.bucket}"
    sentence = f"The {place.value} {name} does not exist. Check the name and the endpoint."
    notes = []
    if place is Place.OBJECT and seen_by and identity.label not in seen_by:
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
        Verdict.UNKNOWN,
        live=True,
        layers=[],
        cause=Cause(sentence),
        notes=notes,
        missing=place,
    )


def _missing(evidence: Evidence, action: str) -> tuple[Place, list[str]] | None:
    """What does not exist, and the labels of the identities that S3 says so to (404)."""
    by = {
        words: [fact.identity for fact in evidence.facts if isinstance(fact.state, Unknown) and fact.state.why == words]
        for words in (NO_BUCKET, NO_OBJECT)
    }
    if by[NO_BUCKET]:
        return Place.BUCKET, by[NO_BUCKET]
    if by[NO_OBJECT] and evidence.location.key and not is_of_bucket(action) and action not in _WITHOUT_OBJECT:
        return Place.OBJECT, by[NO_OBJECT]
    return None


def may_be_missing(evidence: Evidence, action: str) -> bool:
    """Whether a refusal to read may be all that S3 says of a missing key: nobody here has seen the object."""
    fact = evidence.fact(FactName.SIZE)
    seen = fact is not None and isinstance(fact.state, Known)
    return action == READ_OBJECT and bool(evidence.location.key) and not seen
