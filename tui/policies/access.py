"""Whether an identity has access: live answers first, then policy, ACL and key.

Rules: IAM user guide, "Policy evaluation logic" and "Cross-account policy evaluation logic"; Amazon S3 user guide, "How
Amazon S3 authorizes a request" and "Blocking public access to your Amazon S3 storage". Every rule about an identity's
access uses this module, so that no two rules disagree.
"""

from __future__ import annotations

from dataclasses import dataclass

from tui.core.facts import (
    AbsentFact,
    AccessVerdict,
    Applies,
    DeniedFact,
    Effect,
    FactName,
    Grant,
    Grants,
    KnownFact,
    ObjectOwnership,
    Pairs,
    PolicyReading,
    StatementReading,
)
from tui.core.identity import Identity
from tui.policies.bucket_policy import LIST_BUCKET, PUT_OBJECT, READ_OBJECT, is_public
from tui.policies.endpoint_policy import passage
from tui.policies.evidence import Evidence
from tui.policies.request_context import Caller
from tui.policies.statements import parse_document
from tui.stores.base import ACTIONS

EVERYBODY = "everyone"
"""The identity of a finding on unsigned requests."""

GROUPS = {"AllUsers": EVERYBODY, "AuthenticatedUsers": "anyone with an AWS account"}
MANAGED_KEY = "alias/aws/s3"

_OF_OBJECT = {
    "READ": (READ_OBJECT, "s3:GetObjectVersion"),
    "READ_ACP": ("s3:GetObjectAcl", "s3:GetObjectVersionAcl"),
    "WRITE_ACP": ("s3:PutObjectAcl", "s3:PutObjectVersionAcl"),
}
_OF_BUCKET = {
    "READ": (LIST_BUCKET, "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"),
    "WRITE": (PUT_OBJECT, "s3:DeleteObject"),
    "READ_ACP": ("s3:GetBucketAcl",),
    "WRITE_ACP": ("s3:PutBucketAcl",),
}
_ACLS = ((FactName.GRANTS, _OF_OBJECT), (FactName.BUCKET_GRANTS, _OF_BUCKET))
_GRANTED = {action: (name, permission) for name, by in _ACLS for permission, found in by.items() for action in found}
"""The ACL and its permission that allow an action. ACLs allow no other actions (Amazon S3 user guide, "Access control
list (ACL) overview", mapping of ACL permissions)."""
_OF_A_LISTING = ("s3:prefix", "s3:delimiter", "s3:max-keys")


@dataclass(frozen=True, slots=True)
class EffectiveAccess:
    """`live`: from a response of the server, just now."""

    verdict: AccessVerdict
    live: bool = False


def access(evidence: Evidence, identity: Identity, action: str = "") -> EffectiveAccess:
    wanted = action or evidence.action
    answer = _live(evidence, identity, wanted)
    if answer is not None:
        return EffectiveAccess(AccessVerdict.ALLOWED if answer else AccessVerdict.DENIED, live=True)
    return EffectiveAccess(_by_rules(evidence, identity, wanted))


def statements(reading: PolicyReading | None, effect: Effect, *applies: Applies) -> list[StatementReading]:
    found = reading.statements if reading else []
    return [one for one in found if one.effect is effect and one.applies in applies]


def refused(evidence: Evidence, operation: str) -> list[tuple[Identity, str]]:
    """Identities that S3 denied a request, with the missing permission."""
    found: dict[str, str] = {}
    for one in evidence.facts:
        if one.operation == operation and isinstance(one.state, DeniedFact):
            found.setdefault(one.identity, one.state.permission)
    identities = ((evidence.context.identity(label), permission) for label, permission in found.items())
    return [(identity, permission) for identity, permission in identities if identity]


def _live(evidence: Evidence, identity: Identity, action: str) -> bool | None:
    if (identity.label, action) in evidence.refusals:
        return False
    told = [one for one in evidence.facts if one.identity == identity.label]
    if action == READ_OBJECT:
        if any(one.operation == "HeadObject" and isinstance(one.state, KnownFact) for one in told):
            return True
        return False if any(one == identity for one, _ in refused(evidence, "HeadObject")) else None
    if action == LIST_BUCKET:
        return True if any(one.operation.startswith("ListObjects") for one in told) else _listed(evidence, identity)
    return _answered(evidence, identity, action)


