"""Texts of XML that need no parser: which these are, and what they say."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

_decode_text = msgspec.json.Decoder(str).decode
_CONTROLS = bytes({*range(0x20)} - {0x09, 0x0A})
"""What XML does not have; a carriage return it has, and changes."""
_NO_CHARACTERS = ("\ufffe", "\uffff")
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#x[0-9a-fA-F]{1,6}|amp|lt|gt|apos|quot);")
_ENTITY = re.compile(r"&(?:#([0-9]{1,7})|#x([0-9a-fA-F]{1,6})|(amp|lt|gt|apos|quot));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "apos": "'", "quot": '"'}


def is_plain(text: str) -> bool:
    """Whether there is nothing in it that a parser of XML refuses or changes, but references known here.

    It must have come as UTF-8.
    """
    if "]]>" in text or _has_controls(text):
        return False
    if not text.isascii() and any(each in text for each in _NO_CHARACTERS):
        return False
    escaped = text.count("&")
    return not escaped or escaped == text.count("&quot;") or escaped == len(_REFERENCE.findall(text))


def _has_controls(text: str) -> bool:
    try:
        _decode_text(f'"{text}"')  # the quickest way: JSON has none in its texts
    except msgspec.MsgspecError:
        encoded = text.encode()
        return len(encoded.translate(None, _CONTROLS)) < len(encoded)
    return False


def unescaped(texts: Sequence[str], joined: str) -> Sequence[str]:
    """Undo XML's escapes in texts that are plain; `joined` are the same, parted by ``<``, which stands in none."""
    if "&" not in joined:
        return texts
    parted = joined.replace("&quot;", '"').split("<")
    return [_ENTITY.sub(_character, text) for text in parted] if joined.count("&") > joined.count("&quot;") else parted


def _character(entity: re.Match[str]) -> str:
    if entity[3]:
        return _NAMED[entity[3]]
    code = int(entity[1]) if entity[1] else int(entity[2], 16)
    return chr(code) if code < 0xD800 or 0xDFFF < code < 0x110000 else "�"
