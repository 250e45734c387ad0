"""The Condition of a policy statement, judged as far as the request's circumstances are known.

Rules: IAM user guide, "IAM JSON policy elements: Condition operators" and "Multivalued context keys". A key that the
request does not carry fails a condition, unless the operator is a negated one or ends in ``IfExists``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

from tui.inspection.circumstances import Circumstances
from tui.inspection.judgement import Judgement, all_of, maybe, no, yes
from tui.inspection.patterns import Token, Unresolved, expand, fits, fits_arn, plain, wild
from tui.inspection.statements import Condition, Statement

Test = Callable[[str, Sequence[Token]], bool]
"""Whether a value of the request fits one wanted value."""


@dataclass(frozen=True, slots=True)
class _Operator:
    test: Test
    words: str = ""
    """What stands between key and value in a sentence: ``needs aws:SourceIp other than 203.0.113.0/24``."""
    negated: bool = False
    wildcards: bool = False


def _text(tokens: Sequence[Token]) -> str:
    return "".join(token if isinstance(token, str) else token.value for token in tokens)


def _same_ignoring_case(value: str, wanted: Sequence[Token]) -> bool:
    return value.lower() == _text(wanted).lower()


def _in_network(value: str, wanted: Sequence[Token]) -> bool:
    try:
        return ip_address(value) in ip_network(_text(wanted), strict=False)
    except ValueError:
        return False


def _moment(text: str) -> float:
    """Seconds since the epoch of a number or of an ISO 8601 date; raises `ValueError`."""
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _compare(decide: Callable[[float, float], bool], read: Callable[[str], float]) -> Test:
    def test(value: str, wanted: Sequence[Token]) -> bool:
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
_NEGATIONS = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "notipaddress": "ipaddress",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
}
_ALL, _ANY = "forallvalues:", "foranyvalue:"
"""Quantifiers over the values of a key; without a value the first holds and the second does not."""

_OPERATORS: Mapping[str, _Operator] = _POSITIVE | {
    name: _Operator(_POSITIVE[other].test, "other than ", negated=True, wildcards=_POSITIVE[other].wildcards)
    for name, other in _NEGATIONS.items()
}


def judge_conditions(statement: Statement, circumstances: Circumstances) -> Judgement:
    """Whether all conditions of a statement hold."""
    return all_of(_judge(one, circumstances, statement.variables) for one in statement.conditions)


def _judge(condition: Condition, circumstances: Circumstances, variables: bool) -> Judgement:
    quantifier, name = _split(condition.operator.lower())
    values = circumstances.value(condition.key)
    if name == "null":
        return _judge_null(condition, values)
    lenient = name.endswith("ifexists")
    operator = _OPERATORS.get(name.removesuffix("ifexists"))
    if operator is None:
        return maybe(f"uses the condition operator {condition.operator}, which cannot be judged here")
    needs = f"needs {condition.key} {operator.words}{' or '.join(condition.wanted)}"
    if values is None:
        note = circumstances.note(condition.key)
        return maybe(f"{needs} ({note})" if note else needs)
    if not values:
        holds = lenient or quantifier == _ALL or (operator.negated and quantifier != _ANY)
        return yes() if holds else no(f"{needs}; a request from here has none")
    return _compare_values(condition, operator, values, circumstances if variables else None, needs)


def _split(operator: str) -> tuple[str, str]:
    """Take the quantifier off: ``forallvalues:``, ``foranyvalue:`` or nothing."""
    quantifier, colon, name = operator.rpartition(":")
    return quantifier + colon, name


def _judge_null(condition: Condition, values: tuple[str, ...] | None) -> Judgement:
    wants_absent = condition.wanted[:1] == ["true"]
    needs = f"needs a request {'without' if wants_absent else 'with'} {condition.key}"
    if values is None:
        return maybe(needs)
    return yes() if (not values) == wants_absent else no(needs)


def _compare_values(
    condition: Condition,
    operator: _Operator,
    values: tuple[str, ...],
    variables: Circumstances | None,
    needs: str,
) -> Judgement:
    wanted = [_expand(text, operator.wildcards, variables) for text in condition.wanted]
    known = [one for one in wanted if not isinstance(one, Unresolved)]
    fitting = [any(operator.test(value, one) for one in known) != operator.negated for value in values]
    if any(isinstance(one, Unresolved) and not one.absent for one in wanted) and all(fitting) == operator.negated:
        return maybe(needs)
    holds = any(fitting) if _split(condition.operator.lower())[0] == _ANY else all(fitting)
    return yes() if holds else no(f"{needs}; here it is {' and '.join(values)}")


def _expand(text: str, wildcards: bool, variables: Circumstances | None) -> Sequence[Token] | Unresolved:
    if variables is None:
        return wild(text) if wildcards else plain(text)
    return expand(text, variables, wildcards=wildcards)
