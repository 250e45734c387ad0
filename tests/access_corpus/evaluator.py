"""A second opinion on requests: plain and slow, from the documentation of AWS, without anything of the product.

IAM user guide: "IAM JSON policy elements" (Principal, NotPrincipal, Action, Resource, Condition operators, Variables),
"Policy evaluation logic", "Cross-account policy evaluation logic". Amazon S3 user guide: "How Amazon S3 authorizes a
request", "Access control list (ACL) overview", "Blocking public access". Everything is known here, so every answer is
yes or no.
"""

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Statement = dict[str, Any]
Context = dict[str, list[str]]
"""Condition keys in lower case; a missing key is not part of the request."""


@dataclass(frozen=True)
class Principal:
    """Who asks. A user or root has `arn`; a session of a role also `role`."""

    account: str = ""
    arn: str = ""
    role: str = ""
    canonical: str = ""
    anonymous: bool = False

    @property
    def is_root(self) -> bool:
        return self.arn.endswith(":root")


def listed(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values]


_LITERAL = {"*": "\ue001", "?": "\ue002"}


def filled(pattern: str, context: Context) -> str | None:
    """The pattern with its variables replaced; None if one of them has no value."""
    missing = False

    def value(found: re.Match[str]) -> str:
        nonlocal missing
        name, comma, default = found[1].partition(",")
        if name in ("*", "?", "$"):
            return _LITERAL.get(name, name)
        values = context.get(name.strip().lower(), [])
        if len(values) == 1:
            return "".join(_LITERAL.get(letter, letter) for letter in values[0])
        if comma:
            return default.strip().strip("'")
        missing = True
        return ""

    result = re.sub(r"\$\{([^{}]*)\}", value, pattern)
    return None if missing else result


def fits(pattern: str, text: str, context: Context, wildcards: bool = True) -> bool:
    """Whether a text of the request fits a text of a policy with variables."""
    whole = filled(pattern, context)
    if whole is None:
        return False
    marked = "".join(_LITERAL.get(letter, letter) for letter in text)
    if not wildcards:
        whole = "".join(_LITERAL.get(letter, letter) for letter in whole)
        return whole == marked
    return like(whole, text)


def like(pattern: str, text: str) -> bool:
    """``*`` stands for any characters, ``?`` for one; a marked wildcard stands for the character itself."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(like(pattern[1:], text[at:]) for at in range(len(text) + 1))
    plain = {mark: letter for letter, mark in _LITERAL.items()}.get(pattern[0], pattern[0])
    return bool(text) and (pattern[0] == "?" or plain == text[0]) and like(pattern[1:], text[1:])


def names(statement: Statement, who: Principal) -> set[str]:
    """In which ways the Principal element names the caller: ``everybody``, ``account``, ``role``, ``itself``."""
    element: Any = statement.get("Principal", statement.get("NotPrincipal"))
    if element == "*":
        return {"everybody"}
    found = set()
    for name in listed(element.get("AWS", [])):
        if name == "*":
            found.add("everybody")
        elif who.anonymous:
            continue
        elif name in (who.account, f"arn:aws:iam::{who.account}:root"):
            found.add("account")
        elif name == who.arn:
            found.add("itself")
        elif who.role and name == who.role:
            found.add("role")
    if who.canonical and not who.anonymous and who.canonical in listed(element.get("CanonicalUser", [])):
        found.add("account")
    return found


def is_about(statement: Statement, who: Principal) -> bool:
    """Whether a statement is about the caller; in an identity policy it always is."""
    if "Principal" in statement:
        return bool(names(statement, who))
    if "NotPrincipal" in statement:
        return not names(statement, who)
    return True


def _moment(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        when = datetime.fromisoformat(text)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _in_network(value: str, wanted: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


def _ordered(read: Callable[[str], float], decide: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def test(value: str, wanted: str) -> bool:
        try:
            return decide(read(value), read(wanted))
        except ValueError:
            return False

    return test


def _arn_like(pattern: str, text: str, context: Context) -> bool:
    patterns, texts = pattern.split(":", 5), text.split(":", 5)
    if len(patterns) != 6 or len(texts) != 6:
        return False
    return all(fits(one, other, context) for one, other in zip(patterns, texts, strict=True))


def _matches(operator: str, value: str, wanted: str, context: Context) -> bool:
    match operator:
        case "stringequals" | "binaryequals":
            return fits(wanted, value, context, wildcards=False)
        case "stringequalsignorecase":
            return fits(
                wanted.lower(), value.lower(), {key: [v.lower() for v in vs] for key, vs in context.items()}, False
            )
        case "stringlike":
            return fits(wanted, value, context)
        case "arnequals" | "arnlike":
            return _arn_like(wanted, value, context)
        case "bool":
            return value.lower() == wanted.lower()
        case "ipaddress":
            return _in_network(value, wanted)
    read = float if operator.startswith("numeric") else _moment
    comparison = operator.removeprefix("numeric").removeprefix("date")
    tests: dict[str, Callable[[float, float], bool]] = {
        "equals": lambda one, other: one == other,
        "lessthan": lambda one, other: one < other,
        "lessthanequals": lambda one, other: one <= other,
        "greaterthan": lambda one, other: one > other,
        "greaterthanequals": lambda one, other: one >= other,
    }
    return _ordered(read, tests[comparison])(value, wanted)


def met(operator: str, key: str, wanted: Sequence[str], context: Context) -> bool:
    name, values = operator.lower(), context.get(key.lower(), [])
    if name == "null":
        return (not values) == (wanted[0].lower() == "true")
    every, some = name.startswith("forallvalues:"), name.startswith("foranyvalue:")
    name = name.rpartition(":")[2]
    if_exists, name = name.endswith("ifexists"), name.removesuffix("ifexists")
    negated = "not" in name
    name = name.replace("not", "")
    if not values:
        return if_exists or every or (negated and not some)
    answers = [any(_matches(name, value, one, context) for one in wanted) != negated for value in values]
    return any(answers) if some else all(answers)


def applies(statement: Statement, who: Principal, action: str, resource: str, context: Context) -> bool:
    if not is_about(statement, who):
        return False
    actions = [like(one.lower(), action.lower()) for one in listed(statement.get("Action", statement.get("NotAction")))]
    if any(actions) != ("Action" in statement):
        return False
    resources = [
        fits(one, resource, context) for one in listed(statement.get("Resource", statement.get("NotResource")))
    ]
    if any(resources) != ("Resource" in statement):
        return False
    conditions = statement.get("Condition", {})
    return all(
        met(operator, key, listed(wanted), context)
        for operator, tests in conditions.items()
        for key, wanted in tests.items()
    )


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
            key.lower() in _FIXED
            and "not" not in operator.lower()
            and operator.lower() != "null"
            and not any("*" in text for text in listed(wanted))
            for operator, tests in one.get("Condition", {}).items()
            for key, wanted in tests.items()
        )
        if not narrowed:
            return True
    return False


def within_limits(question: Question) -> bool:
    """Whether permissions boundary and session policy leave room for the request."""
    return all(_effect(question, one, "Allow") for one in [question.boundary, question.session] if one is not None)


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
