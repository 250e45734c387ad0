"""What has to change so that a request is allowed: one step for each policy that stands against it. Pure."""

from __future__ import annotations

import json

from tui.core.facts import Applies
from tui.core.policy import LayerKind, PolicyEdit, PolicyKind, Remedy
from tui.inspection.access import handing_over, taking_over
from tui.inspection.evaluation.conditions import condition_remedy
from tui.inspection.evaluation.decision import restriction
from tui.inspection.evaluation.documents import PolicyText
from tui.inspection.evaluation.edits import (
    allow_caller,
    changed,
    for_caller,
    new_statement,
    principal_of,
    raw_statement,
    with_principals,
    with_value,
)
from tui.inspection.evaluation.inquiry import Inquiry
from tui.inspection.evaluation.near import CONDITION, RESOURCE, Near, nearest
from tui.inspection.evaluation.readings import Reading
from tui.inspection.patterns import literal
from tui.inspection.policies import LACKS_OBJECTS, PolicyRequest, is_public
from tui.inspection.principals import Naming, namings

ASSUME = "sts:AssumeRole"


def near_of(layer: LayerKind, inquiry: Inquiry) -> Near | None:
    """The statement that nearly allowed a layer."""
    match layer:
        case LayerKind.BUCKET_POLICY:
            return None if is_restricted(inquiry) else nearest([inquiry.bucket], inquiry)
        case LayerKind.TRUST:
            return nearest([inquiry.bucket], inquiry)
        case LayerKind.IDENTITY:
            return nearest([inquiry.identity_policies, _naming_caller(inquiry)], inquiry)
        case LayerKind.BOUNDARY:
            return nearest([inquiry.boundary], inquiry)
        case LayerKind.SESSION:
            return nearest([inquiry.session], inquiry)
        case LayerKind.ENDPOINT:
            return nearest([inquiry.endpoint], inquiry)
        case _:
            return None


def is_restricted(inquiry: Inquiry) -> bool:
    """Whether a public bucket policy is closed to the caller, who is of another account."""
    return inquiry.is_inside is not True and restriction(inquiry) is True


def _naming_caller(inquiry: Inquiry) -> Reading | None:
    """Of the bucket policy what suffices within one account: statements that name the caller, not only its account."""
    if inquiry.action == ASSUME or not inquiry.is_inside or not inquiry.evidence.covers(inquiry.action):
        return None
    found = [
        one
        for one in inquiry.bucket.statements
        if one.statement.principals and namings(one.statement.principals, inquiry.caller) - {Naming.ACCOUNT}
    ]
    return Reading(tuple(found))


def allow_in_layer(layer: LayerKind, inquiry: Inquiry) -> list[Remedy]:
    """The steps after which one layer allows the request."""
    match layer:
        case LayerKind.OWNER:
            return _hand_over(inquiry)
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
    """One more value in the element that does not fit."""
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
    """Where a condition is about the caller, and the caller does not meet it, a statement of its own helps."""
    condition = near.condition
    if condition is None or not condition.key.lower().startswith("aws:principal"):
        return remedy
    added = _add(layer, inquiry)
    wanted = " or ".join(condition.wanted)
    need = f"Statement {near.sid} needs {condition.key} {wanted}".replace(" null", "")
    return Remedy(f"{need}: if {inquiry.identity.label} is to be allowed without, {_lower(added.sentence)}", added.edit)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _resource(near: Near, request: PolicyRequest) -> str:
    """What to add: the bucket, all its objects where these were meant, or this object."""
    bucket = request.resource.partition("/")[0]
    return f"{bucket}/*" if near.found.scope[RESOURCE].why == LACKS_OBJECTS else literal(request.resource)


def whom(policy: PolicyText, inquiry: Inquiry) -> str:
    """Who changes a document: the beginning of a remedy."""
    if policy.kind is PolicyKind.BUCKET_POLICY:
        return inquiry.evidence.as_bucket_owner
    if policy.kind is PolicyKind.TRUST_POLICY:
        return f"In {inquiry.evidence.context.account_name(policy.account)}"
    if policy.kind is PolicyKind.KEY_POLICY:
        return f"In {inquiry.evidence.context.account_name(policy.account)}" if policy.account else "As the key's owner"
    return f"In {inquiry.identity.label}'s account"


def _add(layer: LayerKind, inquiry: Inquiry) -> Remedy:
    """One more statement."""
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
    """A new inline policy of the caller's user or role."""
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


def _hand_over(inquiry: Inquiry) -> list[Remedy]:
    """The object's owner gives the bucket's owner control, who then copies the object in place."""
    evidence = inquiry.evidence
    return [Remedy(handing_over(evidence)), Remedy(taking_over(evidence))]


def _not_public(inquiry: Inquiry) -> list[Remedy]:
    """A public policy is restricted to the bucket's account until its statements name whom they mean."""
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


def _allows(reading: Reading) -> bool:
    return reading.allowed is Applies.YES
