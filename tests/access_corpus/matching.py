"""Whether one statement of a policy applies to one request: plain and slow, without anything of the product.

IAM user guide: "IAM JSON policy elements" (Principal, NotPrincipal, Action, Resource, Condition operators, Variables).
Everything is known here, so every answer is yes or no.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
    """Policies write one value or a list."""
    values = value if isinstance(value, list) else [value]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values]


def like(pattern: str, text: str) -> bool:
    """``*`` stands for any characters, ``?`` for one."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(like(pattern[1:], text[at:]) for at in range(len(text) + 1))
    return bool(text) and (pattern[0] == "?" or pattern[0] == text[0]) and like(pattern[1:], text[1:])


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
    return _like_marked(whole, text)


def _like_marked(pattern: str, text: str) -> bool:
    """As `like`, where a marked wildcard stands for the character itself."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(_like_marked(pattern[1:], text[at:]) for at in range(len(text) + 1))
    plain = {mark: letter for letter, mark in _LITERAL.items()}.get(pattern[0], pattern[0])
    return bool(text) and (pattern[0] == "?" or plain == text[0]) and _like_marked(pattern[1:], text[1:])


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
    """One value of the request against one wanted value, for a positive operator."""
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
    kind, _, comparison = (
        operator.partition("numeric") if operator.startswith("numeric") else operator.partition("date")
    )
    read = float if operator.startswith("numeric") else _moment
    del kind
    tests: dict[str, Callable[[float, float], bool]] = {
        "equals": lambda one, other: one == other,
        "lessthan": lambda one, other: one < other,
        "lessthanequals": lambda one, other: one <= other,
        "greaterthan": lambda one, other: one > other,
        "greaterthanequals": lambda one, other: one >= other,
    }
    return _ordered(read, tests[comparison])(value, wanted)


def met(operator: str, key: str, wanted: Sequence[str], context: Context) -> bool:
    """Whether one condition is met."""
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
    """Whether a statement applies to a request."""
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
