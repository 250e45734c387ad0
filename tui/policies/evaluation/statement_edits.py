"""Changes to policy statements as values: the changed statement, or a new one. Pure.

Rules: IAM user guide, "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

import json
import re
from typing import Any

from tui.core.json_text import read_json
from tui.core.policy import PolicyEdit
from tui.policies.evaluation.policy_documents import PolicyText, ReadStatement
from tui.policies.request_context import Caller, literal

Raw = dict[str, Any]


def raw_statement(one: ReadStatement) -> Raw:
    return _listed_statements(one.policy)[one.statement.number - 1]


def _listed_statements(policy: PolicyText) -> list[Raw]:
    source = read_json(policy.text)
    found: Any = source["Statement"] if isinstance(source, dict) else []
    return found if isinstance(found, list) else [found]


def _name(one: ReadStatement) -> str:
    sids = [each.get("Sid") for each in _listed_statements(one.policy) if hasattr(each, "get")]
    return one.reading.sid if sids.count(one.reading.sid) < 2 else f"#{one.statement.number}"


def changed(one: ReadStatement, statement: Raw | None) -> PolicyEdit:
    """The edit that replaces a statement; None removes it."""
    policy = one.policy
    text = json.dumps(statement) if statement else ""
    return PolicyEdit(policy.kind, policy.account, policy.resource, text, _name(one), policy.name)


def with_value(statement: Raw, element: str, value: str) -> Raw:
    return {**statement, element: [*_listed(statement[element]), value]}


def with_principals(statement: Raw, names: list[str], element: str = "Principal") -> Raw:
    named = statement[element] if isinstance(statement[element], dict) else {"AWS": statement[element]}
    before = _listed(named.get("AWS", []))
    return {**statement, element: {**named, "AWS": [*before, *(one for one in names if one not in before)]}}


def without_principal(statement: Raw, names: set[str]) -> Raw | None:
    named = statement["Principal"]
    left = [one for one in _listed(named.get("AWS", [])) if one not in names]
    others = {kind: one for kind, one in named.items() if kind != "AWS"}
    return {**statement, "Principal": {**others, **({"AWS": left} if left else {})}} if left or others else None


def with_condition(statement: Raw, operator: str, key: str, values: list[str]) -> Raw:
    """The statement with a condition on these values; replaces the condition on the key, if any."""
    conditions: Raw = dict(statement.get("Condition") or {})
    conditions[operator] = {**dict(conditions.get(operator) or {}), key: values[0] if len(values) == 1 else values}
    return {**statement, "Condition": conditions}


def without_condition(statement: Raw, operator: str, key: str) -> Raw:
    conditions: Raw = dict(statement["Condition"])
    rest = {name: wanted for name, wanted in conditions[operator].items() if name != key}
    conditions = {**conditions, operator: rest}
    left = {name: tests for name, tests in conditions.items() if tests}
    return {name: one for name, one in {**statement, "Condition": left}.items() if name != "Condition" or left}


def excluding(statement: Raw, caller: Caller) -> Raw | None:
    """Exclude a caller from a Deny by another condition; None if the caller has no ARN."""
    arns = [caller.principal_arn] if caller.principal_arn else list(caller.principal_shapes)
    if not arns or caller.anonymous:
        return None
    operator = "ArnNotLike"
    before = dict(dict(statement.get("Condition") or {}).get(operator) or {}).get("aws:PrincipalArn", [])
    return with_condition(statement, operator, "aws:PrincipalArn", [*_listed(before), *arns])


def _listed(value: Any) -> list[str]:
    return list(value) if isinstance(value, list) else [value]


def principal_of(caller: Caller) -> str:
    """The principal that names only this caller; for a session, its role. Empty: there is none.

    If the path of the role is unknown, the result is only for sentences: policies need the whole ARN (`allow_caller`).
    """
    if caller.anonymous:
        return ""
    if caller.principal_arn:
        return caller.principal_arn
    shapes = caller.principal_shapes
    return shapes[0] if shapes else f"arn:{caller.partition}:iam::{caller.account}:root" if caller.account else ""


def new_statement(action: str, resource: str, principal: str = "") -> Raw:
    """An Allow of one action on one resource, for one principal or (in an identity policy) without.

    ``*`` alone is any resource; inside a name it is an ordinary character.
    """
    who = re.sub(r"\W", "", principal.rpartition("/")[2].rpartition(":")[2].title())
    verb = action.partition(":")[2]
    return {
        "Sid": f"Allow{who}{verb}",
        "Effect": "Allow",
        **({"Principal": {"AWS": principal}} if principal else {}),
        "Action": action,
        "Resource": resource if resource == "*" else literal(resource),
    }


def allow_caller(action: str, resource: str, caller: Caller) -> Raw:
    return for_caller(new_statement(action, resource, principal_of(caller)), caller)


def for_caller(statement: Raw, caller: Caller) -> Raw:
    """The statement for this caller: as Principal, or by a condition if the path of its role is unknown.

    A Principal takes no wildcards, and an ARN without the path is an invalid principal (IAM Identity Center user guide,
    "Referencing permission sets in resource policies").
    """
    shapes, name = caller.principal_shapes, principal_of(caller)
    if not shapes:
        return {**statement, "Principal": {"AWS": name}} if name else statement
    root = f"arn:{caller.partition}:iam::{shapes[0].split(':')[4]}:root"
    return with_condition({**statement, "Principal": {"AWS": root}}, "ArnLike", "aws:PrincipalArn", list(shapes))
