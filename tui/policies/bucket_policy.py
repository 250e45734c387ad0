"""Reads a bucket policy for one request of one caller. Sends no requests, and raises for no document.

Rules: IAM user guide, "Policy evaluation logic"; Amazon S3 user guide, "Policies and permissions in Amazon S3" and
"Blocking public access to your Amazon S3 storage", "The meaning of 'public'".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_network

from tui.core.facts import Applies, Effect, PolicyReading, StatementReading
from tui.core.location import Location
from tui.core.naming import is_access_point, split_arn
from tui.policies.conditions import judge_conditions, read_conditions
from tui.policies.principals import judge_principals, named_account
from tui.policies.request_context import Caller, RequestContext, Unresolved, expand, fits, wild
from tui.policies.statements import (
    EVERYBODY,
    Condition,
    Judgement,
    Patterns,
    PolicyStatement,
    all_of,
    maybe,
    no,
    parse_document,
    yes,
)

READ_OBJECT = "s3:GetObject"
LIST_BUCKET = "s3:ListBucket"
PUT_OBJECT = "s3:PutObject"

LACKS_OBJECTS = "names the bucket, not the objects in it"
LACKS_BUCKET = "names objects, not the bucket itself"
"""Two common mistakes: object actions need ``bucket/*``, bucket actions need the ARN of the bucket."""


@dataclass(frozen=True, slots=True)
class PolicyRequest:
    """One action of one caller on one resource (an ARN)."""

    caller: Caller
    action: str
    resource: str
    request_context: RequestContext = field(default_factory=RequestContext)


def is_of_bucket(action: str) -> bool:
    return "Bucket" in action or action.endswith("Configuration")


def resource_arn(location: Location, partition: str = "aws") -> str:
    if location.bucket.startswith("arn:"):
        return location.bucket + (f"/object/{location.key}" if location.key else "")
    return f"arn:{partition}:s3:::{location.bucket}" + (f"/{location.key}" if location.key else "")


def read_policy(document: str, request: PolicyRequest, *, covers_object: bool = True) -> PolicyReading:
    """Read every statement for one request.

    `covers_object` is False if another account owns the object: then no Allow applies, but every Deny does (Amazon S3
    user guide, "How Amazon S3 authorizes a request for an object operation").
    """
    parsed = parse_document(document)
    readings = [read_statement(statement, request, covers_object) for statement in parsed.statements]
    return PolicyReading(document, readings, covers_object, parsed.problem)


def read_statement(statement: PolicyStatement, request: PolicyRequest, covers_object: bool = True) -> StatementReading:
    """`covers_object` as for `read_policy`."""
    judgement = judge_statement(statement, request)
    covers = _judge_scope(statement, request).applies is not Applies.NO
    if not covers_object and statement.effect is Effect.ALLOW and judgement.applies is not Applies.NO:
        judgement, covers = no("the object belongs to another account than the bucket"), False
    conditions = read_conditions(statement, request.request_context) if covers else []
    return StatementReading(statement.sid, statement.effect, judgement.applies, judgement.why, conditions, covers)


def judge_statement(statement: PolicyStatement, request: PolicyRequest) -> Judgement:
    return all_of([_judge_scope(statement, request), judge_conditions(statement, request.request_context)])


def _judge_scope(statement: PolicyStatement, request: PolicyRequest) -> Judgement:
    return all_of(judge_scope(statement, request).values())


def judge_scope(statement: PolicyStatement, request: PolicyRequest) -> dict[str, Judgement]:
    """Whether each element of a statement matches a request, by the element's name; without conditions."""
    named = statement.principals
    return {
        "Principal": judge_principals(named, request.caller, statement.effect) if named else yes(),
        "Action": _judge_action(statement.actions, request.action),
        "Resource": _judge_resource(statement, request),
    }


def _judge_action(actions: Patterns, action: str) -> Judgement:
    covered = any(fits(wild(text.lower()), action.lower()) for text in actions.texts)
    if covered == actions.inverted:
        return no(f"excludes {action}" if actions.inverted else f"is not about {action}")
    return yes()


def _judge_resource(statement: PolicyStatement, request: PolicyRequest) -> Judgement:
    resources, doubtful = statement.resources, False
    for text in resources.texts:
        pattern = expand(text, request.request_context, wildcards=True) if statement.variables else wild(text)
        if isinstance(pattern, Unresolved):
            doubtful = doubtful or not pattern.absent
        elif fits(pattern, request.resource):
            return no("excludes this resource") if resources.inverted else yes()
    if any(_may_be_behind(text, request.resource) for text in resources.texts):
        return maybe(f"covers {' and '.join(resources.texts)}, which may be what the access point leads to")
    if doubtful:
        return maybe(f"covers {' and '.join(resources.texts)}, which depends on the caller")
    return yes() if resources.inverted else no(_missed(resources, request.resource))


def _may_be_behind(text: str, resource: str) -> bool:
    """Whether `text` may be the bucket of an access point, which is not known here.

    Bucket policies name the bucket, not the access point (Amazon S3 user guide, "Configuring IAM policies for using
    access points").
    """
    try:
        (bucket, key), (_, wanted) = split_arn(resource), split_arn(text)
    except ValueError:
        return False
    return is_access_point(bucket) and fits(wild(wanted), key)


def _missed(resources: Patterns, resource: str) -> str:
    bucket, slash, _ = resource.partition("/")
    if slash and resources.texts and all(text == bucket for text in resources.texts):
        return LACKS_OBJECTS
    if not slash and resources.texts and all(text.startswith(f"{bucket}/") for text in resources.texts):
        return LACKS_BUCKET
    return "is about other resources"


def allowed_accounts(document: str, action: str, below: str) -> list[str]:
    """Accounts (``*``: everyone) that an Allow gives an action below an ARN; conditions are ignored."""
    found: dict[str, None] = {}
    for statement in parse_document(document).statements:
        if statement.effect is not Effect.ALLOW or statement.principals is None or statement.principals.inverted:
            continue
        if _judge_action(statement.actions, action).applies is Applies.NO or not _reaches(statement.resources, below):
            continue
        names = [name for kind, name in statement.principals.named if kind == "AWS"]
        found |= dict.fromkeys(name if name == EVERYBODY else named_account(name) for name in names)
    return [account for account in found if account]


def _reaches(resources: Patterns, below: str) -> bool:
    """Whether a resource may be at or below an ARN: they are equal up to the first wildcard or variable."""
    if resources.inverted:
        return True
    heads = [(text, re.split(r"[*?]|\$\{", text, maxsplit=1)[0]) for text in resources.texts]
    return any(head.startswith(below) or (head != text and below.startswith(head)) for text, head in heads)


_ACCESS_POINT = "s3:dataaccesspointarn"
_FIXED = frozenset(
    {
        *("aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths"),
        *("aws:sourceaccount", "aws:sourcearn", "aws:sourceowner", "aws:sourcevpc", "aws:sourcevpce", "aws:userid"),
        *("s3:dataaccesspointaccount", _ACCESS_POINT, "sts:externalid"),
    }
)
"""A fixed value of one of these keys makes a statement not public."""
_POSITIVE = re.compile(
    r"(forany\w*:|forall\w*:)?(string(equals|like|equalsignorecase)|arn(equals|like))", re.IGNORECASE
)
_BROADEST = {4: 8, 6: 32}
"""The shortest network prefix that counts as fixed, by IP version."""


def is_public(statement: PolicyStatement) -> bool:
    """Whether a statement makes its policy public: an Allow for everyone without a condition on a fixed value."""
    principals = statement.principals
    if statement.effect is not Effect.ALLOW or principals is None:
        return False
    everybody = principals.inverted or any(name == EVERYBODY for _, name in principals.named)
    return everybody and not any(_closes(each) for each in statement.conditions)


def _closes(condition: Condition) -> bool:
    """Whether a condition restricts access to named callers or networks."""
    key = condition.key.lower()
    if key == "aws:sourceip":
        return condition.operator.lower() == "ipaddress" and all(_is_narrow(each) for each in condition.wanted)
    if key not in _FIXED or not _POSITIVE.fullmatch(condition.operator):
        return False
    return bool(condition.wanted) and not any(_is_open(key, each) for each in condition.wanted)


def _is_open(key: str, value: str) -> bool:
    """Whether a value is not fixed. Paths of one organisation are fixed, and all access points of one account."""
    fixed = value.partition("/")[0] if value.startswith("o-") or key == _ACCESS_POINT else value
    return any(mark in fixed for mark in ("*", "?", "${"))


def _is_narrow(network: str) -> bool:
    try:
        found = ip_network(network, strict=False)
    except ValueError:
        return False
    return found.prefixlen >= _BROADEST[found.version]