def _answered(evidence: Evidence, identity: Identity, action: str) -> bool | None:
    """Whether a request that needs only this action was allowed, by the facts."""
    states = [
        one.state for one in evidence.facts if one.identity == identity.label and ACTIONS.get(one.operation) == action
    ]
    if any(isinstance(one, KnownFact | AbsentFact) for one in states):
        return True
    return False if any(isinstance(one, DeniedFact) and one.permission == action for one in states) else None


def _listed(evidence: Evidence, identity: Identity) -> bool | None:
    """Whether HeadBucket was allowed. Unknown if a condition is on the prefix, which HeadBucket does not send."""
    endpoint = evidence.endpoint
    if endpoint is None or identity != evidence.context.mine:
        return None
    reading = evidence.reading(identity, LIST_BUCKET)
    keys = {one.key.lower() for statement in (reading.statements if reading else []) for one in statement.conditions}
    return None if keys & set(_OF_A_LISTING) else endpoint.listed


def _by_rules(evidence: Evidence, identity: Identity, action: str) -> AccessVerdict:
    reading = evidence.reading(identity, action)
    passed = passage(evidence, identity, action)
    if statements(reading, Effect.DENY, Applies.YES) or (passed and passed.is_closed):
        return AccessVerdict.DENIED
    inside = evidence.belongs_to_bucket(identity)
    owner = evidence.object_owner
    if inside is None or (owner and evidence.is_foreign and evidence.context.belongs(identity, owner)):
        return AccessVerdict.UNKNOWN
    if inside:
        shut_out = not evidence.covers(action) and acl_lets(evidence, identity, action) is Applies.NO
        return AccessVerdict.DENIED if shut_out else AccessVerdict.UNKNOWN
    if action == READ_OBJECT and has_managed_key(evidence):
        return AccessVerdict.DENIED
    return _from_outside(evidence, identity, action, reading)


def _from_outside(evidence: Evidence, identity: Identity, action: str, reading: PolicyReading | None) -> AccessVerdict:
    """What policy and ACL allow an identity of another account. The policies of that account are not read."""
    if not evidence.policy_is_known or (reading and reading.problem):
        return AccessVerdict.UNKNOWN
    closed = restricted(evidence)
    if closed:
        return AccessVerdict.DENIED
    allows = {one.applies for one in statements(reading, Effect.ALLOW, Applies.YES, Applies.MAYBE)}
    ways = allows | {acl_lets(evidence, identity, action)}
    if Applies.YES in ways:
        limited = passage(evidence, identity, action)
        may_deny = statements(reading, Effect.DENY, Applies.MAYBE) or (limited and not limited.is_open)
        doubtful = closed is None or may_deny or evidence.by_access_point
        return AccessVerdict.UNKNOWN if doubtful else AccessVerdict.ALLOWED
    return AccessVerdict.UNKNOWN if Applies.MAYBE in ways else AccessVerdict.DENIED


def acl_lets(evidence: Evidence, identity: Identity, action: str = "") -> Applies:
    if evidence.acls_are_off:
        return Applies.NO
    if (action or evidence.action) not in _GRANTED:
        return Applies.NO
    name, permission = _GRANTED[action or evidence.action]
    found = evidence.value(name, Grants)
    if found is None:
        return Applies.MAYBE
    caller = evidence.context.caller(identity)
    answers = {_lets(evidence, one, caller) for one in found.grants if one.permission in (permission, _FULL)}
    return next((one for one in (Applies.YES, Applies.MAYBE) if one in answers), Applies.NO)


_FULL = "FULL_CONTROL"


def _lets(evidence: Evidence, grant: Grant, caller: Caller) -> Applies:
    if caller.anonymous and grant.grantee.id != "AllUsers":
        return Applies.NO
    if not grant.is_group:
        if not caller.canonical_id:
            return Applies.MAYBE
        return Applies.YES if grant.grantee.id == caller.canonical_id else Applies.NO
    if grant.grantee.id not in GROUPS:
        return Applies.NO
    ignored = blocked(evidence, "IgnorePublicAcls")
    return {True: Applies.NO, False: Applies.YES, None: Applies.MAYBE}[ignored]


