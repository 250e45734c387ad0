"""The `Condition` block of a policy statement.

Rules: IAM user guide, "IAM JSON policy elements: Condition operators". A negated operator is true when the key is
absent from the request; any other does not, unless its name ends in `IfExists`.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any, Final

Context = Mapping[str, str]
"""Condition keys of a request, in lower case, and their values."""


@lru_cache(maxsize=1024)
def _pattern(pattern: str) -> re.Pattern[str]:
    translated = "".join({"*": ".*", "?": "."}.get(letter) or re.escape(letter) for letter in pattern)
    return re.compile(translated, re.DOTALL)


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text fits a pattern with `*` and `?`, which are the only special characters."""
    return _pattern(pattern).fullmatch(text) is not None


def _in_network(value: str, wanted: str) -> bool:
    try:
        return ip_address(value) in ip_network(wanted, strict=False)
    except ValueError:
        return False


def _equal_numbers(value: str, wanted: str) -> bool:
    return value.isdigit() and wanted.isdigit() and int(value) == int(wanted)


def _same_truth(value: str, wanted: str) -> bool:
    return value.lower() == wanted.lower()


_TESTS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "stringequals": lambda value, wanted: value == wanted,
    "stringequalsignorecase": lambda value, wanted: value.lower() == wanted.lower(),
    "stringlike": lambda value, wanted: matches(wanted, value),
    "arnequals": lambda value, wanted: matches(wanted, value),
    "arnlike": lambda value, wanted: matches(wanted, value),
    "numericequals": _equal_numbers,
    "ipaddress": _in_network,
    "bool": _same_truth,
}
_NEGATED: Final = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "numericnotequals": "numericequals",
    "notipaddress": "ipaddress",
}


def known_operator(operator: str) -> bool:
    """Whether this module can decide the operator; a policy with another is refused when it is put."""
    name = operator.lower().removesuffix("ifexists")
    return name == "null" or name in _TESTS or name in _NEGATED


def hold(conditions: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    """Whether every operator is true for each of its keys."""
    return all(
        _holds(operator.lower(), context.get(key.lower()), as_strings(wanted))
        for operator, tests in conditions.items()
        for key, wanted in tests.items()
    )


def as_strings(value: Any) -> list[str]:
    """A policy's value or list of values, JSON booleans in lower case."""
    values = value if isinstance(value, list) else [value]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values]


def _holds(operator: str, value: str | None, wanted: list[str]) -> bool:
    if operator == "null":
        return (value is None) == (wanted[0].lower() == "true")
    name = operator.removesuffix("ifexists")
    positive = _NEGATED.get(name)
    if value is None:
        return positive is not None or name != operator
    test = _TESTS[positive or name]
    return any(test(value, one) for one in wanted) == (positive is None)
