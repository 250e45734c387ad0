"""The changes that allow a request: one step for each policy that does not. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from tui.core.facts import Applies, ConditionReading, Effect
from tui.core.policy import LayerKind, PolicyEdit, PolicyKind, Remedy
from tui.policies.access import handing_over, taking_over
from tui.policies.bucket_policy import LACKS_OBJECTS, PolicyRequest, is_public
from tui.policies.deciding_conditions import SOURCE_IP, adds, deciding_condition, is_met_without, is_negated
from tui.policies.evaluation.inquiry import Inquiry
from tui.policies.evaluation.policy_documents import LayerReading, PolicyText, ReadStatement
from tui.policies.evaluation.statement_edits import (
    Raw,
    allow_caller,
    changed,
    excluding,
    for_caller,
    new_statement,
    principal_of,
    raw_statement,
    with_condition,
    with_principals,
    with_value,
    without_condition,
    without_principal,
)
from tui.policies.evaluation.verdict import restriction
from tui.policies.principals import Naming, namings
from tui.policies.request_context import Caller, literal, vpc_endpoint_id

ASSUME = "sts:AssumeRole"


def near_of(layer: LayerKind, inquiry: Inquiry) -> Near | None:
    readings: dict[LayerKind, list[LayerReading | None]] = {
        LayerKind.BUCKET_POLICY: [] if is_restricted(inquiry) else [inquiry.bucket],
        LayerKind.TRUST: [inquiry.bucket],
        LayerKind.IDENTITY: [inquiry.identity_policies, _naming_caller(inquiry)],
        LayerKind.BOUNDARY: [inquiry.boundary],
        LayerKind.SESSION: [inquiry.session],
        LayerKind.ENDPOINT: [inquiry.endpoint],
    }
    return nearest(readings.get(layer, []), inquiry)


def is_restricted(inquiry: Inquiry) -> bool:
    """Whether RestrictPublicBuckets keeps out the caller, who is in another account."""
    return inquiry.is_inside is not True and restriction(inquiry) is True


def _naming_caller(inquiry: Inquiry) -> LayerReading | None:
    """Statements of the bucket policy that suffice within one account, because they name the caller itself."""
    if inquiry.action == ASSUME or not inquiry.is_inside or not inquiry.evidence.covers(inquiry.action):
        return None
    found = [
        one
        for one in inquiry.bucket.statements
        if one.statement.principals and namings(one.statement.principals, inquiry.caller) - {Naming.ACCOUNT}
    ]
    return LayerReading(tuple(found))


def allow_in_layer(layer: LayerKind, inquiry: Inquiry) -> list[Remedy]:
    match layer:
        case LayerKind.OWNER:
            return [Remedy(handing_over(inquiry.evidence)), Remedy(taking_over(inquiry.evidence))]
        case LayerKind.KEY:
            return _key(inquiry)
        case LayerKind.PUBLIC_ACCESS if is_restricted(inquiry):
            return _not_public(inquiry)
        case LayerKind.PUBLIC_ACCESS:
            return [Remedy("Send the request without a public ACL: the public access block refuses those.")]
        case LayerKind.BUCKET_POLICY if is_restricted(inquiry):
            return [*_not_public(inquiry), _add(layer, inquiry)]
    near = near_of(layer, inquiry)
    return [_change(near, inquiry, layer) if near else _add(layer, inquiry)]


def _change(near: Near, inquiry: Inquiry, layer: LayerKind) -> Remedy:
    one, policy = near.found, near.found.policy
    who = whom(policy, inquiry)
    if near.element == CONDITION and near.condition is not None:
        remedy = condition_remedy(one, near.condition, inquiry, who)
        return _with_own_statement(remedy, near, inquiry, layer) if remedy.edit is None else remedy
    statement = raw_statement(one)
    if near.element == RESOURCE:
        value = _resource(near, inquiry.request)
        edit = changed(one, with_value(statement, near.element, value))
    elif near.element == "Action":
        value = inquiry.action
        edit = changed(one, with_value(statement, near.element, value))
    else:
        value = principal_of(inquiry.caller)
        edit = changed(one, with_principals(statement, [value]))
    return Remedy(f"{who}: in statement {near.sid} of {policy.title}, add {value} to {near.element}.", edit)


def _with_own_statement(remedy: Remedy, near: Near, inquiry: Inquiry, layer: LayerKind) -> Remedy:
    """Add a statement for the caller, who does not meet a condition on the caller."""
    condition = near.condition
    if condition is None or not condition.key.lower().startswith("aws:principal"):
        return remedy
    added = _add(layer, inquiry)
    wanted = " or ".join(condition.wanted)
    need = f"Statement {near.sid} needs {condition.key} {wanted}".replace(" null", "")
    return Remedy(f"{need}: to allow {inquiry.identity.label} without it, {_lower(added.sentence)}", added.edit)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _resource(near: Near, request: PolicyRequest) -> str:
    """The resource to add: the bucket, all its objects if these were meant, or this object."""
    bucket = request.resource.partition("/")[0]
    return f"{bucket}/*" if near.found.scope[RESOURCE].why == LACKS_OBJECTS else literal(request.resource)


def whom(policy: PolicyText, inquiry: Inquiry) -> str:
    if policy.kind is PolicyKind.BUCKET_POLICY:
        return inquiry.evidence.as_bucket_owner
    if policy.kind is PolicyKind.TRUST_POLICY:
        return f"In {inquiry.evidence.context.account_name(policy.account)}"
    if policy.kind is PolicyKind.KEY_POLICY:
        return f"In {inquiry.evidence.context.account_name(policy.account)}" if policy.account else "As the key's owner"
    return f"In {inquiry.identity.label}'s account"


def _add(layer: LayerKind, inquiry: Inquiry) -> Remedy:
    request = inquiry.request
    match layer:
        case LayerKind.BUCKET_POLICY:
            return _add_to_bucket(inquiry)
        case LayerKind.TRUST:
            return _add_to_trust(inquiry)
        case LayerKind.IDENTITY:
            return allow_in_own_policies(inquiry, request.action, request.resource)
        case LayerKind.BOUNDARY | LayerKind.SESSION | LayerKind.ENDPOINT:
            return _add_to_limit(layer, inquiry)
        case _:
            return Remedy(f"Allow {request.action} on {request.resource} in the {layer.value}.")


def _add_to_bucket(inquiry: Inquiry) -> Remedy:
    evidence, request = inquiry.evidence, inquiry.request
    principal = principal_of(inquiry.caller)
    if not principal and not inquiry.caller.anonymous:
        wanted = f"add a statement that allows {request.action} on {request.resource} to {inquiry.identity.label}"
        return Remedy(f"{evidence.as_bucket_owner}: {wanted}.")
    if not principal:
        return Remedy(f"Sign the request as an identity that {evidence.bucket_owner_name} allows {request.action}.")
    account = evidence.context.account(evidence.bucket_owner) if evidence.bucket_owner else ""
    text = json.dumps(allow_caller(request.action, request.resource, inquiry.caller))
    sentence = f"add a statement that allows {request.action} on {request.resource} to {principal}"
    edit = PolicyEdit(PolicyKind.BUCKET_POLICY, account, evidence.location.bucket, text)
    return Remedy(f"{evidence.as_bucket_owner}: {sentence}.", edit)


def _add_to_trust(inquiry: Inquiry) -> Remedy:
    principal = principal_of(inquiry.caller)
    if not inquiry.bucket.policies:
        return Remedy(f"In the role's account: allow {inquiry.action} to {principal} in the trust policy of the role.")
    policy = inquiry.bucket.policies[0]
    statement = {
        name: one for name, one in allow_caller(inquiry.action, "", inquiry.caller).items() if name != "Resource"
    }
    edit = PolicyEdit(PolicyKind.TRUST_POLICY, policy.account, policy.resource, json.dumps(statement))
    return Remedy(f"{whom(policy, inquiry)}: allow {inquiry.action} to {principal} in {policy.title}.", edit)


def allow_in_own_policies(inquiry: Inquiry, action: str, resource: str) -> Remedy:
    identity, caller = inquiry.identity, inquiry.caller
    who = identity.principal or identity.label
    sentence = f"In {identity.label}'s account: allow {action} on {resource} in the policies of {who}."
    kind = PolicyKind.USER_POLICY if caller.user_name else PolicyKind.ROLE_POLICY
    name = caller.user_name or (who.rpartition("/")[2] if who.startswith("role/") else "")
    if not name:
        return Remedy(sentence)
    return Remedy(sentence, PolicyEdit(kind, caller.account, name, json.dumps(new_statement(action, resource))))


def _add_to_limit(layer: LayerKind, inquiry: Inquiry) -> Remedy:
    by_layer = {
        LayerKind.BOUNDARY: inquiry.boundary,
        LayerKind.SESSION: inquiry.session,
        LayerKind.ENDPOINT: inquiry.endpoint,
    }
    reading, request = by_layer[layer], inquiry.request
    policy = reading.policies[0] if reading and reading.policies else None
    sentence = f"allow {request.action} on {request.resource} in the {layer.value}"
    if policy is None:
        return Remedy(f"In {inquiry.identity.label}'s account: {sentence}.")
    principal = "*" if layer is LayerKind.ENDPOINT else ""
    text = json.dumps(new_statement(request.action, request.resource, principal))
    return Remedy(
        f"{whom(policy, inquiry)}: {sentence} ({policy.resource}).",
        PolicyEdit(policy.kind, policy.account, policy.resource, text, policy_name=policy.name),
    )


def _not_public(inquiry: Inquiry) -> list[Remedy]:
    """S3 restricts a public policy to the bucket's account until every statement names its principals."""
    principal = principal_of(inquiry.caller)
    evidence = inquiry.evidence
    public = [one for one in inquiry.bucket.statements if is_public(one.statement)]
    inverted = any(one.statement.principals and one.statement.principals.inverted for one in public)
    if not principal or inverted or len(public) != 1:
        return [Remedy(f"{evidence.as_bucket_owner}: name principals instead of * in the bucket policy.")]
    (one,) = public
    statement = for_caller(raw_statement(one), inquiry.caller)
    return [
        Remedy(
            f"{evidence.as_bucket_owner}: name {principal} instead of * as Principal of statement {one.reading.sid}. "
            "RestrictPublicBuckets closes a public policy to other accounts.",
            changed(one, statement),
        )
    ]


