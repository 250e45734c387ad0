"""The columns of a `Page`, of the texts in an answer to ListObjectsV2."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import unquote

import msgspec

from tui.core.listing import UNKNOWN_INDEX

T = TypeVar("T")

_FIGURES = bytes(0x30 if 0x30 <= each <= 0x39 else each for each in range(256))
"""Turns each digit into a zero."""
_MINUTES = {f"{minute // 60:02d}:{minute % 60:02d}:": 60 * minute for minute in range(24 * 60)}
_SECONDS = {f"{second:02d}": second for second in range(60)}
_decode_numbers = msgspec.json.Decoder(list[int]).decode


def relative(keys: Sequence[str], prefix: str) -> list[str]:
    if not prefix or not keys:
        return list(keys)
    if not (min(keys).startswith(prefix) and max(keys).startswith(prefix)):  # all others come between these two
        wrong = next(key for key in keys if not key.startswith(prefix))
        raise PageError(f"the server listed {wrong!r}, which is not below {prefix!r}")
    cut = len(prefix)
    return [key[cut:] for key in keys]


def indexed(values: Sequence[T], absent: T) -> tuple[list[T], bytes]:
    if values and values[0] != absent and values.count(values[0]) == len(values):
        return [values[0]], bytes(2 * len(values))
    index: dict[T, int] = {absent: UNKNOWN_INDEX}
    rows = array("H", [index.setdefault(value, len(index) - 1) for value in values])
    return list(index)[1:], rows.tobytes()


def sizes(texts: Sequence[str]) -> bytes:
    """Sizes in bytes as an ``array('q')``: decimal digits of ASCII, and nothing else that Python takes for a number."""
    digits = "".join(texts)
    if digits and not (digits.isascii() and digits.isdigit()):
        wrong = next(text for text in texts if text and not (text.isascii() and text.isdigit()))
        raise PageError(f"a size cannot be read: {wrong[:40]!r}")
    try:
        return array("q", _numbers(texts)).tobytes()
    except (OverflowError, ValueError) as error:
        raise PageError("a size cannot be read: it is larger than any object") from error


def _numbers(texts: Sequence[str]) -> list[int]:
    if "" not in texts:
        with suppress(msgspec.MsgspecError):  # one begins with a zero
            return _decode_numbers(f"[{','.join(texts)}]")
    return [int(text or 0) for text in texts]


def times(texts: Sequence[str]) -> bytes:
    """Seconds since the epoch of each, as an ``array('q')``; raise `PageError` for what is no time."""
    different = set(texts)
    if len(different) <= len(texts) // 4:
        known = {text: _seconds(text) for text in different}
        return array("q", map(known.__getitem__, texts)).tobytes()
    return array("q", _as_aws_writes(texts) or map(_seconds, texts)).tobytes()


def _as_aws_writes(texts: Sequence[str]) -> list[int] | None:
    """Seconds since the epoch of times like ``2026-11-24T10:11:12.000Z``; None if one is written otherwise.

    So it is for one that is not of this age, and for what is no time.
    """
    if "".join(texts).encode().translate(_FIGURES) != b"0000-00-00T00:00:00.000Z" * len(texts):
        return None
    try:
        days = {day: _day(day) for day in {text[:11] for text in texts}}
        return [days[text[:11]] + _MINUTES[text[11:17]] + _SECONDS[text[17:19]] for text in texts]
    except (KeyError, ValueError):
        return None


def _day(text: str) -> int:
    """Seconds since the epoch at the beginning of a day like ``2026-11-24T``; raise `ValueError`."""
    begun = int(datetime.fromisoformat(f"{text}00:00:00+00:00").timestamp())
    if begun < 0:
        raise ValueError(text)
    return begun


def _seconds(text: str) -> int:
    """Seconds since the epoch of ``2026-11-24T10:11:12.000Z``, or of another time of ISO 8601 or RFC 5322.

    0, which is unknown, for none, and for a time before the epoch: some servers write the year 1 for "no time".
    """
    if not text:
        return 0
    try:
        when = datetime.fromisoformat(text) if text[:1].isdigit() else parsedate_to_datetime(text)
        return max(0, int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()))
    except (ValueError, OverflowError) as error:
        raise PageError(f"a time cannot be read: {text[:40]!r}") from error


def url_decoded(texts: Sequence[str]) -> Sequence[str]:
    """Undo ``EncodingType=url``: form encoding, where ``+`` is a blank."""
    joined = "".join(texts)
    if "%" not in joined and "+" not in joined:
        return texts
    return [unquote(text.replace("+", " ")) if "%" in text or "+" in text else text for text in texts]


KEPT = ("Key", "LastModified", "ETag", "Size", "StorageClass")
"""The elements of a row that are read, and of its owner:"""
KEPT_OF_OWNER = ("ID", "DisplayName")


class PageError(ValueError):
    """A body that is no list of objects; the message says why."""


class CutPageError(PageError):
    """A list that ends too early: it may come whole when it is asked for again."""


@dataclass(frozen=True, slots=True)
class RawPage:
    """An answer by column: texts without XML's escapes, keys still as `EncodingType` says.

    `columns` is by element name, for those elements that the rows have; each has `count` texts.
    """

    count: int
    columns: Mapping[str, Sequence[str]]
    prefixes: Sequence[str]
    truncated: bool
    token: str
    url_encoded: bool

    def column(self, name: str) -> Sequence[str]:
        """The texts of one element, empty ones where the rows do not have it."""
        return self.columns.get(name) or [""] * self.count


def raw_page(
    count: int, columns: Mapping[str, Sequence[str]], prefixes: Sequence[str], around: Iterable[tuple[str, str]]
) -> RawPage:
    """A page from its columns and the names and texts of the elements around its rows; raise `PageError`.

    A list has ended only where one `IsTruncated` says ``false``. Everything else needs the token, and is an error
    without one. A list that says neither has ended, too: servers that send all at once leave both out.
    """
    said = list(around)
    flags = [text.strip().lower() for name, text in said if name == "IsTruncated"]
    tokens = {text for name, text in said if name == "NextContinuationToken" and text}
    truncated = flags != ["false"] if flags else bool(tokens)
    if truncated and len(tokens) > 1:
        raise PageError("the list has two continuation tokens")
    if truncated and not tokens:
        raise PageError("the list is truncated but has no continuation token")
    token = tokens.pop() if truncated else ""
    encodings = {text for name, text in said if name == "EncodingType"}
    return RawPage(count, columns, prefixes, truncated, token, encodings == {"url"})


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
