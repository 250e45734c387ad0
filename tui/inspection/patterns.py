"""Policy texts with wildcards and variables.

Rules: IAM user guide, "IAM JSON policy elements: Resource" (wildcards) and "IAM policy elements: Variables and tags".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from tui.inspection.circumstances import Circumstances

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
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


def plain(text: str) -> tuple[Token, ...]:
    """A text whose characters all stand for themselves."""
    return tuple(text)


@lru_cache(maxsize=1024)
def wild(text: str) -> tuple[Token, ...]:
    """A text in which ``*`` and ``?`` are wildcards."""
    return tuple(Wild(letter) if letter in "*?" else letter for letter in text)


def expand(text: str, circumstances: Circumstances, *, wildcards: bool) -> tuple[Token, ...] | Unresolved:
    """Put the values of the variables (``${aws:username}``) in; wildcards inside a value stand for themselves."""
    read = wild if wildcards else plain
    tokens: list[Token] = []
    end = 0
    for found in _VARIABLE.finditer(text):
        value = _value(found[1], circumstances)
        if isinstance(value, Unresolved):
            return value
        tokens += read(text[end : found.start()])
        tokens += plain(value)
        end = found.end()
    return (*tokens, *read(text[end:]))


def _value(inside: str, circumstances: Circumstances) -> str | Unresolved:
    name, comma, default = inside.partition(",")
    if inside in _ESCAPES:
        return _ESCAPES[inside]
    values = circumstances.value(name.strip())
    if values is None:
        return Unresolved(name.strip(), absent=False)
    if len(values) == 1:
        return values[0]
    return default.strip().strip("'") if comma else Unresolved(name.strip(), absent=True)


def fits(pattern: Sequence[Token], text: str) -> bool:
    """Whether the whole text fits. Takes at most ``len(pattern) * len(text)`` steps, however many stars there are."""
    at, here, star, resume = 0, 0, -1, 0
    while at < len(text):
        token = pattern[here] if here < len(pattern) else None
        if token is Wild.MANY:
            star, resume, here = here, at, here + 1
        elif token is Wild.ONE or token == text[at]:
            at, here = at + 1, here + 1
        elif star >= 0:
            resume += 1
            at, here = resume, star + 1
        else:
            return False
    return all(token is Wild.MANY for token in pattern[here:])


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
