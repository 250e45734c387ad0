"""Policy texts with wildcards and variables.

Rules: IAM user guide, "IAM JSON policy elements: Resource" (wildcards) and "IAM policy elements: Variables and tags".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from tui.inspection.request_context import RequestContext

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_SPECIAL = re.compile(r"[*?$]")
_ESCAPES = {"*": "*", "?": "?", "$": "$"}
_ARN_FIELDS = 6


class Wild(Enum):
    """The wildcards of a policy; every other character stands for itself."""

    MANY = "*"
    ONE = "?"


Token = str | Wild
"""One character that stands for itself, or a wildcard."""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A policy variable that has no value: `absent` for sure, or only not known from here."""

    variable: str
    absent: bool


def literal(text: str) -> str:
    """A text as a policy has it in which no character is a wildcard or begins a variable."""
    return _SPECIAL.sub(r"${\g<0>}", text)


def plain(text: str) -> tuple[Token, ...]:
    """A text whose characters all stand for themselves."""
    return tuple(text)


@lru_cache(maxsize=1024)
def wild(text: str) -> tuple[Token, ...]:
    """A text in which ``*`` and ``?`` are wildcards."""
    return tuple(Wild(letter) if letter in "*?" else letter for letter in text)


def expand(text: str, request_context: RequestContext, *, wildcards: bool) -> tuple[Token, ...] | Unresolved:
    """Put the values of the variables (``${aws:username}``) in; wildcards inside a value stand for themselves."""
    read = wild if wildcards else plain
    tokens: list[Token] = []
    end = 0
    for found in _VARIABLE.finditer(text):
        value = _value(found[1], request_context)
        if isinstance(value, Unresolved):
            return value
        tokens += read(text[end : found.start()])
        tokens += plain(value)
        end = found.end()
    return (*tokens, *read(text[end:]))


def _value(inside: str, request_context: RequestContext) -> str | Unresolved:
    name, comma, default = inside.partition(",")
    if inside in _ESCAPES:
        return _ESCAPES[inside]
    values = request_context.value(name.strip())
    if values is None:
        return Unresolved(name.strip(), absent=False)
    if len(values) == 1:
        return values[0]
    return default.strip().strip("'") if comma else Unresolved(name.strip(), absent=True)


def fits(pattern: Sequence[Token], text: str) -> bool:
    """Whether the whole text fits. Takes at most ``len(pattern) * len(text)`` steps, however many stars there are."""
    return _expression(tuple(pattern)).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _expression(pattern: tuple[Token, ...]) -> re.Pattern[str]:
    """The pattern for `re`: what follows a star is found at its first place, and never looked for again (``(?>…)``).

    The last part alone has to be at the end, so it is looked for from there.
    """
    first, *parts = _between_stars(pattern)
    if not parts:
        return re.compile(first, re.DOTALL)
    *middle, last = parts
    found = "".join(f"(?>.*?{part})" for part in middle if part)
    return re.compile(f"{first}{found}.*{last}", re.DOTALL)


def _between_stars(pattern: Sequence[Token]) -> list[str]:
    parts = [""]
    for token in pattern:
        if token is Wild.MANY:
            parts.append("")
        else:
            parts[-1] += "." if token is Wild.ONE else re.escape(str(token))
    return parts


def may_fit(pattern: Sequence[Token], other: Sequence[Token]) -> bool:
    """Whether any text fits both patterns. Takes at most ``len(pattern) * len(other)`` steps."""
    reached = _skip(pattern, {0})
    for token in other:
        if token is Wild.MANY:
            reached = set(range(min(reached), len(pattern) + 1)) if reached else reached
            continue
        stay = {at for at in reached if at < len(pattern) and pattern[at] is Wild.MANY}
        pass_ = {at + 1 for at in reached - stay if at < len(pattern) and _agree(pattern[at], token)}
        reached = _skip(pattern, stay | pass_)
    return len(pattern) in reached


def _agree(one: Token, other: Token) -> bool:
    return one == other or Wild.ONE in (one, other)


def _skip(pattern: Sequence[Token], places: set[int]) -> set[int]:
    """The places, and those behind stars that stand there: a star may stand for nothing."""
    reached = set(places)
    for at in sorted(places):
        while at < len(pattern) and pattern[at] is Wild.MANY:
            at += 1  # walks on from the place
            reached.add(at)
    return reached


def fits_arn(pattern: Sequence[Token], arn: str) -> bool:
    """Whether an ARN fits field by field: a wildcard never reaches over one of the first five colons."""
    fields = _split_fields(pattern)
    values = arn.split(":", _ARN_FIELDS - 1)
    return len(fields) == len(values) and all(map(fits, fields, values))


def _split_fields(pattern: Sequence[Token]) -> list[list[Token]]:
    fields: list[list[Token]] = [[]]
    for one in pattern:
        if one == ":" and len(fields) < _ARN_FIELDS:
            fields.append([])
        else:
            fields[-1].append(one)
    return fields
