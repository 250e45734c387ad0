"""Answers that repeat a key: XML 1.0 has no control characters, S3's keys have, and a parser refuses all of it."""

from __future__ import annotations

import re

_NONE = "\ufffd".encode()
_SUSPECT = re.compile(rb"&#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,8}));|[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")


def parsable(body: bytes) -> bytes:
    """The same answer with ``�`` for every character that XML 1.0 forbids ("Characters"), however it is written.

    For answers of whose keys nothing is read; lists ask for ``encoding-type=url`` instead.
    """
    return _SUSPECT.sub(_allowed, body) if body.lstrip()[:1] == b"<" else body


def _allowed(found: re.Match[bytes]) -> bytes:
    if not (found[1] or found[2]):
        return _NONE
    code = int(found[1], 16) if found[1] else int(found[2])
    plain = code in (0x09, 0x0A, 0x0D) or 0x20 <= code < 0xD800
    return found[0] if plain or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000 else _NONE
