"""A second opinion on requests: plain and slow, from AWS's documentation, without anything of the product.

IAM user guide: "Policy evaluation logic", "Cross-account policy evaluation logic". Amazon S3 user guide: "How Amazon S3
authorizes a request", "Access control list (ACL) overview", "Blocking public access".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.access_corpus.matching import Context, Principal, Statement, applies, listed, names


@dataclass
class Question:
    """One request and every document that counts, each a list of statements; None: there is no such document."""

    principal: Principal
    action: str
    resource: str
    context: Context
    bucket_account: str
    bucket_canonical: str
    identity: list[Statement] = field(default_factory=list)
    boundary: list[Statement] | None = None
    session: list[Statement] | None = None
    bucket: list[Statement] = field(default_factory=list)
    trust: list[Statement] | None = None
    """The trust policy of the role that is to be assumed; its statements name no resource."""
    object_canonical: str = ""
    """Who owns the object; empty: there is none yet, or the request is not about one."""
    object_grants: list[tuple[str, str]] = field(default_factory=list)
    bucket_grants: list[tuple[str, str]] = field(default_factory=list)
    """Grantee (a canonical id, ``AllUsers`` or ``AuthenticatedUsers``) and permission."""
    acls_off: bool = False
    block: frozenset[str] = frozenset()


def _effect(question: Question, statements: Sequence[Statement] | None, effect: str) -> list[Statement]:
    return [
        one
        for one in statements or []
        if one["Effect"] == effect
        and applies(one, question.principal, question.action, question.resource, question.context)
    ]


_ACL = {
    "s3:GetObject": ("object", "READ"),
    "s3:GetObjectAcl": ("object", "READ_ACP"),
    "s3:PutObjectAcl": ("object", "WRITE_ACP"),
    "s3:ListBucket": ("bucket", "READ"),
    "s3:PutObject": ("bucket", "WRITE"),
    "s3:DeleteObject": ("bucket", "WRITE"),
    "s3:GetBucketAcl": ("bucket", "READ_ACP"),
}
_BUCKET_OWNER_DECIDES = ("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")


def acl_allows(question: Question) -> bool:
    """Whether an ACL allows the action."""
    if question.acls_off or question.action not in _ACL:
        return False
    which, permission = _ACL[question.action]
    grants = question.object_grants if which == "object" else question.bucket_grants
    who = question.principal
    for grantee, granted in grants:
        if granted not in (permission, "FULL_CONTROL"):
            continue
        if grantee in ("AllUsers", "AuthenticatedUsers"):
            reached = grantee == "AllUsers" or not who.anonymous
            if reached and "IgnorePublicAcls" not in question.block:
                return True
        elif not who.anonymous and grantee == who.canonical:
            return True
    return False


_FIXED = {
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:principalorgid",
    "aws:principalaccount",
    "aws:principalarn",
}


def is_public(statements: Sequence[Statement]) -> bool:
    """Whether a bucket policy is public: an Allow for everybody that no fixed value narrows."""
    for one in statements:
        if one["Effect"] != "Allow" or not (
            "NotPrincipal" in one or "everybody" in names(one, Principal(anonymous=True))
        ):
            continue
        narrowed = any(
            key.lower() in _FIXED and "not" not in operator.lower() and not any("*" in text for text in listed(wanted))
            for operator, tests in one.get("Condition", {}).items()
            for key, wanted in tests.items()
        )
        if not narrowed:
            return True
    return False


def within_limits(question: Question) -> bool:
    """Whether permissions boundary and session policy leave room for the request."""
    limits = [question.boundary, question.session]
    return all(_effect(question, one, "Allow") for one in limits if one is not None)


def own_side(question: Question) -> bool:
    """Whether the caller's own account allows it."""
    if question.principal.is_root:
        return True
    return bool(_effect(question, question.identity, "Allow")) and within_limits(question)


def may_assume(question: Question) -> bool:
    """AWS's decision on AssumeRole: the trust policy has to allow it, and the caller's side unless that names it."""
    trust: list[Statement] = [{**one, "Resource": "*"} for one in question.trust or []]
    if any(_effect(question, one, "Deny") for one in (question.identity, question.boundary, question.session, trust)):
        return False
    by_trust = _effect(question, trust, "Allow")
    if question.principal.account == question.bucket_account and any(_directly(one, question) for one in by_trust):
        return True
    return bool(by_trust) and own_side(question)


def allowed(question: Question) -> bool:
    """AWS's decision."""
    if question.trust is not None:
        return may_assume(question)
    every = [question.identity, question.boundary, question.session, question.bucket]
    if any(_effect(question, one, "Deny") for one in every):
        return False
    who, inside = question.principal, question.principal.account == question.bucket_account
    acl = question.context.get("s3:x-amz-acl", [""])[0]
    with_acl = question.action in ("s3:PutObject", "s3:PutObjectAcl")
    if with_acl and acl.startswith("public-") and "BlockPublicAcls" in question.block:
        return False
    about_object = bool(question.object_canonical) and question.action not in _BUCKET_OWNER_DECIDES
    foreign = about_object and question.object_canonical != question.bucket_canonical and not question.acls_off
    by_policy = [] if foreign else _effect(question, question.bucket, "Allow")
    if not inside and "RestrictPublicBuckets" in question.block and is_public(question.bucket):
        by_policy = []
    if who.anonymous:
        return bool(by_policy) or acl_allows(question)
    if inside and not foreign:
        return own_side(question) or any(_directly(one, question) for one in by_policy)
    owns = foreign and question.object_canonical == who.canonical
    return own_side(question) and (owns or bool(by_policy) or acl_allows(question))


def _directly(statement: Statement, question: Question) -> bool:
    """Whether a resource policy of the caller's own account needs no identity policy beside it."""
    found = {"everybody"} if "NotPrincipal" in statement else names(statement, question.principal)
    if "itself" in found:
        return True
    return bool(found & {"role", "everybody"}) and within_limits(question)
