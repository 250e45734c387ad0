"""Evaluates the Condition of a statement, as far as the condition keys of the request are known.

Rules: IAM user guide, "IAM JSON policy elements: Condition operators" and "Multivalued context keys". A request without
the key does not meet a condition, unless the operator is negated or ends in ``IfExists``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

from tui.core.facts import ConditionReading
from tui.policies.request_context import (
    PatternToken,
    RequestContext,
    Unresolved,
    expand,
    fits,
    fits_arn,
    may_fit,
    plain,
    wild,
)
from tui.policies.statements import Condition, Judgement, PolicyStatement, all_of, maybe, no, yes

Test = Callable[[str, Sequence[PatternToken]], bool]


@dataclass(frozen=True, slots=True)
class _Operator:
    test: Test
    words: str = ""
    """Words between key and value: ``needs aws:SourceIp other than 203.0.113.0/24``."""
    negated: bool = False
    wildcards: bool = False


def _text(tokens: Sequence[PatternToken]) -> str:
    return "".join(token if isinstance(token, str) else token.value for token in tokens)


def _same_ignoring_case(value: str, wanted: Sequence[PatternToken]) -> bool:
    return value.lower() == _text(wanted).lower()


def _in_network(value: str, wanted: Sequence[PatternToken]) -> bool:
    try:
        return ip_address(value) in ip_network(_text(wanted), strict=False)
    except ValueError:
        return False


def _moment(text: str) -> float:
    """The seconds since the epoch of a number or an ISO 8601 date. Raises `ValueError`."""
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _compare(decide: Callable[[float, float], bool], read: Callable[[str], float]) -> Test:
    def test(value: str, wanted: Sequence[PatternToken]) -> bool:
        try:
            return decide(read(value), read(_text(wanted)))
        except (ValueError, OverflowError):
            return False

    return test


_COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "equals": (lambda value, wanted: value == wanted, ""),
    "lessthan": (lambda value, wanted: value < wanted, "below "),
    "lessthanequals": (lambda value, wanted: value <= wanted, "at most "),
    "greaterthan": (lambda value, wanted: value > wanted, "above "),
    "greaterthanequals": (lambda value, wanted: value >= wanted, "at least "),
}

_POSITIVE: dict[str, _Operator] = {
    "stringequals": _Operator(lambda value, wanted: fits(wanted, value)),
    "stringequalsignorecase": _Operator(_same_ignoring_case),
    "stringlike": _Operator(lambda value, wanted: fits(wanted, value), wildcards=True),
    "arnequals": _Operator(lambda value, wanted: fits_arn(wanted, value), wildcards=True),
    "arnlike": _Operator(lambda value, wanted: fits_arn(wanted, value), wildcards=True),
    "binaryequals": _Operator(lambda value, wanted: fits(wanted, value)),
    "bool": _Operator(_same_ignoring_case),
    "ipaddress": _Operator(_in_network),
    **{f"numeric{name}": _Operator(_compare(decide, float), words) for name, (decide, words) in _COMPARISONS.items()},
    **{f"date{name}": _Operator(_compare(decide, _moment), words) for name, (decide, words) in _COMPARISONS.items()},
}
_NEGATED = (
    *("stringnotequals", "stringnotequalsignorecase", "stringnotlike", "arnnotequals", "arnnotlike"),
    *("notipaddress", "numericnotequals", "datenotequals"),
)
_ALL, _ANY = "forallvalues:", "foranyvalue:"
"""If the key has no values, the first is met and the second is not."""

_OPERATORS: Mapping[str, _Operator] = _POSITIVE | {
    name: replace(_POSITIVE[name.replace("not", "")], words="other than ", negated=True) for name in _NEGATED
}


def judge_conditions(statement: PolicyStatement, request_context: RequestContext) -> Judgement:
    return all_of(judge_condition(one, request_context, statement.variables) for one in statement.conditions)


def read_conditions(statement: PolicyStatement, request_context: RequestContext) -> list[ConditionReading]:
    readings = []
    for one in statement.conditions:
        values, judged = request_context.value(one.key), judge_condition(one, request_context, statement.variables)
        has = None if values is None else list(values)
        readings.append(ConditionReading(one.operator, one.key, list(one.wanted), has, judged.applies))
    return readings


def judge_condition(condition: Condition, request_context: RequestContext, variables: bool) -> Judgement:
    """`variables`: whether ``${…}`` is replaced by a value of the request."""
    quantifier, name = _split(condition.operator.lower())
    values = request_context.value(condition.key)
    if name == "null":
        return _judge_null(condition, values)
    lenient = name.endswith("ifexists")
    operator = _OPERATORS.get(name.removesuffix("ifexists"))
    if operator is None:
        return maybe(f"uses the condition operator {condition.operator}, which cannot be evaluated here")
    needs = f"needs {condition.key} {operator.words}{' or '.join(condition.wanted)}"
    if values is None:
        shapes = request_context.shapes.get(condition.key.lower(), ())
        judged = _by_shapes(condition, operator, shapes, request_context if variables else None) if shapes else None
        if judged:
            return judged
        note = request_context.note(condition.key)
        return maybe(f"{needs} ({note})" if note else needs)
    if not values:
        holds = lenient or quantifier == _ALL or (operator.negated and quantifier != _ANY)
        return (
            yes(f"requests from here have no {condition.key}")
            if holds
            else no(f"{needs}; requests from here have none")
        )
    return _compare_values(condition, operator, values, request_context if variables else None, needs)


def _split(operator: str) -> tuple[str, str]:
    """The quantifier (``forallvalues:``, ``foranyvalue:`` or nothing) and the rest."""
    quantifier, colon, name = operator.rpartition(":")
    return quantifier + colon, name


def _judge_null(condition: Condition, values: tuple[str, ...] | None) -> Judgement:
    wants_absent = condition.wanted[:1] == ["true"]
    needs = f"needs requests {'without' if wants_absent else 'with'} {condition.key}"
    if values is None:
        return maybe(needs)
    has = f"requests from here have {condition.key if values else f'no {condition.key}'}"
    return yes(has) if (not values) == wants_absent else no(needs)


_ANY_PATH = "\ue000" * 37
"""Replaces an unknown path. A pattern that matches it matches every path."""


def _by_shapes(
    condition: Condition, operator: _Operator, shapes: Sequence[str], variables: RequestContext | None
) -> Judgement | None:
    """Judge an unknown value by its possible `shapes`; None if these give different results."""
    wanted = [_expand(text, operator.wildcards, variables) for text in condition.wanted]
    known = [one for one in wanted if not isinstance(one, Unresolved)]
    samples = [shape.replace("*", _ANY_PATH) for shape in shapes]
    if all(any(operator.test(sample, one) for one in known) for sample in samples):
        met = not operator.negated
    elif len(known) == len(wanted) and not any(may_fit(one, wild(shape)) for one in known for shape in shapes):
        met = operator.negated
    else:
        return None
    here = f"{condition.key} is {shapes[0]}, with or without a path"
    return yes(here) if met else no(f"needs {condition.key} {operator.words}{' or '.join(condition.wanted)}")


def _compare_values(
    condition: Condition, operator: _Operator, values: tuple[str, ...], variables: RequestContext | None, needs: str
) -> Judgement:
    wanted = [_expand(text, operator.wildcards, variables) for text in condition.wanted]
    known = [one for one in wanted if not isinstance(one, Unresolved)]
    fitting = [any(operator.test(value, one) for one in known) != operator.negated for value in values]
    if any(isinstance(one, Unresolved) and not one.absent for one in wanted) and all(fitting) == operator.negated:
        return maybe(needs)
    holds = any(fitting) if _split(condition.operator.lower())[0] == _ANY else all(fitting)
    here = " and ".join(values)
    other = f", not {' or '.join(condition.wanted)}" if operator.negated else ""
    return yes(f"{condition.key} is {here}{other}") if holds else no(f"{needs}; here it is {here}")


def _expand(text: str, wildcards: bool, variables: RequestContext | None) -> Sequence[PatternToken] | Unresolved:
    if variables is None:
        return wild(text) if wildcards else plain(text)
    return expand(text, variables, wildcards=wildcards)
