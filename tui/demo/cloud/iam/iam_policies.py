"""Policies: reads them and evaluates them for one request.

Rules: IAM user guide, "Policy evaluation logic"; Amazon S3 user guide, "Policies and permissions in Amazon S3".
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any, Final, Self

# Conditions, by the IAM user guide, "IAM JSON policy elements: Condition operators". If the request lacks the key, a
# negated operator is true, and any other is false unless its name ends in `IfExists`.

DemoRequestContext = Mapping[str, str]
"""Condition keys of a request in lower case, with their values."""


@lru_cache(maxsize=1024)
def _pattern(pattern: str) -> re.Pattern[str]:
    translated = "".join({"*": ".*", "?": "."}.get(letter) or re.escape(letter) for letter in pattern)
    return re.compile(translated, re.DOTALL)


def matches(pattern: str, text: str) -> bool:
    """Only `*` and `?` are special in a pattern."""
    return _pattern(pattern).fullmatch(text) is not None


def _in_network(value: str, wanted: str) -> bool:
    try:
        return ip_address(value) in ip_network(wanted, strict=False)
    except ValueError:
        return False


_TESTS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "stringequals": lambda value, wanted: value == wanted,
    "stringequalsignorecase": lambda value, wanted: value.lower() == wanted.lower(),
    "stringlike": lambda value, wanted: matches(wanted, value),
    "arnequals": lambda value, wanted: matches(wanted, value),
    "arnlike": lambda value, wanted: matches(wanted, value),
    "numericequals": lambda value, wanted: value.isdigit() and wanted.isdigit() and int(value) == int(wanted),
    "ipaddress": _in_network,
    "bool": lambda value, wanted: value.lower() == wanted.lower(),
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
    """Whether this module can evaluate the operator. PutBucketPolicy refuses a policy with any other."""
    name = operator.lower().removesuffix("ifexists")
    return name == "null" or name in _TESTS or name in _NEGATED


def hold(conditions: Mapping[str, Mapping[str, Any]], context: DemoRequestContext) -> bool:
    return all(
        _holds(operator.lower(), context.get(key.lower()), as_strings(wanted))
        for operator, tests in conditions.items()
        for key, wanted in tests.items()
    )


def as_strings(value: Any) -> list[str]:
    """A policy's value or list of values; JSON booleans become lower case."""
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


class DemoVerdict(Enum):
    """A policy's decision on a request. Deny wins over Allow."""

    SILENT = "silent"
    ALLOW = "allow"
    DENY = "deny"


class PolicyError(ValueError):
    """The text is not a valid policy; the argument says why, in S3's words where S3 has them."""


@dataclass(frozen=True, slots=True)
class CallerPrincipals:
    """The names by which policies can mean the caller of a request."""

    arns: frozenset[str] = frozenset()
    """Account number, root ARN, user or session ARN, role ARN. Empty for an anonymous caller."""
    canonical_id: str = ""
    service: str = ""
    """A service principal such as ``batchoperations.s3.amazonaws.com``; empty for all other callers."""


@dataclass(frozen=True, slots=True)
class DemoStatement:
    """One statement; `principal` is None in an identity policy."""

    allows: bool
    principal: Mapping[str, list[str]] | None
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, Any]]
    inverted: frozenset[str]
    """Elements in their `Not` form: `Action`, `Resource`, `Principal`."""

    @classmethod
    def parse(cls, source: Mapping[str, Any]) -> Self:
        """Raises `PolicyError`."""
        if source.get("Effect") not in ("Allow", "Deny"):
            raise PolicyError("Missing required field Effect")
        names = ("Action", "Resource", "Principal")
        inverted = frozenset(name for name in names if f"Not{name}" in source)
        chosen = {name: source.get(f"Not{name}" if name in inverted else name) for name in names}
        if chosen["Action"] is None:
            raise PolicyError("Missing required field Action")
        conditions = source.get("Condition", {})
        for operator in conditions:
            if not known_operator(operator):
                raise PolicyError(f"Invalid Condition type : {operator}")
        return cls(
            allows=source["Effect"] == "Allow",
            principal=_principal(chosen["Principal"]),
            actions=tuple(action.lower() for action in as_strings(chosen["Action"])),
            resources=tuple(as_strings(chosen["Resource"] if chosen["Resource"] is not None else "*")),
            conditions=conditions,
            inverted=inverted,
        )

    def applies(self, principals: CallerPrincipals, action: str, resource: str, context: DemoRequestContext) -> bool:
        return (
            self.names(principals)
            and self._fits("Action", self.actions, action.lower())
            and self._fits("Resource", self.resources, resource)
            and hold(self.conditions, context)
        )

    def names(self, principals: CallerPrincipals) -> bool:
        """Whether the principal element names the caller. Without the element it means every caller."""
        if self.principal is None:
            return True
        named = self.principal.get("AWS", [])
        canonical = self.principal.get("CanonicalUser", [])
        found = "*" in named or not principals.arns.isdisjoint(named) or principals.canonical_id in canonical
        found = found or (bool(principals.service) and principals.service in self.principal.get("Service", []))
        return found != ("Principal" in self.inverted)

    def _fits(self, element: str, patterns: tuple[str, ...], text: str) -> bool:
        return any(matches(pattern, text) for pattern in patterns) != (element in self.inverted)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy's text and its statements."""

    text: str
    statements: tuple[DemoStatement, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises `PolicyError`."""
        try:
            source = json.loads(text)
        except ValueError as error:
            raise PolicyError("This policy contains invalid Json") from error
        if not isinstance(source, dict) or not source.get("Statement"):
            raise PolicyError("Missing required field Statement")
        statements = source["Statement"]
        listed = statements if isinstance(statements, list) else [statements]
        return cls(text, tuple(DemoStatement.parse(statement) for statement in listed))

    def verdict(
        self, principals: CallerPrincipals, action: str, resource: str, context: DemoRequestContext
    ) -> DemoVerdict:
        found = [one for one in self.statements if one.applies(principals, action, resource, context)]
        if any(not statement.allows for statement in found):
            return DemoVerdict.DENY
        return DemoVerdict.ALLOW if found else DemoVerdict.SILENT

    @property
    def is_public(self) -> bool:
        """Whether a statement without conditions allows something to everyone."""
        return any(
            statement.allows
            and statement.principal is not None
            and "*" in statement.principal.get("AWS", [])
            and not statement.conditions
            for statement in self.statements
        )


def require_principals(policy: Policy) -> None:
    """Every statement of a bucket or trust policy must name a principal. Raises `PolicyError` otherwise."""
    if any(statement.principal is None for statement in policy.statements):
        raise PolicyError("Missing required field Principal")


def _principal(source: Any) -> Mapping[str, list[str]] | None:
    if source is None:
        return None
    if source == "*":
        return {"AWS": ["*"]}
    if not isinstance(source, dict):
        raise PolicyError("Invalid principal in policy")
    return {kind: as_strings(value) for kind, value in source.items()}
