"""JSON from outside, bounded: a text that is too long or nested too deep is refused before it is read.

`json` calls itself for every level: some hundred thousand brackets are a `RecursionError`. No policy of AWS comes near
these bounds: a bucket policy has at most 20 KiB (Amazon S3 User Guide, "Bucket policies"), a trust policy 4,096
characters (IAM User Guide, "IAM and AWS STS quotas").

A name that stands twice is refused: readers disagree on which one counts, so that what is shown would not be what is
sent. So is half of a character, which cannot be written.
"""

from __future__ import annotations

import json
import re
from typing import Any

LONGEST = 1 << 20
"""Characters that are read at most."""

DEEPEST = 64
"""Levels of lists and objects that are read at most."""

_MARKS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
"""A string, as far as it goes, or a bracket."""


def read_json(text: str) -> object:
    """The value of a JSON text; raise `ValueError`, in words, for one that cannot be read or is out of bounds."""
    if len(text) > LONGEST:
        raise ValueError(f"it is longer than {LONGEST:,} characters")
    if _is_deep(text):
        raise ValueError(f"it is nested deeper than {DEEPEST} levels")
    value: object = json.loads(text, object_pairs_hook=_once)
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = error.object[error.start : error.start + 1]
        raise ValueError(f"it has half of a character: \\u{ord(half):04x}") from error
    return value


def is_json(text: str) -> bool:
    """Whether it is JSON within the bounds, for who only shows it: a name may be there twice."""
    try:
        if len(text) <= LONGEST and not _is_deep(text):
            json.loads(text)
            return True
    except ValueError:
        pass
    return False


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members; one that is there twice would hide the other."""
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise ValueError(f"{name} is there twice")
        members[name] = value
    return members


def _is_deep(text: str) -> bool:
    depth = 0
    for mark in _MARKS.finditer(text):
        if mark[0] in "[{":
            depth += 1
            if depth > DEEPEST:
                return True
        elif mark[0] in "]}":
            depth -= 1
    return False
