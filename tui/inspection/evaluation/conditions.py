"""What has to change about one condition: in the request, in the statement, or both. Pure."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from tui.core.facts import ConditionReading, Effect
from tui.core.policy import PolicyEdit, Remedy
from tui.inspection.evaluation.edits import Raw, changed, excluding, raw_statement, with_condition, without_condition
from tui.inspection.evaluation.inquiry import Inquiry
from tui.inspection.evaluation.readings import ReadStatement
from tui.inspection.request_context import vpc_endpoint_id
from tui.inspection.rules.conditions import SOURCE_IP, is_met_without, is_negated

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
"""What to give AssumeRole."""


def condition_remedy(one: ReadStatement, condition: ConditionReading, inquiry: Inquiry, who: str) -> Remedy:
    """How an Allow comes to apply, or a Deny not to, by this condition of it. `who` changes the document."""
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
        words = f"{_change(one.reading.effect, condition)} {where}"
        return Remedy(f"{who}: {words}.{_or_otherwise(one, condition, inquiry)}", change)
    return _without_value(one, condition, inquiry, who, where)


def _send(one: ReadStatement, condition: ConditionReading) -> Remedy | None:
    """The header to send: the wanted value, if the request would then do what the statement asks for."""
    wants = (one.reading.effect is Effect.ALLOW) != is_negated(condition)
    header = condition.key.partition(":")[2]
    if wants and condition.wanted and "null" not in condition.operator.lower():
        return Remedy(f"Send the request with the header {header}: {' or '.join(condition.wanted)}.")
    if condition.has and not wants:
        return Remedy(f"Send the request without {header}: {' and '.join(condition.has)}.")
    return None


def by_value(one: ReadStatement, condition: ConditionReading) -> PolicyEdit | None:
    """The statement that wants what the request has there, or wants it no more; None: the request has nothing there."""
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
    """Whether a Deny is for a network that the request comes from."""
    return effect is Effect.DENY and condition.operator.lower().startswith("ipaddress")


def _sparing_addresses(statement: Raw, condition: ConditionReading) -> Raw:
    """A Deny that spares these addresses alone: all conditions have to be met, so one more narrows it.

    Without the network it would no longer deny anyone in it.
    """
    before = dict(dict(statement.get("Condition") or {}).get(_SPARED) or {}).get(condition.key, [])
    before = [before] if isinstance(before, str) else before
    alone = [f"{value}/{ip_address(value).max_prefixlen}" for value in condition.has or []]
    return with_condition(statement, _SPARED, condition.key, [*before, *alone])


def _removed(condition: ConditionReading) -> list[str]:
    """The wanted values that the request has there."""
    return [text for text in condition.wanted if any(_contains(text, value) for value in condition.has or [])]


def _contains(wanted: str, value: str) -> bool:
    """Whether a wanted value is that of the request, or a network in which it lies."""
    try:
        return wanted == value or ip_address(value) in ip_network(wanted, strict=False)
    except ValueError:
        return False


def _wanting(statement: Raw, condition: ConditionReading, values: list[str]) -> Raw:
    return with_condition(statement, condition.operator, condition.key, values)


def adds(effect: Effect, condition: ConditionReading) -> bool:
    """Whether one more wanted value helps: it widens an Allow, and narrows a Deny by a negated operator."""
    return (effect is Effect.ALLOW) != is_negated(condition)


def _change(effect: Effect, condition: ConditionReading) -> str:
    values = " and ".join(condition.has or [])
    if adds(effect, condition):
        return f"add {values} to"
    if _is_address_denied(effect, condition):
        return f"exclude {values} ({_SPARED}) from"
    return f"remove {' and '.join(_removed(condition))} from"


def _or_otherwise(one: ReadStatement, condition: ConditionReading, inquiry: Inquiry) -> str:
    """What the caller could do instead."""
    wanted = " or ".join(condition.wanted)
    if condition.key.lower() in _WAY:
        return f" Or send the requests through {wanted}." if adds(one.reading.effect, condition) else ""
    if condition.key.lower() == "s3:prefix" and adds(one.reading.effect, condition):
        return f" Or list only {wanted}."
    if condition.key.lower().startswith(_TAG) and inquiry.action != "s3:PutObject":
        return f" Or give the object the tag {condition.key.partition('/')[2]} = {wanted}."
    return ""


def _without_value(one: ReadStatement, condition: ConditionReading, inquiry: Inquiry, who: str, where: str) -> Remedy:
    """The request has nothing there, or nobody knows what: the way may change, or the statement spares the caller."""
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
    """A Deny that no longer counts for this caller; of an Allow nothing, a statement of its own is better."""
    if one.reading.effect is Effect.ALLOW or one.statement.principals is None:
        return None
    statement = excluding(raw_statement(one), inquiry.caller)
    return changed(one, statement) if statement else None


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _by_address(one: ReadStatement, condition: ConditionReading, inquiry: Inquiry, who: str) -> Remedy:
    """What S3 sees of a request through a VPC endpoint is the endpoint, and no source address."""
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