def _key(inquiry: Inquiry) -> list[Remedy]:
    key = inquiry.key
    if key is None or key.is_managed:
        return [Remedy(f"{inquiry.evidence.as_bucket_owner}: encrypt the object with a customer managed KMS key.")]
    steps = []
    action, principal = key.request.action, principal_of(inquiry.caller)
    if key.policy.policies and principal and not _allows(key.policy):
        (policy,) = key.policy.policies
        text = json.dumps(allow_caller(action, "*", inquiry.caller))
        who = whom(policy, inquiry)
        edit = PolicyEdit(PolicyKind.KEY_POLICY, key.account, key.arn, text)
        steps.append(Remedy(f"{who}: allow {action} to {principal} in the policy of {key.arn}.", edit))
    if key.identity is not None and not _allows(key.identity):
        steps.append(allow_in_own_policies(inquiry, action, key.arn))
    return steps or [Remedy(f"Allow {action} on {key.arn} to {inquiry.identity.label}.")]


def _allows(reading: LayerReading) -> bool:
    return reading.allowed is Applies.YES


_SECURE = "aws:securetransport"
_SPARED = "NotIpAddress"
_WAY = ("aws:sourcevpce", "aws:sourcevpc", "aws:vpcsourceip", "aws:sourcevpcarn", "aws:vpceaccount")
_HEADERS = "s3:x-amz-"
_TAG = "s3:existingobjecttag/"
_OF_ROLES = {
    "sts:externalid": "Assume the role with the ExternalId that {title} requires: {wanted}.",
    "aws:multifactorauthpresent": "Assume the role with an MFA device: {title} requires one.",
    "sts:rolesessionname": "Assume the role with the session name that {title} requires: {wanted}.",
}


