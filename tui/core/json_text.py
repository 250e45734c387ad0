"""Reads JSON from outside within limits; escapes JSON for terminals."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

# `json` recurses for every level: some hundred thousand brackets raise `RecursionError`. No policy of AWS comes near
# these limits: a bucket policy has at most 20 KiB (Amazon S3 User Guide, "Bucket policies"), a trust policy 4,096
# characters (IAM User Guide, "IAM and AWS STS quotas").
#
# Duplicate names are refused: readers disagree which one counts, so that the text shown might not be the one sent. Lone
# surrogates are refused, because they cannot be written.

LONGEST = 1 << 20
"""The most characters that are read."""

DEEPEST = 64
"""The most levels of lists and objects that are read."""

_MARKS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
"""A string (possibly unterminated) or a bracket."""


def read_json(text: str) -> object:
    """The value of a JSON text. Raises `ValueError` with the reason if it cannot be read or exceeds the limits."""
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
    """Whether it is JSON within the limits. For display only: duplicate names are allowed."""
    try:
        if len(text) <= LONGEST and not _is_deep(text):
            json.loads(text)
            return True
    except ValueError:
        pass
    return False


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members. A duplicate name would hide one of them."""
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


# JSON for terminals: characters that a terminal interprets or does not show are escaped. Lossless (RFC 8259).

_BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
"""Printable by category, but invisible (Unicode, Default_Ignorable_Code_Point; U+2800 is an empty cell)."""

_PLAIN = re.compile(r"[ -~]*")
_BLANKS = re.compile(f"[{_BLANK}]")


def encode_json(value: object) -> bytes:
    """`value` as one line of JSON in UTF-8; invisible characters become ``\\uXXXX``.

    These are C1, DEL, bidirectional and zero-width characters, separators, and unassigned characters. ``json.loads``
    returns exactly the input, including command line bytes that are not UTF-8 (lone surrogates). Raises `TypeError`
    for what JSON cannot express.
    """
    try:
        return escaped(msgspec.json.encode(value).decode()).encode()
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(value), separators=(",", ":")).encode()


def escaped(text: str) -> str:
    """JSON text with the invisible characters of its strings escaped. Outside of strings JSON has none."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(map(_escaped, text)) if not text.isprintable() or _BLANKS.search(text) else text


def _escaped(character: str) -> str:
    if character.isprintable() and not _BLANKS.match(character):
        return character
    return escape(character)


def escape(text: str) -> str:
    """Every character as ``\\uXXXX``, for a JSON string."""
    units = text.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
