"""How an explicit Deny stops to count for one caller: by its condition, its exceptions, or its removal. Pure."""

from __future__ import annotations

from tui.core.policy import Remedy
from tui.inspection.callers import Caller
from tui.inspection.evaluation.conditions import condition_remedy
from tui.inspection.evaluation.edits import (
    changed,
    excluding,
    raw_statement,
    with_principals,
    with_value,
    without_principal,
)
from tui.inspection.evaluation.inquiry import Inquiry
from tui.inspection.evaluation.readings import ReadStatement
from tui.inspection.evaluation.remedies import whom
from tui.inspection.patterns import literal
from tui.inspection.rules.conditions import deciding_condition

_OVERRIDES = "An explicit Deny overrides every Allow."


def undo_denial(one: ReadStatement, inquiry: Inquiry) -> Remedy:
    """The step after which this Deny does not apply any more."""
    who, condition = whom(one.policy, inquiry), deciding_condition(one.reading)
    if condition is not None:
        remedy = condition_remedy(one, condition, inquiry, who)
        if remedy.edit is not None or not remedy.sentence.startswith(who):
            return remedy
    return _except(one, inquiry, who)


def _except(one: ReadStatement, inquiry: Inquiry, who: str) -> Remedy:
    """The caller, or (in a policy of its own) the action or resource, becomes an exception; else the Deny has to go."""
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
    """Whether the statement names the caller also as one of many."""
    named = [name for _, name in one.statement.principals.named] if one.statement.principals else []
    return any(name in ("*", caller.account, f"arn:{caller.partition}:iam::{caller.account}:root") for name in named)


def _all_names(caller: Caller) -> list[str]:
    """A NotPrincipal has to name the session, its role and the account (IAM user guide, "NotPrincipal")."""
    root = f"arn:{caller.partition}:iam::{caller.account}:root"
    return list(dict.fromkeys(name for name in (caller.arn, caller.principal_arn, root) if name))


def _in_own_policy(one: ReadStatement, inquiry: Inquiry, who: str) -> Remedy:
    raw, sid, title, request = (
        raw_statement(one),
        one.reading.sid,
        one.policy.title,
        inquiry.request,
    )
    for element, inverted, value in (
        ("NotAction", one.statement.actions.inverted, request.action),
        ("NotResource", one.statement.resources.inverted, literal(request.resource)),
    ):
        if inverted:
            edit = changed(one, with_value(raw, element, value))
            return Remedy(f"{who}: add {value} to {element} of statement {sid} of {title}. {_OVERRIDES}", edit)
    return Remedy(f"{who}: remove or narrow statement {sid} of {title}. {_OVERRIDES}", changed(one, None))
