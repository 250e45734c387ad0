"""The statements of a policy as typed values. Invalid parts become a sentence, not an exception.

Rules: IAM user guide, "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from tui.core.facts import Applies, Effect
from tui.core.json_text import read_json

VARIABLES_SINCE = "2012-10-17"
"""In older policies ``${…}`` is plain text, not a variable."""

EVERYBODY = "*"

LONGEST_POLICY = 64 * 1024
"""Characters. S3 accepts 20 KiB, and matching wildcards takes time."""

MOST_STATEMENTS = 500
"""A bucket policy of 20 KiB has room for about 200."""


@dataclass(frozen=True, slots=True)
class PrincipalElement:
    """The Principal of a statement: ``("AWS", "111122223333")``; `inverted`: NotPrincipal."""

    named: Sequence[tuple[str, str]]
    inverted: bool = False


@dataclass(frozen=True, slots=True)
class Patterns:
    """The Action or Resource of a statement; `inverted`: NotAction, NotResource."""

    texts: Sequence[str]
    inverted: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator on one key: ``("StringEquals", "aws:PrincipalArn", ["arn:…"])``; one of `wanted` must match."""

    operator: str
    key: str
    wanted: Sequence[str]


@dataclass(frozen=True, slots=True)
class PolicyStatement:
    """`sid` is ``#2`` for the second statement if it has no Sid. An identity policy has no `principals`."""

    sid: str
    effect: Effect
    principals: PrincipalElement | None
    actions: Patterns
    resources: Patterns
    conditions: Sequence[Condition]
    variables: bool = True
    number: int = 0
    """Counted from 1."""


@dataclass(frozen=True, slots=True)
class ParsedPolicy:
    """The valid statements; `problem` describes the others, empty: there are none."""

    statements: Sequence[PolicyStatement]
    problem: str = ""


class _StatementError(ValueError):
    """Why a statement is invalid."""


class PolicyForm(Enum):
    """The elements that a policy's statements have."""

    RESOURCE = auto()
    """With Principal and Resource."""
    IDENTITY = auto()
    """Without Principal: policies of users and roles, permissions boundaries, session policies."""
    TRUST = auto()
    """Without Resource: it is the role."""


@lru_cache(maxsize=64)
def parse_document(text: str, form: PolicyForm = PolicyForm.RESOURCE) -> ParsedPolicy:
    """Skip invalid statements; `problem` names them."""
    if len(text) > LONGEST_POLICY:
        return ParsedPolicy([], f"the policy is longer than {LONGEST_POLICY:,} characters")
    try:
        source = read_json(text)
    except ValueError as error:
        return ParsedPolicy([], f"the policy cannot be read as JSON: {error}")
    if not isinstance(source, dict):
        return ParsedPolicy([], "the policy is not a JSON object")
    listed = source.get("Statement")
    if isinstance(listed, dict):
        listed = [listed]
    if not isinstance(listed, list):
        return ParsedPolicy([], "the policy has no list of statements")
    variables = str(source.get("Version", "")) >= VARIABLES_SINCE
    return _statements(listed, variables, form)


def _statements(listed: list[object], variables: bool, form: PolicyForm) -> ParsedPolicy:
    statements, problems = [], []
    if len(listed) > MOST_STATEMENTS:
        problems.append(f"it has more than {MOST_STATEMENTS:,} statements; the rest is ignored")
    for number, one in enumerate(listed[:MOST_STATEMENTS], start=1):
        try:
            statements.append(_statement(one, number, variables, form))
        except _StatementError as error:
            problems.append(f"statement #{number} {error}")
    return ParsedPolicy(statements, "; ".join(problems))


def _statement(source: object, number: int, variables: bool, form: PolicyForm) -> PolicyStatement:
    if not isinstance(source, dict):
        raise _StatementError("is not a JSON object")
    if form is PolicyForm.TRUST and "NotResource" not in source:
        source = {"Resource": EVERYBODY, **source}
    effect = source.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise _StatementError("has an Effect that is neither Allow nor Deny")
    sid = source.get("Sid")
    return PolicyStatement(
        sid=sid if isinstance(sid, str) and sid else f"#{number}",
        effect=Effect(effect),
        principals=None if form is PolicyForm.IDENTITY else _principals(source),
        actions=_patterns(source, "Action"),
        resources=_patterns(source, "Resource"),
        conditions=_conditions(source.get("Condition", {})),
        variables=variables,
        number=number,
    )


def _principals(source: Mapping[str, object]) -> PrincipalElement:
    element, inverted = _either(source, "Principal")
    if element == EVERYBODY:
        return PrincipalElement([("AWS", EVERYBODY)], inverted)
    if not isinstance(element, dict):
        raise _StatementError("has a Principal that is neither * nor a JSON object")
    return PrincipalElement(
        [(str(kind), name) for kind, names in element.items() for name in _strings(names)], inverted
    )


def _patterns(source: Mapping[str, object], name: str) -> Patterns:
    element, inverted = _either(source, name)
    return Patterns(_strings(element), inverted)


def _either(source: Mapping[str, object], name: str) -> tuple[object, bool]:
    if name in source:
        return source[name], False
    if f"Not{name}" in source:
        return source[f"Not{name}"], True
    raise _StatementError(f"has no {name}")


def _conditions(source: object) -> list[Condition]:
    if not isinstance(source, dict):
        raise _StatementError("has a Condition that is not a JSON object")
    conditions = []
    for operator, tests in source.items():
        if not isinstance(tests, dict):
            raise _StatementError(f"has a condition operator {operator} without keys")
        conditions += [Condition(operator, key, _strings(wanted)) for key, wanted in tests.items()]
    return conditions


def _strings(source: object) -> list[str]:
    """Policies may write one value without a list, and use JSON's booleans and numbers."""
    values = source if isinstance(source, list) else [source]
    if any(not isinstance(value, str | bool | int | float) for value in values):
        raise _StatementError("has a value that is not a string, number or boolean")
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in values]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether something applies, and why, as a clause."""

    applies: Applies
    why: str = ""


def yes(why: str = "") -> Judgement:
    return Judgement(Applies.YES, why)


def no(why: str) -> Judgement:
    return Judgement(Applies.NO, why)


def maybe(why: str) -> Judgement:
    return Judgement(Applies.MAYBE, why)


def all_of(judgements: Iterable[Judgement]) -> Judgement:
    """NO with the first reason, else MAYBE with the reasons of all MAYBEs, else YES with all reasons."""
    collected = list(judgements)
    for wanted in (Applies.NO, Applies.MAYBE):
        reasons = [one.why for one in collected if one.applies is wanted]
        if reasons:
            return Judgement(wanted, reasons[0] if wanted is Applies.NO else "; ".join(reasons))
    return yes("; ".join(one.why for one in collected if one.why))