def condition_remedy(one: ReadStatement, condition: ConditionReading, inquiry: Inquiry, who: str) -> Remedy:
    """How to change the condition so that an Allow applies, or a Deny does not. `who` changes the document."""
    key = condition.key.lower()
    if key == _SECURE and condition.has == ["false"]:
        endpoint = inquiry.evidence.endpoint
        url = f": it is {endpoint.url}" if endpoint else ""
        return Remedy(f"Use https for the endpoint of {inquiry.identity.label}{url}.")
    if key in _OF_ROLES:
        wanted = " or ".join(condition.wanted)
        return Remedy(_OF_ROLES[key].format(title=one.policy.title, wanted=wanted))
    if key.startswith(_HEADERS) and (sent := _send(one, condition)):
        return sent
    change = by_value(one, condition)
    where = f"{condition.key} in statement {one.reading.sid} of {one.policy.title}"
    if change is not None:
        words = f"{_condition_change(one.reading.effect, condition)} {where}"
        return Remedy(f"{who}: {words}.{_or_otherwise(one, condition, inquiry)}", change)
    return _without_value(one, condition, inquiry, who, where)


def _send(one: ReadStatement, condition: ConditionReading) -> Remedy | None:
    """The header to send or omit, if the request then meets the statement."""
    wants = (one.reading.effect is Effect.ALLOW) != is_negated(condition)
    header = condition.key.partition(":")[2]
    if wants and condition.wanted and "null" not in condition.operator.lower():
        return Remedy(f"Send the request with the header {header}: {' or '.join(condition.wanted)}.")
    if condition.has and not wants:
        return Remedy(f"Send the request without {header}: {' and '.join(condition.has)}.")
    return None


