"""JSON that a terminal shows as it is: whatever it would act on, or not show, is escaped. Lossless (RFC 8259)."""

from __future__ import annotations

import json
import re

import msgspec

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
