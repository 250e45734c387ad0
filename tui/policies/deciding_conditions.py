"""The condition that decides a statement, and how to change it.

Rules: IAM user guide, "AWS global condition context keys"; Amazon S3 user guide, "Controlling access from VPC endpoints
with bucket policies".
"""

from __future__ import annotations

from tui.core.facts import Applies, ConditionReading, Effect, StatementReading
from tui.core.identity import Identity
from tui.policies.endpoint_policy import network_path, passes_no_endpoint, vpc_endpoint
from tui.policies.evidence import Evidence

SOURCE_IP = "aws:sourceip"
_SECURE = "aws:securetransport"
_VPC = ("aws:sourcevpce", "aws:sourcevpc", "aws:vpcsourceip", "aws:sourcevpcarn", "aws:vpceaccount")
_FIRST = (_SECURE, *_VPC, SOURCE_IP)
"""The keys of the network path. If several conditions fail, the remedy is about one of these."""


def failing_condition(statement: StatementReading) -> ConditionReading | None:
    """The condition that alone keeps an Allow from applying, or may do so."""
    if not statement.covers:
        return None
    failed = [one for one in statement.conditions if one.applies is Applies.NO]
    doubtful = [one for one in statement.conditions if one.applies is Applies.MAYBE]
    return min(failed or doubtful, key=_rank, default=None)


def deciding_condition(statement: StatementReading) -> ConditionReading | None:
    """The condition because of which a Deny applies or may apply; None: the statement has no conditions."""
    doubtful = [one for one in statement.conditions if one.applies is Applies.MAYBE]
    found = doubtful or statement.conditions
    return min(found, key=_rank) if found else None


def _rank(condition: ConditionReading) -> int:
    key = condition.key.lower()
    return _FIRST.index(key) if key in _FIRST else len(_FIRST)


def is_negated(condition: ConditionReading) -> bool:
    return "not" in condition.operator.lower()


def is_met_without(condition: ConditionReading) -> bool:
    return is_negated(condition) or condition.operator.lower().endswith("ifexists")


def condition_remedy(
    evidence: Evidence, statement: StatementReading, condition: ConditionReading, identity: Identity
) -> str:
    """How to change the condition so that an Allow applies to the identity's requests, or a Deny does not."""
    key = condition.key.lower()
    if key == _SECURE and condition.has == ["false"]:
        url = f": it is {evidence.endpoint.url}" if evidence.endpoint else ""
        return f"Use https for the endpoint of {identity.label}{url}."
    if key == SOURCE_IP:
        return f"{evidence.as_bucket_owner}: {address_remedy(evidence, statement, condition)}."
    takes_values = condition.operator.lower().rpartition(":")[2].startswith(("string", "arn", "binary"))
    if condition.has is None or not takes_values:
        return f"{evidence.as_bucket_owner}: check {condition.key} in {statement.sid} for {identity.label}."
    if condition.has:
        return _by_value(evidence, statement, condition, key)
    return _without_value(evidence, statement, condition, identity)


def _by_value(evidence: Evidence, statement: StatementReading, condition: ConditionReading, key: str) -> str:
    values, helps = " and ".join(condition.has or []), adds(statement.effect, condition)
    change = f"{f'add {values} to' if helps else f'remove {values} from'} {condition.key} in {statement.sid}"
    if key in _VPC:
        through = " or ".join(condition.wanted)
        away = f"send the requests through {through}" if helps else "send them by another path"
        return f"{evidence.as_bucket_owner}: {change}. Or {away}."
    return f"{evidence.as_bucket_owner}: {change}."


def _without_value(
    evidence: Evidence, statement: StatementReading, condition: ConditionReading, identity: Identity
) -> str:
    """The remedy if requests from here have no value for the key that could be added."""
    wanted = " or ".join(condition.wanted)
    owner = f"{evidence.as_bucket_owner}: exclude {identity.label} from {condition.key} in {statement.sid}"
    if condition.key.lower() in _VPC and adds(statement.effect, condition):
        url = f"; they now go to {evidence.endpoint.url}" if evidence.endpoint else ""
        return f"Send the requests of {identity.label} through {wanted}{url}. Or {owner[0].lower()}{owner[1:]}."
    return f"{owner}."


def adds(effect: Effect, condition: ConditionReading) -> bool:
    """Whether adding a value helps: it widens an Allow, and narrows a Deny with a negated operator."""
    return (effect is Effect.ALLOW) != is_negated(condition)


def address_remedy(evidence: Evidence, statement: StatementReading, condition: ConditionReading) -> str:
    """How the bucket owner changes a condition on ``aws:SourceIp``, by the address or endpoint that S3 sees."""
    vpce, sid = vpc_endpoint(evidence), statement.sid
    if not adds(statement.effect, condition) and (condition.has or not vpce):
        here = " and ".join(condition.has or []) or "this machine's public IP"
        if statement.effect is Effect.DENY:  # the Deny is for this network: without the value it would deny nobody
            return f"exclude {here} (NotIpAddress) from aws:SourceIp in {sid}"
        return f"remove {here} from aws:SourceIp in {sid}"
    by_endpoint = _by_endpoint(sid, condition, vpce or "vpce-… (the endpoint ID)")
    if vpce:
        return by_endpoint
    if condition.has:
        return f"add {' and '.join(condition.has)} to aws:SourceIp in {sid}" + (
            "" if passes_no_endpoint(evidence) else f", or {by_endpoint}"
        )
    public = f"add this machine's public IP to aws:SourceIp in {sid}"
    if passes_no_endpoint(evidence):
        return public
    path = network_path(evidence)
    if path and path.endpoint:
        return f"{_by_endpoint(sid, condition, path.endpoint)} (if requests go through it); else {public}"
    return f"{public}; behind a VPC endpoint, {by_endpoint}"


def _by_endpoint(sid: str, condition: ConditionReading, vpce: str) -> str:
    wanted = f'{{"aws:SourceVpce": "{vpce}"}}'
    if is_met_without(condition):
        return f"add StringNotEquals {wanted} to the condition of {sid}"
    return f"add a copy of {sid} with StringEquals {wanted} instead of aws:SourceIp"