def by_value(one: ReadStatement, condition: ConditionReading) -> PolicyEdit | None:
    """The statement with the request's value added or removed; None: the request has no value for the key."""
    operator = condition.operator.lower().rpartition(":")[2]
    if not condition.has or not operator.startswith(("string", "arn", "ipaddress", "notipaddress")):
        return None
    statement = raw_statement(one)
    if adds(one.reading.effect, condition):
        return changed(one, _wanting(statement, condition, [*condition.wanted, *condition.has]))
    if _is_address_denied(one.reading.effect, condition):
        return changed(one, _sparing_addresses(statement, condition))
    left = [text for text in condition.wanted if text not in _removed(condition)]
    if len(left) == len(condition.wanted) or not left:
        return None
    return changed(one, _wanting(statement, condition, left))


def _is_address_denied(effect: Effect, condition: ConditionReading) -> bool:
    """Whether a Deny is for a network of the request's source address."""
    return effect is Effect.DENY and condition.operator.lower().startswith("ipaddress")


def _sparing_addresses(statement: Raw, condition: ConditionReading) -> Raw:
    """Exclude just these addresses from a Deny: all conditions must be met, so another one narrows it.

    Without its network, the Deny would apply to nobody there.
    """
    before = dict(dict(statement.get("Condition") or {}).get(_SPARED) or {}).get(condition.key, [])
    before = [before] if isinstance(before, str) else before
    alone = [f"{value}/{ip_address(value).max_prefixlen}" for value in condition.has or []]
    return with_condition(statement, _SPARED, condition.key, [*before, *alone])


def _removed(condition: ConditionReading) -> list[str]:
    return [text for text in condition.wanted if any(_contains(text, value) for value in condition.has or [])]


def _contains(wanted: str, value: str) -> bool:
    """Whether a value in the policy equals the request's, or is a network that contains it."""
    try:
        return wanted == value or ip_address(value) in ip_network(wanted, strict=False)
    except ValueError:
        return False


def _wanting(statement: Raw, condition: ConditionReading, values: list[str]) -> Raw:
    return with_condition(statement, condition.operator, condition.key, values)


def _condition_change(effect: Effect, condition: ConditionReading) -> str:
    values = " and ".join(condition.has or [])
    if adds(effect, condition):
        return f"add {values} to"
    if _is_address_denied(effect, condition):
        return f"exclude {values} ({_SPARED}) from"
    return f"remove {' and '.join(_removed(condition))} from"


def _or_otherwise(one: ReadStatement, condition: ConditionReading, inquiry: Inquiry) -> str:
    wanted = " or ".join(condition.wanted)
    if condition.key.lower() in _WAY:
        return f" Or send the requests through {wanted}." if adds(one.reading.effect, condition) else ""
    if condition.key.lower() == "s3:prefix" and adds(one.reading.effect, condition):
        return f" Or list only {wanted}."
    if condition.key.lower().startswith(_TAG) and inquiry.action != "s3:PutObject":
        return f" Or give the object the tag {condition.key.partition('/')[2]} = {wanted}."
    return ""