def blocked(evidence: Evidence, setting: str) -> bool | None:
    """Whether a setting of Block Public Access is on for the bucket or its account; None if unknown.

    The stricter of both counts (Amazon S3 user guide, "Blocking public access to your Amazon S3 storage").
    """
    account = evidence.value(FactName.ACCOUNT_PUBLIC_ACCESS, Pairs)
    if account and dict(account.pairs).get(setting) == "true":
        return True
    if evidence.absent(FactName.PUBLIC_ACCESS):
        return False
    pairs = evidence.value(FactName.PUBLIC_ACCESS, Pairs)
    return dict(pairs.pairs).get(setting, "false").lower() == "true" if pairs else None


def public_statement(evidence: Evidence, action: str = "") -> str:
    """The Sid of a statement that allows unsigned requests on any network path; empty if there is none."""
    reading = evidence.reading_of_everybody(action)
    if statements(reading, Effect.DENY, Applies.YES):
        return ""
    return next((one.sid for one in statements(reading, Effect.ALLOW, Applies.YES)), "")


def public_sids(evidence: Evidence) -> list[str]:
    """The Sids of the statements that make the bucket policy public."""
    document = evidence.policy.document if evidence.policy else ""
    return [one.sid for one in parse_document(document).statements if is_public(one)] if document else []


def restricted(evidence: Evidence) -> bool | None:
    """Whether RestrictPublicBuckets keeps other accounts out, because the policy is public. None if unknown.

    It restricts the whole policy, including grants to named accounts (Amazon S3 API Reference,
    "PublicAccessBlockConfiguration", RestrictPublicBuckets).
    """
    return blocked(evidence, "RestrictPublicBuckets") if public_sids(evidence) else False


def has_managed_key(evidence: Evidence) -> bool:
    """Whether the object is encrypted with the key aws/s3, which other accounts cannot use."""
    method, _, key = evidence.text(FactName.ENCRYPTION).partition(" ")
    return method.startswith("aws:kms") and (not key or key.endswith(MANAGED_KEY))


def refused_now(evidence: Evidence, action: str = "") -> list[str]:
    found = [(one.label, access(evidence, one, action)) for one in evidence.context.identities]
    return [label for label, one in found if one.live and one.verdict is AccessVerdict.DENIED]


def allowed_now(evidence: Evidence, action: str = "") -> list[Identity]:
    found = [(one, access(evidence, one, action)) for one in evidence.context.identities]
    return [identity for identity, one in found if one.live and one.verdict is AccessVerdict.ALLOWED]


HAND_OVER = "bucket-owner-full-control"
"""The canned ACL of an upload that gives the bucket owner full control."""


def why_foreign(evidence: Evidence) -> str:
    """The Object Ownership setting because of which another account owns the object, as a sentence."""
    if evidence.absent(FactName.OWNERSHIP):
        return " The bucket has no Object Ownership setting, so the uploader became the owner."
    if evidence.ownership is ObjectOwnership.OBJECT_WRITER:
        return " Object Ownership is ObjectWriter, so the uploader became the owner."
    if evidence.ownership is ObjectOwnership.BUCKET_OWNER_PREFERRED:
        return (
            f" Object Ownership is BucketOwnerPreferred, but the object was uploaded without the ACL {HAND_OVER}, or "
            "before that was set: the setting changes no object that is there."
        )
    return ""


def handing_over(evidence: Evidence) -> str:
    owner = evidence.object_owner
    by = evidence.context.as_whom(owner) if owner else "As the object's owner"
    return f"{by}: PutObjectAcl with {HAND_OVER} on this object."


def taking_over(evidence: Evidence) -> str:
    return (
        f"{evidence.as_bucket_owner}: CopyObject onto itself with MetadataDirective=REPLACE and the same metadata; "
        f"then {evidence.bucket_owner_name} owns it."
    )


def doing(action: str) -> str:
    words = {LIST_BUCKET: "list this bucket", "s3:GetObject": "read this object", "s3:PutObject": "write this object"}
    return f"{words[action]} ({action})" if action in words else f"do {action}"
