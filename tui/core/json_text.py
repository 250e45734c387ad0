"""JSON that is read from outside, bounded; and JSON that is shown."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

# JSON from outside, bounded: a text that is too long or nested too deep is refused before it is read.
#
# `json` calls itself for every level: some hundred thousand brackets are a `RecursionError`. No policy of AWS comes
# near
# these bounds: a bucket policy has at most 20 KiB (Amazon S3 User Guide, "Bucket policies"), a trust policy 4,096
# characters (IAM User Guide, "IAM and AWS STS quotas").
#
# A name that stands twice is refused: readers disagree on which one counts, so that what is shown would not be what is
# sent. So is half of a character, which cannot be written.

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


# JSON that a terminal shows as it is: whatever it would act on, or not show, is escaped. Lossless (RFC 8259).

_BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
"""Printable by category, and shown as nothing (Unicode, Default_Ignorable_Code_Point; U+2800 is an empty cell)."""

_PLAIN = re.compile(r"[ -~]*")
_BLANKS = re.compile(f"[{_BLANK}]")


def encode_json(value: object) -> bytes:
    """`value` as one line of JSON in UTF-8, in which every character that is not seen is ``\\uXXXX``.

    That is C1, DEL, bidirectional and zero-width characters, separators, and what no font has. ``json.loads`` gives
    back exactly what went in, also the bytes of a command line that are not UTF-8 (lone surrogates). Raises `TypeError`
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
    """Every character as ``\\uXXXX``, as a string of JSON may have it."""
    units = text.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