def _without_value(one: ReadStatement, condition: ConditionReading, inquiry: Inquiry, who: str, where: str) -> Remedy:
    """The request's value is absent or unknown: change its network path, or exclude the caller."""
    key, label = condition.key.lower(), inquiry.identity.label
    wanted = " or ".join(condition.wanted)
    if key == SOURCE_IP:
        return _by_address(one, condition, inquiry, who)
    spare = _spare(one, inquiry)
    helps = adds(one.reading.effect, condition)
    if key in _WAY and helps:
        return Remedy(
            f"Send the requests of {label} through {wanted}. Or {_lower(who)}: exclude {label} from {where}.", spare
        )
    if key.startswith(_TAG) and helps:
        return Remedy(f"Give the object the tag {condition.key.partition('/')[2]} = {wanted}.")
    if spare is None:
        return Remedy(f"{who}: check {where} for {label}.")
    return Remedy(f"{who}: exclude {label} from {where}.", spare)


def _spare(one: ReadStatement, inquiry: Inquiry) -> PolicyEdit | None:
    """Exclude this caller from the Deny; None for an Allow, where a new statement is better."""
    if one.reading.effect is Effect.ALLOW or one.statement.principals is None:
        return None
    statement = excluding(raw_statement(one), inquiry.caller)
    return changed(one, statement) if statement else None


def _by_address(one: ReadStatement, condition: ConditionReading, inquiry: Inquiry, who: str) -> Remedy:
    """For a request through a VPC endpoint, S3 sees the endpoint, and no source address."""
    endpoint, sid = inquiry.evidence.endpoint, one.reading.sid
    vpce = vpc_endpoint_id(endpoint) if endpoint else ""
    known = inquiry.request.request_context.value("aws:SourceVpce")
    vpce = vpce or (known[0] if known else "")
    wanted = f'{{"aws:SourceVpce": "{vpce or "vpce-… (the endpoint ID)"}"}}'
    statement = raw_statement(one)
    if is_met_without(condition) and one.reading.effect is Effect.DENY:
        sentence = f"{who}: add StringNotEquals {wanted} to the condition of {sid}."
        edit = changed(one, with_condition(statement, "StringNotEquals", "aws:SourceVpce", [vpce])) if vpce else None
        return Remedy(sentence, edit)
    if not adds(one.reading.effect, condition):
        return Remedy(f"{who}: check aws:SourceIp in {sid} for {inquiry.identity.label}.")
    copy = without_condition(statement, condition.operator, condition.key)
    copy = with_condition(copy, "StringEquals", "aws:SourceVpce", [vpce]) | {"Sid": f"{sid.strip('#')}ByEndpoint"}
    sentence = f"add a copy of {sid} with StringEquals {wanted} instead of aws:SourceIp"
    if vpce:
        edit = changed(one, copy)
        return Remedy(f"{who}: {sentence}.", PolicyEdit(edit.kind, edit.account, edit.resource, edit.statement_json))
    return Remedy(f"{who}: add this machine's public IP to aws:SourceIp in {sid}; behind a VPC endpoint, {sentence}.")


CONDITION, RESOURCE, PRINCIPAL, ACTION = "Condition", "Resource", "Principal", "Action"
_ORDER = (CONDITION, RESOURCE, PRINCIPAL, ACTION)
"""Which element counts as nearest, the nearest first."""

_AWS_MANAGED = ":iam::aws:policy/"


@dataclass(frozen=True, slots=True)
class Near:
    """A statement and its one element that does not match; for a condition, which one."""

    found: ReadStatement
    element: str
    condition: ConditionReading | None = None

    @property
    def sid(self) -> str:
        return self.found.reading.sid


def nearest(readings: Iterable[LayerReading | None], inquiry: Inquiry) -> Near | None:
    """The nearest Allow; if several are, the one in the first document."""
    found = [near for reading in readings if reading for near in _all_near(reading, inquiry)]
    return min(found, key=lambda near: _ORDER.index(near.element), default=None)


def _all_near(reading: LayerReading, inquiry: Inquiry) -> Iterator[Near]:
    for one in reading.of(Effect.ALLOW, Applies.NO, Applies.MAYBE):
        if _AWS_MANAGED in one.policy.resource:
            continue  # nobody can change a policy of AWS
        near = _near(one)
        if near and _can_change(near, inquiry):
            yield near


def _near(one: ReadStatement) -> Near | None:
    wrong = [name for name, judged in one.scope.items() if judged.applies is not Applies.YES]
    failing = [each for each in _conditions(one) if each.applies is not Applies.YES]
    if len(wrong) + len(failing) != 1:
        return None
    return Near(one, CONDITION, failing[0]) if failing else Near(one, wrong[0])


def _conditions(one: ReadStatement) -> list[ConditionReading]:
    """Its conditions. They are evaluated only if the other elements match, and else count as failing."""
    if one.reading.covers or not one.statement.conditions:
        return one.reading.conditions
    return [ConditionReading(each.operator, each.key, [], None, Applies.MAYBE) for each in one.statement.conditions]


def _can_change(near: Near, inquiry: Inquiry) -> bool:
    """Whether adding a value allows the caller: not to an inverted element, nor to a service principal."""
    statement = near.found.statement
    if near.element == ACTION:
        service = inquiry.action.partition(":")[0] + ":"
        same = any(text.lower().startswith(service) for text in statement.actions.texts)
        return same and not statement.actions.inverted
    if near.element == RESOURCE:
        return not statement.resources.inverted
    if near.element == PRINCIPAL:
        principals = statement.principals
        named = principals.named if principals and not principals.inverted else ()
        kind = near.found.policy.kind
        useless = (
            bool(inquiry.caller.principal_shapes)
            or (kind is PolicyKind.BUCKET_POLICY and inquiry.is_inside)
            or (kind is PolicyKind.ENDPOINT_POLICY and inquiry.by_gateway)
        )
        return any(each == "AWS" for each, _ in named) and not inquiry.caller.anonymous and not useless
    return True


_OVERRIDES = "An explicit Deny overrides every Allow."


def undo_denial(one: ReadStatement, inquiry: Inquiry) -> Remedy:
    who, condition = whom(one.policy, inquiry), deciding_condition(one.reading)
    if condition is not None:
        remedy = condition_remedy(one, condition, inquiry, who)
        if remedy.edit is not None or not remedy.sentence.startswith(who):
            return remedy
    return _except(one, inquiry, who)


def _except(one: ReadStatement, inquiry: Inquiry, who: str) -> Remedy:
    """Exclude the caller, or (in the caller's own policy) the action or resource; else remove the Deny."""
    statement, caller = one.statement, inquiry.caller
    raw, sid, title = raw_statement(one), one.reading.sid, one.policy.title
    label = inquiry.identity.label
    if statement.principals is None:
        return _in_own_policy(one, inquiry, who)
    if statement.principals.inverted and not caller.bounded:
        names = _all_names(caller)
        edit = changed(one, with_principals(raw, names, "NotPrincipal"))
        return Remedy(f"{who}: add {' and '.join(names)} to NotPrincipal of statement {sid}. {_OVERRIDES}", edit)
    own = {caller.arn, caller.principal_arn}
    if any(kind == "AWS" and name in own for kind, name in statement.principals.named) and not _names_more(one, caller):
        edit = changed(one, without_principal(raw, own))
        return Remedy(f"{who}: remove {label} from the Principal of statement {sid} of {title}. {_OVERRIDES}", edit)
    spared = excluding(raw, caller)
    sentence = f"{who}: exclude {label} from that Deny (statement {sid}). {_OVERRIDES}"
    return Remedy(sentence, changed(one, spared) if spared else None)


def _names_more(one: ReadStatement, caller: Caller) -> bool:
    named = [name for _, name in one.statement.principals.named] if one.statement.principals else []
    return any(name in ("*", caller.account, f"arn:{caller.partition}:iam::{caller.account}:root") for name in named)


def _all_names(caller: Caller) -> list[str]:
    """NotPrincipal must name the session, its role and the account (IAM user guide, "NotPrincipal")."""
    root = f"arn:{caller.partition}:iam::{caller.account}:root"
    return list(dict.fromkeys(name for name in (caller.arn, caller.principal_arn, root) if name))


def _in_own_policy(one: ReadStatement, inquiry: Inquiry, who: str) -> Remedy:
    raw, sid, title, request = (raw_statement(one), one.reading.sid, one.policy.title, inquiry.request)
    for element, inverted, value in (
        ("NotAction", one.statement.actions.inverted, request.action),
        ("NotResource", one.statement.resources.inverted, literal(request.resource)),
    ):
        if inverted:
            edit = changed(one, with_value(raw, element, value))
            return Remedy(f"{who}: add {value} to {element} of statement {sid} of {title}. {_OVERRIDES}", edit)
    return Remedy(f"{who}: remove or narrow statement {sid} of {title}. {_OVERRIDES}", changed(one, None))
